"""The work behind the page.

Rows are the queue: a task claims rows by conditional UPDATE, so any number of workers may run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=10)
# Doubled no further: past some forty times, even a second is longer than a timedelta can hold.
MOST_DOUBLINGS = 10


@dataclass(frozen=True)
class Task:
    """`function(now) -> rows done`, to be run at least `every`; harmless to run twice or side by side."""

    name: str
    function: Callable[[datetime], int]
    every: timedelta


@dataclass
class _Turn:
    task: Task
    due_at: datetime
    failures: int = 0


def configured_tasks() -> list[Task]:
    """The tasks named in settings.KAKEHASHI_TASKS, (dotted path, seconds between runs)."""
    return [
        Task(name=path, function=import_string(path), every=timedelta(seconds=seconds))
        for path, seconds in settings.KAKEHASHI_TASKS
    ]


def _run_turn(turn: _Turn, now: datetime) -> None:
    """Run one due task; one that fails is logged and tried again after growing waits, the others go on."""
    close_old_connections()
    try:
        done = turn.task.function(now)
    except Exception:
        turn.failures += 1
        wait = min(turn.task.every * 2 ** min(turn.failures, MOST_DOUBLINGS), LONGEST_WAIT)
        logger.exception("task %s failed %d times; next try in %s", turn.task.name, turn.failures, wait)
        turn.due_at = now + wait
        return
    finally:
        close_old_connections()
    turn.failures = 0
    turn.due_at = now + turn.task.every
    if done:
        logger.info("task %s: %d done", turn.task.name, done)


def run(
    tasks: Sequence[Task],
    *,
    stop: threading.Event,
    clock: Callable[[], datetime] = timezone.now,
    once: bool = False,
) -> None:
    """Run `tasks` as they fall due until `stop` is set; with `once`, run each a single time and return."""
    turns = [_Turn(task, due_at=clock()) for task in tasks]
    while not stop.is_set():
        for turn in turns:
            now = clock()
            if turn.due_at <= now and not stop.is_set():
                _run_turn(turn, now)
        if once:
            return
        pause = min(turn.due_at for turn in turns) - clock() if turns else LONGEST_WAIT
        stop.wait(max(0.05, pause.total_seconds()))
