"""What has moved since the last look: one query a second and process, for the page cache and for live listeners."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import DatabaseError, InterfaceError, connection

logger = logging.getLogger(__name__)

EDITION = "edition"
# Whose value is no version but the number of the survey whose banner stands on the pages, 0 for none.
SURVEY = "survey"
THREAD = "thread:"
# A look that takes longer than this means that the database does not answer.
PATIENCE_SECONDS = 3.0

Listener = Callable[[Mapping[str, int]], None]
Reader = Callable[[Sequence[int]], dict[str, int]]

_ASK = """
SELECT 0, version FROM stories_edition WHERE id = 1
UNION ALL
SELECT -1, survey FROM stories_edition WHERE id = 1
UNION ALL
SELECT id, version FROM comments_thread WHERE id
"""
_OURS = {0: EDITION, -1: SURVEY}
_AMONG = {"sqlite": " IN (SELECT value FROM json_each(%s))", "postgresql": " = ANY(%s)"}


def thread_tag(thread_id: int) -> str:
    return f"{THREAD}{thread_id}"


def read_versions(threads: Sequence[int]) -> dict[str, int]:
    """The edition, the survey shown, and the version of each of these threads that exists; one query on a connection of
    this thread.

    Raises DatabaseError. A connection that broke since the last look is replaced at once.
    """
    had_connection = connection.connection is not None
    try:
        return _read(threads)
    except (DatabaseError, InterfaceError):
        connection.close()
        if not had_connection:
            raise
    return _read(threads)


def _read(threads: Sequence[int]) -> dict[str, int]:
    asked = list(threads) if connection.vendor == "postgresql" else json.dumps(list(threads))
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ASK + _AMONG[connection.vendor], [asked])
            found = {_OURS.get(key) or thread_tag(key): version for key, version in cursor.fetchall()}
    except (DatabaseError, InterfaceError):
        connection.close()
        raise
    return {EDITION: 0, SURVEY: 0} | found


class Versions:
    """The versions of all that is watched, as of the last look. Everything here runs in the event loop's thread.

    `known`: tag -> version. `survey`: the number of the one whose banner is shown. `checked_at`: when the last
    successful look began, by `clock`; None before the first.
    """

    def __init__(self, read: Reader = read_versions, clock: Callable[[], float] = time.monotonic) -> None:
        self.known: dict[str, int] = {}
        self.survey = 0
        self.checked_at: float | None = None
        self._read = read
        self._clock = clock
        self._watched: Counter[str] = Counter()
        self._listeners: list[Listener] = []
        self._has_failed = False
        self._looking: asyncio.Task[None] | None = None
        self._began = 0.0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="versions")

    @property
    def is_away(self) -> bool:
        """Whether the database failed at the last look, or keeps this one waiting."""
        is_slow = self._looking is not None and self._clock() - self._began > PATIENCE_SECONDS
        return self._has_failed or is_slow

    def watch(self, tag: str) -> None:
        """Look at this one too, until `forget` was called as often. EDITION, or as `thread_tag` makes them."""
        self._watched[tag] += 1

    def forget(self, tag: str) -> None:
        self._watched[tag] -= 1
        if self._watched[tag] <= 0:
            del self._watched[tag]
            self.known.pop(tag, None)

    def subscribe(self, listener: Listener) -> None:
        """`listener(moved)` after each look that found other versions than the one before: tag -> new version. A tag
        watched since the last look is among them."""
        self._listeners.append(listener)

    async def look(self) -> None:
        """Ask the database, unless nothing is watched. Callers meanwhile wait for the same look; never raises."""
        if self._looking is None:
            self._began = self._clock()
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        try:
            if self._watched:
                await self._ask()
            else:
                self._has_failed = False
        finally:
            self._looking = None

    async def _ask(self) -> None:
        began = self._clock()
        threads = [int(tag.removeprefix(THREAD)) for tag in self._watched if tag.startswith(THREAD)]
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._pool, self._read, threads)
        except Exception as error:
            if not self._has_failed:
                logger.error("versions: the database does not answer: %s", error)
            self._has_failed = True
            return
        if self._has_failed:
            logger.warning("versions: the database answers again")
        self._has_failed = False
        self.checked_at = began
        self.survey = found.pop(SURVEY, 0)
        moved = {tag: n for tag, n in found.items() if tag in self._watched and self.known.get(tag) != n}
        self.known.update(moved)
        if moved:
            for listener in self._listeners:
                try:
                    listener(moved)
                except Exception:
                    logger.exception("what moved could not be passed on")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
