"""One `kakehashi init` at a time in one directory and on one database, however many machines start at once.

Whoever is killed lets go: the locks are an open file's and a connection's.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

LOOK_SECONDS = 0.25
# Any number that is not another program's on the same database: "kakehash", read as one.
KEY = int.from_bytes(b"kakehash", "big") >> 1

Say = Callable[[str], None]


@contextlib.contextmanager
def alone_in(directory: Path, say: Say) -> Iterator[None]:
    """Wait until no other is at it in the directory, which must be there."""
    with (directory / "init.lock").open("w") as file:
        _wait(lambda: _take(file), say)
        yield


@contextlib.contextmanager
def alone_on_database(say: Say) -> Iterator[None]:
    """Wait until no other is at it on the database; SQLite's lies in the directory."""
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    _wait(lambda: _ask("SELECT pg_try_advisory_lock(%s)"), say)
    try:
        yield
    finally:
        _ask("SELECT pg_advisory_unlock(%s)")


def _wait(is_ours: Callable[[], bool], say: Say) -> None:
    """Look again and again instead of waiting in the database, which ends statements that take long."""
    if is_ours():
        return
    say("Waiting for another init")
    while not is_ours():
        time.sleep(LOOK_SECONDS)


def _ask(sql: str) -> bool:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, [KEY])
        row = cursor.fetchone()
    return bool(row and row[0])


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
