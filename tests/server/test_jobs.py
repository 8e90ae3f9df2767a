"""Several workers share one book: a task is one worker's at a time, whatever happens to workers and clocks."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kakehashi.lib.worker import LONGEST_WAIT, Task, Turn
from kakehashi.server.jobs import TAKEOVER_SECONDS, DatabaseBook, database_now, workers_alive
from kakehashi.server.models import Job, Worker
from tests.processes import ProcessSite, stop
from tests.server.visitor import ask

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Machines:
    """Books of several workers on one wall clock, which may jump, and one stop-watch, which does not."""

    def __init__(self) -> None:
        self.now = START
        self.watch = 0.0

    def book(self) -> DatabaseBook:
        return DatabaseBook(now=lambda: self.now, stop_watch=lambda: self.watch)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.watch += seconds


def a_task(every: float = 10) -> Task:
    return Task("tests.work", lambda now: 0, timedelta(seconds=every))


def taken(answer: Turn | float) -> bool:
    return isinstance(answer, Turn)


def run(book: DatabaseBook, task: Task) -> bool:
    """Whether it was the book's turn."""
    turn = book.take(task)
    if isinstance(turn, Turn):
        book.done(turn, rows=0, seconds=0.1)
        return True
    return False


@pytest.mark.django_db
class TestClaims:
    def test_a_task_is_one_workers_at_a_time_and_nobodys_again_within_its_period(self) -> None:
        machines, task = Machines(), a_task()
        ours, theirs = machines.book(), machines.book()
        turn = ours.take(task)
        assert isinstance(turn, Turn)
        assert not taken(theirs.take(task))
        machines.pass_time(3)
        ours.done(turn, rows=0, seconds=3)
        assert not run(theirs, task)
        machines.pass_time(6)
        assert not run(theirs, task)
        machines.pass_time(1)
        assert run(theirs, task)
        assert not run(ours, task)

    def test_a_claim_whose_worker_lives_is_never_taken_over(self) -> None:
        machines, task = Machines(), a_task()
        ours, theirs = machines.book(), machines.book()
        ours.beat()
        assert taken(ours.take(task))
        for _ in range(100):
            machines.pass_time(10)
            ours.beat()
            assert not taken(theirs.take(task))

    def test_the_claim_of_a_killed_worker_is_taken_over_once(self) -> None:
        machines, task = Machines(), a_task()
        killed, second, third = machines.book(), machines.book(), machines.book()
        killed.beat()
        left = killed.take(task)
        assert isinstance(left, Turn)
        assert not taken(second.take(task))
        assert not taken(third.take(task))
        machines.pass_time(TAKEOVER_SECONDS - 1)
        assert not taken(second.take(task))
        machines.pass_time(1)
        turn = second.take(task)
        assert isinstance(turn, Turn)
        assert not taken(third.take(task))
        # The one taken for dead only slept, and comes back: the claim is not its own any more.
        killed.done(left, rows=5, seconds=60)
        assert Job.objects.get().claimed_by == second.id
        second.done(turn, rows=1, seconds=1)
        assert (Job.objects.get().claimed_by, Job.objects.get().rows_done) == ("", 1)

    @pytest.mark.parametrize("jump", [-HOUR, HOUR, -30 * HOUR])
    def test_a_jump_of_the_clock_gives_no_claim_away(self, jump: timedelta) -> None:
        machines, task = Machines(), a_task()
        ours, theirs = machines.book(), machines.book()
        ours.beat()
        assert taken(ours.take(task))
        machines.now += jump
        for _ in range(30):
            machines.pass_time(5)
            ours.beat()
            assert not taken(theirs.take(task))

    @pytest.mark.parametrize("every", [3, 15, 3600, 86400])
    def test_after_a_jump_back_a_task_is_late_by_a_period_at_most_and_never_early(self, every: float) -> None:
        machines, task = Machines(), a_task(every)
        books = [machines.book(), machines.book()]
        assert run(books[0], task)
        machines.pass_time(every / 3)
        machines.now -= 30 * HOUR
        since, pause = machines.watch - every / 3, min(every / 4, 15)
        while not any(run(book, task) for book in books):
            machines.pass_time(pause)
            late = machines.watch - since
            assert late <= 2 * every + LONGEST_WAIT.total_seconds() + 2 * pause
        assert late >= every

    def test_a_worker_that_ends_gives_back_what_it_has(self) -> None:
        machines, task = Machines(), a_task()
        ours, theirs = machines.book(), machines.book()
        ours.beat()
        assert taken(ours.take(task))
        ours.leave()
        assert taken(theirs.take(task))
        assert not Worker.objects.exists()

    def test_an_end_the_database_did_not_hear_of_is_made_good_by_the_next_turn(self) -> None:
        machines, task = Machines(), a_task()
        book = machines.book()
        assert taken(book.take(task))
        machines.pass_time(5)
        assert taken(book.take(task))


