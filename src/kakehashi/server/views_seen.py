"""Counting views beside the doors: a door notes the request in a list and goes on; a thread looks at it a moment later.

What is counted is written every few seconds, so a process that is killed loses at most those; one that is asked to end
writes them first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from kakehashi.readers.addresses import household
from kakehashi.server import metrics
from kakehashi.server.proxies import Proxies
from kakehashi.trending.actions import add_views
from kakehashi.trending.seeing import AHEAD, Eyes, Sight, is_looked_at, is_person

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
WRITE_SECONDS = 5.0
# Requests looked at in a second, so that counting costs a busy process next to nothing. Of more than that these are a sample,
# in which all stories have their share.
MOST_NOTED = 1000
# The only headers that are read, beside the browser's name and who forwarded the request.
HEADERS = (*AHEAD, "sec-fetch-dest", "hx-request")

_household = lru_cache(maxsize=4096)(household)
_COUNTED = metrics.views.labels("counted")
_WRITTEN = metrics.views.labels("written")
_NO_VIEW = metrics.views.labels("no_view")
_DROPPED = metrics.views.labels("dropped")


class ViewsSeen:
    """The views of one process. `note` is called by the doors, all else runs in one thread of its own."""

    def __init__(self) -> None:
        minutes = settings.KAKEHASHI_VIEW_WINDOW_MINUTES
        self._most = MOST_NOTED if minutes else 0
        self._eyes = Eyes(timedelta(minutes=minutes))
        self._proxies = Proxies(settings.TRUSTED_PROXIES)
        self._noted: list[tuple[int, Any]] = []
        self._dropped = 0
        self._written_at = time.monotonic()
        self._has_failed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="views")
        self._ticking: asyncio.Task[None] | None = None

    def note(self, story: int, scope: Any) -> None:
        """A page with this story was sent in answer to this request. Costs next to nothing; any thread may call it."""
        noted = self._noted
        if len(noted) < self._most:
            noted.append((story, scope))
        else:
            self._dropped += 1

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._most:
            self._ticking = loop.create_task(self._tick())

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._noted and not self._has_failed and not self._is_due():
                continue
            try:
                await loop.run_in_executor(self._pool, self.look)
            except Exception:
                logger.exception("views could not be counted")

    def _is_due(self) -> bool:
        return time.monotonic() - self._written_at >= WRITE_SECONDS

    def look(self, now: datetime | None = None) -> None:
        """Count what was noted; from time to time, write it."""
        self.count(now or timezone.now())
        if self._is_due():
            self.write(now or timezone.now())

    def count(self, now: datetime) -> None:
        """Tell views from other requests, and forget the requests."""
        noted, self._noted = self._noted, []
        dropped, self._dropped = self._dropped, 0
        new = sum(self._is_view(story, scope, now) for story, scope in noted)
        _COUNTED.inc(new)
        _NO_VIEW.inc(len(noted) - new)
        _DROPPED.inc(dropped)

    def _is_view(self, story: int, scope: Any, now: datetime) -> bool:
        headers = scope.headers
        agent = headers.get("user-agent") or ""
        if not is_person(agent):
            return False
        said: Mapping[str, str] = {name: value for name in HEADERS if (value := headers.get(name)) is not None}
        if not is_looked_at(said):
            return False
        return self._eyes.see(Sight(story, _household(self._proxies.address_of(scope)), agent), now)

    def write(self, now: datetime) -> None:
        """Add what was counted to what is stored; where the database cannot take it, it waits for the next time."""
        self._written_at = time.monotonic()
        counts = self._eyes.take()
        if not counts:
            return
        close_old_connections()
        try:
            _WRITTEN.inc(add_views(counts=counts, now=now))
            self._has_failed = False
        except (DatabaseError, InterfaceError) as error:
            self._eyes.give_back(counts)
            connection.close()
            if not self._has_failed:
                logger.warning("views wait to be written: %s", str(error).split("\n")[0])
            self._has_failed = True

    def close(self) -> None:
        """Write what is left, once the doors are closed."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._pool.submit(self._last)
        self._pool.shutdown(wait=True)

    def _last(self) -> None:
        try:
            self.count(timezone.now())
            self.write(timezone.now())
        finally:
            connection.close()
