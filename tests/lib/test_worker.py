"""The worker's loop, with a time that passes only when the loop waits."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kakehashi.lib import worker
from kakehashi.server.jobs import DatabaseBook
from kakehashi.server.models import Job

START = datetime(2026, 1, 1, tzinfo=UTC)


class Hours(threading.Event):
    """The stop signal of a loop, set at `end`; waiting for it lets time pass at once."""

    def __init__(self, end: timedelta) -> None:
        super().__init__()
        self.passed, self.end = 0.0, end.total_seconds()

    def wait(self, timeout: float | None = None) -> bool:
        self.passed += timeout or 0.0
        if self.passed >= self.end:
            self.set()
        return self.is_set()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed)

    def seconds(self) -> float:
        return self.passed


def run_for(tasks: list[worker.Task], *, end: timedelta) -> None:
    hours = Hours(end)
    book = DatabaseBook(now=hours.now, stop_watch=hours.seconds)
    worker.run(tasks, book=book, stop=hours, clock=hours.seconds)


def noting(name: str, every: float, runs: list[datetime], *, broken: bool = False) -> worker.Task:
    def function(now: datetime) -> int:
        runs.append(now)
        if broken:
            raise ValueError("broken on purpose")
        return 1

    return worker.Task(name, function, timedelta(seconds=every))


@pytest.mark.django_db
def test_each_task_runs_as_often_as_it_asks() -> None:
    often: list[datetime] = []
    seldom: list[datetime] = []
    run_for([noting("often", 10, often), noting("seldom", 100, seldom)], end=timedelta(seconds=205))
    assert [(now - START).total_seconds() // 10 for now in often] == list(range(21))
    assert len(seldom) == 3


@pytest.mark.django_db
def test_a_failing_task_waits_longer_each_time_and_does_not_stop_the_others() -> None:
    failed: list[datetime] = []
    good: list[datetime] = []
    run_for([noting("bad", 5, failed, broken=True), noting("good", 5, good)], end=timedelta(seconds=300))
    gaps = [later - earlier for earlier, later in pairwise(failed)]
    assert len(gaps) >= 3
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 2 * gaps[0]
    assert len(good) == 60
    job = Job.objects.get(name="bad")
    assert (job.failures, job.failing, job.why) == (len(failed), len(failed), "ValueError: broken on purpose")


@pytest.mark.django_db
@pytest.mark.parametrize("every", [15, 86400])
def test_a_task_that_fails_for_days_is_still_tried_every_ten_minutes(every: float) -> None:
    failed: list[datetime] = []
    run_for([noting("bad", every, failed, broken=True)], end=timedelta(hours=12))
    assert len(failed) > 50
    assert failed[-1] - failed[-2] <= worker.LONGEST_WAIT + timedelta(seconds=worker.LONGEST_LOOK_SECONDS)


@pytest.mark.django_db
def test_once_runs_each_task_a_single_time_due_or_not() -> None:
    runs: list[datetime] = []
    tasks = [noting("a", 1000, runs), noting("b", 1, runs)]
    for _ in range(2):
        worker.run(tasks, book=DatabaseBook(), stop=threading.Event(), once=True)
    assert len(runs) == 4


@pytest.mark.django_db
def test_what_a_task_does_is_remembered_and_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="kakehashi.lib.worker"):
        worker.run([noting("a", 10, [])], book=DatabaseBook(), stop=threading.Event(), once=True)
    assert "task a: 1 done" in caplog.text
    job = Job.objects.get(name="a")
    assert (job.runs, job.failures, job.rows_done, job.claimed_by) == (1, 0, 1, "")
    assert job.last_success_at is not None


def test_every_configured_task_can_be_called() -> None:
    tasks = worker.configured_tasks()
    assert tasks
    assert all(callable(task.function) and task.every > timedelta(0) for task in tasks)


def test_nothing_waits_for_a_long_task(django_db_serialized_rollback: None, transactional_db: None) -> None:
    """It goes on until the others have run many times; then both end."""
    stop, quick = threading.Event(), []

    def wait(_now: datetime) -> int:
        while len(quick) < 5 and not stop.wait(0.01):
            pass
        done.append(len(quick))
        stop.set()
        return 0

    done: list[int] = []
    tasks = [
        worker.Task("long", wait, timedelta(hours=1), is_long=True),
        worker.Task("quick", lambda _now: quick.append(1) or 0, timedelta(seconds=0.05)),
    ]
    worker.run_beside(tasks, book=DatabaseBook(), stop=stop)
    assert done == [5]
    assert not Job.objects.exclude(claimed_by="").exists()


def test_a_fault_beside_ends_the_worker_and_is_raised(
    django_db_serialized_rollback: None, transactional_db: None
) -> None:
    class Torn(DatabaseBook):
        def take(self, task: worker.Task, *, at_once: bool = False) -> worker.Turn | float:
            if task.is_long:
                raise RuntimeError("a page is missing")
            return super().take(task, at_once=at_once)

    tasks = [
        worker.Task("long", lambda _now: 0, timedelta(hours=1), is_long=True),
        worker.Task("quick", lambda _now: 0, timedelta(hours=1)),
    ]
    with pytest.raises(RuntimeError, match="a page is missing"):
        worker.run_beside(tasks, book=Torn(), stop=threading.Event())
