"""The work behind the page.

Rows are the queue: a task finds its work in the database. Any number of workers may run, on any number of machines; a
shared `Book` says whose turn a task is, so that it runs once a period and never twice at the same time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

LONGEST_WAIT = timedelta(minutes=10)
# Doubled no further: past some forty times, even a second is longer than a timedelta can hold.
MOST_DOUBLINGS = 10
BEAT_SECONDS = 10.0
# Between two looks at a task whose turn it is not; a task may be due sooner than its period where another worker died.
LONGEST_LOOK_SECONDS = 15.0


@dataclass(frozen=True)
class Task:
    """`function(now) -> rows done`, to be run once in `every`; harmless to run again after it was broken off.

    One that `is_long` may take minutes, and runs beside the others.
    """

    name: str
    function: Callable[[datetime], int]
    every: timedelta
    is_long: bool = False

    @property
    def room(self) -> str:
        return ".".join(self.name.split(".")[:2])


@dataclass(frozen=True)
class Turn:
    """This worker's turn to run the task; `now` is the time by the book's clock, the same for all workers."""

    task: Task
    now: datetime


class Book(Protocol):
    """Who runs what. All methods may raise OperationalError or InterfaceError; the worker then goes on trying."""

    def beat(self) -> None:
        """This worker is alive. Called every BEAT_SECONDS, from a thread of its own."""

    def take(self, task: Task, *, at_once: bool = False) -> Turn | float:
        """The turn, if the task is due (or `at_once`) and nobody has it; else seconds until it is worth asking again."""

    def done(self, turn: Turn, *, rows: int, seconds: float) -> None:
        """The task ran through."""

    def failed(self, turn: Turn, *, error: Exception, seconds: float) -> timedelta:
        """The task raised `error`; how long everybody waits before the next try."""

    def leave(self) -> None:
        """This worker ends."""


def configured_tasks() -> list[Task]:
    """The tasks named in settings.KAKEHASHI_TASKS, (dotted path, seconds between runs); the long ones are also in
    KAKEHASHI_LONG_TASKS."""
    return [
        Task(path, import_string(path), timedelta(seconds=seconds), path in settings.KAKEHASHI_LONG_TASKS)
        for path, seconds in settings.KAKEHASHI_TASKS
    ]


def wait_after(failures: int, every: timedelta) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, LONGEST_WAIT at most.

    A task that runs more seldom than that anyway is tried again after LONGEST_WAIT.
    """
    wait: timedelta = every * 2 ** min(failures, MOST_DOUBLINGS)
    return min(wait, LONGEST_WAIT)


def run(
    tasks: Sequence[Task],
    *,
    book: Book,
    stop: threading.Event,
    clock: Callable[[], float] = time.monotonic,
    once: bool = False,
) -> None:
    """Run `tasks` as their turns come until `stop` is set; with `once`, each a single time, due or not, and return.

    `clock` counts seconds and never jumps; the time of day is the book's affair.
    """
    next_look = {task.name: clock() for task in tasks}
    waiting = list(tasks)
    while not stop.is_set():
        for task in list(waiting):
            if next_look[task.name] > clock() or stop.is_set():
                continue
            pause = _try(book, task, at_once=once)
            next_look[task.name] = clock() + (pause or 0.0)
            if once and pause is None:
                waiting.remove(task)
        if once and not waiting:
            return
        pause = min((next_look[task.name] for task in waiting), default=clock() + LONGEST_LOOK_SECONDS) - clock()
        stop.wait(min(max(0.05, pause), LONGEST_LOOK_SECONDS))


def run_beside(tasks: Sequence[Task], *, book: Book, stop: threading.Event) -> None:
    """As `run`, with the long tasks in threads of their own, so that no other has to wait for them: those of one room one
    after another, those of different rooms beside each other. All end together."""
    failures: list[BaseException] = []
    rooms: dict[str, list[Task]] = {}
    for task in tasks:
        if task.is_long:
            rooms.setdefault(task.room, []).append(task)

    def run_long(own: list[Task]) -> None:
        try:
            run(own, book=book, stop=stop)
        except BaseException as error:
            failures.append(error)
        finally:
            stop.set()
            connection.close()

    beside = [
        threading.Thread(target=run_long, args=(own,), name=f"long tasks of {room}") for room, own in rooms.items()
    ]
    for thread in beside:
        thread.start()
    try:
        run([task for task in tasks if not task.is_long], book=book, stop=stop)
    finally:
        stop.set()
        for thread in beside:
            thread.join()
    if failures:
        raise failures[0]


def _try(book: Book, task: Task, *, at_once: bool) -> float | None:
    """Run the task if it is this worker's turn: None; else seconds until the next look."""
    _renew_connection()
    try:
        turn = book.take(task, at_once=at_once)
        if not isinstance(turn, Turn):
            return min(turn, LONGEST_LOOK_SECONDS)
        _run_turn(book, turn)
    except (OperationalError, InterfaceError) as error:
        # The book itself cannot be read or written. Nothing is lost, the rows wait.
        logger.error("task %s: the database does not answer: %s", task.name, str(error).split("\n")[0])
        return LONGEST_LOOK_SECONDS / 3
    finally:
        _renew_connection()
    return None


def _renew_connection() -> None:
    """Let go of a connection that is broken or old; a caller's transaction keeps its own."""
    if not connection.in_atomic_block:
        close_old_connections()


def _run_turn(book: Book, turn: Turn) -> None:
    began = time.perf_counter()
    try:
        rows = turn.task.function(turn.now)
    except Exception as error:
        _renew_connection()
        wait = book.failed(turn, error=error, seconds=time.perf_counter() - began)
        logger.exception("task %s failed; next try in %s", turn.task.name, wait)
        return
    book.done(turn, rows=rows, seconds=time.perf_counter() - began)
    if rows:
        logger.info("task %s: %d done", turn.task.name, rows)


def keep_beating(book: Book, stop: threading.Event) -> threading.Thread:
    """Beat in a thread until `stop` is set, so that a long task does not look like a dead worker."""

    def beat() -> None:
        while not stop.is_set():
            _renew_connection()
            try:
                book.beat()
            except (OperationalError, InterfaceError) as error:
                logger.error("no heartbeat: %s", str(error).split("\n")[0])
            finally:
                _renew_connection()
            stop.wait(BEAT_SECONDS)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    return thread
