"""The second door: readers of an open discussion are told, over server-sent events, what has changed in it.

A listener costs no task but the one that granian makes for every request, and no memory but the connection's: one loop
writes the same bytes to all.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
from collections import Counter
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from kakehashi.readers.addresses import household
from kakehashi.server import metrics
from kakehashi.server.live_rooms import RETRY_MS, Listener, Rooms, retry, send
from kakehashi.server.proxies import Proxies
from kakehashi.server.sockets import hang_up
from kakehashi.server.versions import Versions

logger = logging.getLogger(__name__)

PATH = re.compile(r"/live/([0-9]{1,9})/")
SINCE = re.compile(r"(?:^|&)since=([0-9]{1,18})(?:&|$)")
VERSION = re.compile(r"[0-9]{1,18}")
HEADERS = [
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store, no-transform"),
    ("x-content-type-options", "nosniff"),
    # nginx: hand on at once what comes.
    ("x-accel-buffering", "no"),
]
HEARTBEAT = b":\n\n"
# Readers who wait for the database at the same time.
MOST_WAITING = 500
# Seconds: when to come again who was refused, and how long the last words of a stream may take when the site stops.
FULL_SECONDS, BUSY_SECONDS = 60, 5
LAST_WORDS_SECONDS = 1.0

Refusal = tuple[int, list[tuple[str, str]]]


class LiveDoor:
    """Answers GET /live/STORY/, of this process. Everything here runs in the event loop's thread."""

    def __init__(self, versions: Versions) -> None:
        self.rooms = Rooms(versions)
        self.listeners = 0
        self.is_closed = False
        self._waiting = 0
        self._by_household: Counter[str] = Counter()
        self._proxies = Proxies(settings.TRUSTED_PROXIES)
        self._hosts = [str(host) for host in settings.ALLOWED_HOSTS]
        # Each second one of these gets its heartbeat.
        self._turns: list[set[Listener]] = [set() for _ in range(settings.KAKEHASHI_LIVE_HEARTBEAT)]
        self._next_turn = itertools.cycle(self._turns)
        self._ticking: asyncio.Task[None] | None = None

    @staticmethod
    def takes(scope: Any) -> bool:
        """Whether the request is for this door."""
        return scope.path.startswith("/live/") and PATH.fullmatch(scope.path) is not None

    async def answer(self, scope: Any, proto: Any) -> None:
        """Keep the request open for as long as the reader listens."""
        who = self._household(scope)
        refusal = self._refusal(scope, who)
        if refusal is not None:
            proto.response_empty(*refusal)
            return
        self.listeners += 1
        self._by_household[who] += 1
        try:
            await self._listen(scope, proto)
        finally:
            self.listeners -= 1
            self._by_household[who] -= 1
            if not self._by_household[who]:
                del self._by_household[who]

    def _household(self, scope: Any) -> str:
        """Whom the request counts for: the client's address, as a trusted proxy in front tells it."""
        return household(self._proxies.address_of(scope))

    def _refusal(self, scope: Any, who: str) -> Refusal | None:
        if scope.method != "GET":
            return 405, [("allow", "GET")]
        host = split_domain_port(scope.headers.get("host") or scope.authority or "")[0]
        if not host or not validate_host(host, self._hosts):
            return 400, []
        if self.is_closed or self._waiting >= MOST_WAITING:
            return _later(BUSY_SECONDS)
        is_full = self.listeners >= settings.KAKEHASHI_LIVE_LISTENERS
        if is_full or self._by_household[who] >= settings.KAKEHASHI_LIVE_PER_ADDRESS:
            metrics.live_refused.inc()
            return _later(FULL_SECONDS)
        return None

    async def _listen(self, scope: Any, proto: Any) -> None:
        match = PATH.fullmatch(scope.path)
        assert match is not None
        self._waiting += 1
        try:
            room = await self.rooms.enter(int(match[1]))
        except Exception as error:
            logger.warning("live: the database does not answer: %s", error)
            proto.response_empty(*_later(BUSY_SECONDS))
            return
        finally:
            self._waiting -= 1
        if room is None:
            # A browser does not ask again after this.
            proto.response_empty(204, [("cache-control", "no-store")])
            return
        listener = Listener(scope.client, proto.response_stream(200, _headers(scope)))
        turn = next(self._next_turn)
        turn.add(listener)
        metrics.live_listeners.inc()
        try:
            listener.send(retry(RETRY_MS))
            await self.rooms.sit(room, listener, since(scope))
            self._keep_ticking()
            await proto.client_disconnect()
        finally:
            metrics.live_listeners.dec()
            turn.discard(listener)
            self.rooms.leave(room, listener)

    def _keep_ticking(self) -> None:
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        """Once a second while anybody listens."""
        for turn in itertools.cycle(self._turns):
            await asyncio.sleep(1)
            if not self.listeners:
                return
            try:
                self.rooms.tick(timezone.now())
                await send([listener for listener in turn if listener.transport is not None], HEARTBEAT)
                await self._hang_up_on(turn)
            except Exception:
                logger.exception("live: a second went wrong")

    async def _hang_up_on(self, turn: set[Listener]) -> None:
        """Whoever has not taken the end of the stream since the last turn does not read."""
        ended = [listener for listener in turn if listener.transport is None]
        stuck = {listener.client for listener in ended if listener.is_late}
        for listener in ended:
            listener.is_late = True
        if stuck:
            await asyncio.to_thread(hang_up, stuck)

    async def close(self) -> None:
        """End all streams, so that the process can end; the browsers come again, to another one."""
        self.is_closed = True
        for turn in self._turns:
            for listener in list(turn):
                listener.end()
            await asyncio.sleep(0)
        until = asyncio.get_running_loop().time() + LAST_WORDS_SECONDS
        while self.listeners and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)
        left = {listener.client for turn in self._turns for listener in turn}
        if left:
            await asyncio.to_thread(hang_up, left)
        self.rooms.close()


def since(scope: Any) -> int | None:
    """The version that the page shows, as it says itself or as the browser remembers from the stream before."""
    last = scope.headers.get("last-event-id") or ""
    if VERSION.fullmatch(last):
        return int(last)
    found = SINCE.search(scope.query_string)
    return int(found[1]) if found else None


def _headers(scope: Any) -> list[tuple[str, str]]:
    return [*HEADERS, ("connection", "close")] if scope.http_version.startswith("1") else HEADERS


def _later(seconds: int) -> Refusal:
    return 503, [("retry-after", str(seconds)), ("cache-control", "no-store")]
