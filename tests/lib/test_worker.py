"""The worker's loop, with a clock that only tests move."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kakehashi.lib import worker

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Advances by a step each time it is read, and stops the loop at its end."""

    def __init__(self, stop: threading.Event, *, step: timedelta, end: timedelta) -> None:
        self.now, self.stop, self.step, self.end = START, stop, step, START + end

    def __call__(self) -> datetime:
        self.now += self.step
        if self.now >= self.end:
            self.stop.set()
        return self.now


class Impatient(threading.Event):
    """An event that never really waits."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def run_for(tasks: list[worker.Task], *, end: timedelta) -> None:
    stop = Impatient()
    worker.run(tasks, stop=stop, clock=Clock(stop, step=timedelta(seconds=1), end=end))


@pytest.mark.django_db
def test_each_task_runs_as_often_as_it_asks() -> None:
    runs: dict[str, int] = {"often": 0, "seldom": 0}

    def counted(name: str) -> worker.Task:
        def function(now: datetime) -> int:
            runs[name] += 1
            return 0

        return worker.Task(name, function, timedelta(seconds=10 if name == "often" else 100))

    run_for([counted("often"), counted("seldom")], end=timedelta(seconds=205))
    assert 15 <= runs["often"] <= 21
    assert 2 <= runs["seldom"] <= 3


@pytest.mark.django_db
def test_a_failing_task_waits_longer_each_time_and_does_not_stop_the_others() -> None:
    failed_at: list[datetime] = []
    good: list[datetime] = []

    def fail(now: datetime) -> int:
        failed_at.append(now)
        raise ValueError("broken on purpose")

    def work(now: datetime) -> int:
        good.append(now)
        return 1

    tasks = [worker.Task("bad", fail, timedelta(seconds=5)), worker.Task("good", work, timedelta(seconds=5))]
    run_for(tasks, end=timedelta(seconds=300))
    gaps = [later - earlier for earlier, later in pairwise(failed_at)]
    assert len(gaps) >= 3
    assert gaps == sorted(gaps)
    assert gaps[-1] >= 2 * gaps[0]
    assert len(good) > 3 * len(failed_at)


@pytest.mark.django_db
def test_a_task_that_fails_for_days_is_still_tried_every_ten_minutes() -> None:
    failed_at: list[datetime] = []

    def fail(now: datetime) -> int:
        failed_at.append(now)
        raise ValueError("broken on purpose")

    stop = Impatient()
    clock = Clock(stop, step=timedelta(seconds=30), end=timedelta(hours=12))
    worker.run([worker.Task("bad", fail, timedelta(seconds=15))], stop=stop, clock=clock)
    assert len(failed_at) > 50
    assert failed_at[-1] - failed_at[-2] <= worker.LONGEST_WAIT + timedelta(minutes=1)


@pytest.mark.django_db
def test_once_runs_each_task_a_single_time() -> None:
    ran: list[str] = []

    def note(name: str) -> worker.Task:
        return worker.Task(name, lambda now: ran.append(name) or 0, timedelta(seconds=1))  # type: ignore[func-returns-value]

    worker.run([note("a"), note("b")], stop=threading.Event(), once=True)
    assert ran == ["a", "b"]


def test_every_configured_task_can_be_called() -> None:
    tasks = worker.configured_tasks()
    assert tasks
    assert all(callable(task.function) and task.every > timedelta(0) for task in tasks)