@pytest.mark.django_db
def test_a_heart_that_beats_is_alive_and_one_that_stopped_is_not() -> None:
    machines = Machines()
    book = machines.book()
    book.beat()
    machines.pass_time(30)
    assert [worker.pid for worker in workers_alive(machines.now)] == [os.getpid()]
    machines.pass_time(31)
    assert workers_alive(machines.now) == []
    book.beat()
    machines.now -= HOUR
    assert len(workers_alive(machines.now)) == 1
    assert Worker.objects.get().beats == 1


@pytest.mark.django_db
def test_rows_of_workers_long_gone_are_swept_out() -> None:
    machines = Machines()
    machines.book().beat()
    machines.pass_time(2 * 86400)
    book = machines.book()
    book.beat()
    assert [worker.pk for worker in Worker.objects.all()] == [book.id]


@pytest.mark.django_db
def test_no_machine_is_named_in_the_book() -> None:
    DatabaseBook().beat()
    assert os.uname().nodename not in str(Worker.objects.values().get())


@pytest.mark.django_db
def test_the_time_is_the_databases() -> None:
    assert abs((database_now() - datetime.now(UTC)).total_seconds()) < 60


# Real processes ------------------------------------------------------------------------------------------------------

SCHEDULE = """
import json
from datetime import timedelta
from django.utils import timezone
from kakehashi.stories.actions import publish_story
from tests.factories import a_section
written = timezone.now() - timedelta(days=1)
section = a_section("Hours")
made = [publish_story(section=section, headline=f"Hour {n}", paragraphs=["On the hour."], now=written,
                      go_live_at=written + timedelta(hours=1)).pk for n in range(40)]
print(">>>" + json.dumps(made))
"""
FOUND = """
import json
from django.db.models import Count
from wagtail.models import Page, PageLogEntry
from kakehashi.search.models import Entry
from kakehashi.server.models import Job, Worker
stories = {stories}
log = PageLogEntry.objects.filter(page__in=stories, action="wagtail.publish.scheduled")
print(">>>" + json.dumps({{
    "published": dict(log.order_by().values_list("page").annotate(n=Count("pk"))),
    "live": Page.objects.filter(pk__in=stories, live=True).count(),
    "entries": Entry.objects.filter(story__in=stories).count(),
    "workers": Worker.objects.count(),
    "claims": Job.objects.exclude(claimed_by="").count(),
}}))
"""


@pytest.mark.slow
class TestTwoWorkers:
    def test_do_every_row_once_and_no_task_at_the_same_time(self, process_site: ProcessSite, tmp_path: Path) -> None:
        stories = ask(process_site, SCHEDULE)
        ticks = tmp_path / "ticks"
        site = ProcessSite(
            process_site.data,
            process_site.database_url,
            {"DJANGO_SETTINGS_MODULE": "tests.server.ticking", "KAKEHASHI_TEST_TICKS": str(ticks)},
        )
        with two_workers(site, tmp_path) as workers:
            until = time.monotonic() + 240
            while len(read(ticks)) < 8 or len({run[1] for run in read(ticks)}) < 2:
                assert all(worker.poll() is None for worker in workers), log_of(tmp_path)
                assert time.monotonic() < until, log_of(tmp_path)
                time.sleep(0.1)
            while (found := ask(process_site, FOUND.format(stories=stories)))["entries"] != len(stories):
                assert time.monotonic() < until, (found, log_of(tmp_path))
        assert found["workers"] == 2
        assert found["live"] == len(stories)
        assert sorted(found["published"].values()) == [1] * len(stories)
        assert "Traceback" not in log_of(tmp_path)
        runs = read(ticks)
        for (began, _, ended), (next_began, _, _) in itertools.pairwise(runs):
            assert began <= ended <= next_began
            assert next_began - began >= 0.99
        after = ask(process_site, FOUND.format(stories=stories))
        assert (after["workers"], after["claims"]) == (0, 0)

    def test_a_killed_worker_is_alive_no_more_and_its_row_says_when(self, process_site: ProcessSite) -> None:
        log = process_site.data / "killed.log"
        worker = process_site.start("worker", log=log)
        try:
            until = time.monotonic() + 240
            while ask(process_site, FOUND.format(stories=[]))["workers"] == 0:
                assert time.monotonic() < until, log.read_text()
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        status = json.loads(process_site.run("status", "--json").stdout)
        [row] = status["workers"]
        assert row["pid"] == worker.pid
        assert row["beat_seconds_ago"] >= 0


@contextlib.contextmanager
def two_workers(site: ProcessSite, logs: Path) -> Iterator[list[Any]]:
    workers = [site.start("worker", log=logs / f"worker-{n}.log") for n in range(2)]
    try:
        yield workers
    finally:
        statuses = [stop(worker) for worker in workers]
    assert statuses == [0, 0]


def log_of(logs: Path) -> str:
    return "".join(file.read_text(errors="replace") for file in sorted(logs.glob("worker-*.log")))


def read(ticks: Path) -> list[tuple[float, int, float]]:
    """(began, pid, ended) of every run, in order."""
    if not ticks.exists():
        return []
    rows = [json.loads(line) for line in ticks.read_text().splitlines()]
    return sorted((began, pid, ended) for began, pid, ended in rows)
