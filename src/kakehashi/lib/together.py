"""Short writes of many requests at once, kept on disk together.

SQLite lets one connection write at a time and syncs the disk at every commit; whoever finds it taken sleeps and tries
again, and may starve. Here the threads of a process stand in line instead: the first takes the work of all who have come
meanwhile into one transaction, each in a savepoint of its own, and commits once. Nobody is answered before that.
PostgreSQL does the same by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from typing import Any, TypeVar, cast

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import get_language

T = TypeVar("T")


class _Work:
    """What one thread wants written; `leads` when it is woken to write for those who wait, itself included."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.do = do
        # Whoever writes for others refuses in their language.
        self.language = get_language()
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.turn: Event | None = None


class _Line:
    """Those of this process who wait to write, and whether one of them writes now."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.works: list[_Work] = []
        self.is_led = False

    def join(self, work: _Work) -> None:
        with self.lock:
            self.works.append(work)
            work.leads = not self.is_led
            work.turn = Event() if self.is_led else None
            self.is_led = True

    def take(self) -> list[_Work]:
        with self.lock:
            works, self.works = self.works, []
        return works

    def pass_on(self) -> None:
        """The first of those who came meanwhile leads from here on."""
        with self.lock:
            self.is_led = bool(self.works)
            if self.works:
                self.works[0].leads = True
                _wake(self.works[0])


_line = _Line()


def write(do: Callable[[], T]) -> T:
    """Run `do` in a transaction and return what it returns, or raise what it raises, once that is kept on disk.

    `do` may run in another thread of this process, so it touches the database only through Django's `connection`. In a
    transaction that has begun already it simply runs.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            return do()
    work = _Work(do)
    _line.join(work)
    if work.turn is not None:
        work.turn.wait()
    if work.leads:
        _lead()
    if work.error is not None:
        raise work.error
    return cast(T, work.result)


def _lead() -> None:
    """Write for all who stand in line now, this thread included, then wake them."""
    works = _line.take()
    try:
        if len(works) == 1:
            _write_one(works[0])
        else:
            _write_all(works)
    finally:
        _line.pass_on()
        for work in works:
            _wake(work)


def _wake(work: _Work) -> None:
    if work.turn is not None:
        work.turn.set()


def _write_all(works: list[_Work]) -> None:
    try:
        with transaction.atomic():
            for work in works:
                _write_one(work)
    except BaseException as error:
        # Nothing is kept, not even what went well.
        for work in works:
            work.error = work.error or error
        if not isinstance(error, Exception):
            raise


def _write_one(work: _Work) -> None:
    try:
        with translation.override(work.language), transaction.atomic():
            work.result = work.do()
    except Exception as error:
        work.error = error
