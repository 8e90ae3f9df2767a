"""The site as granian serves it: one RSGI application, whose doors a request passes in order."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kakehashi.server.settings")

logger = logging.getLogger(__name__)

ALIVE = "/healthz"
LOOK_SECONDS = 1.0
# Threads that make pages for the cache: of their own, so that no reader of a kept page waits behind those who write.
MAKERS = 2


class Site:
    """One of these in each server process."""

    def __init__(self, threads: int) -> None:
        from django.conf import settings

        from kakehashi.server.django_door import DjangoDoor, Handler
        from kakehashi.server.live import LiveDoor
        from kakehashi.server.page_cache import PageCache
        from kakehashi.server.page_making import PageMaker
        from kakehashi.server.versions import Versions
        from kakehashi.server.views_seen import ViewsSeen

        handler = Handler()
        self.seen = ViewsSeen()
        self.django = DjangoDoor(handler, threads, self.seen.note)
        self.versions = Versions()
        self.live = LiveDoor(self.versions)
        self._makers = ThreadPoolExecutor(MAKERS, thread_name_prefix="pages")
        self._ticking: asyncio.Task[None] | None = None
        self.pages: PageCache | None = None
        if settings.PAGE_CACHE_MB:
            make = PageMaker(handler).make
            self.pages = PageCache(
                self.versions, make, self._in_maker, settings.PAGE_CACHE_MB << 20, saw=self.seen.note
            )

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once in the process before the first request."""
        from kakehashi.server.stopping import when_asked_to_end

        self._ticking = loop.create_task(self._tick())
        self.seen.start(loop)
        when_asked_to_end(loop, self.live.close)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called when the process is asked to end."""
        if self._ticking is not None:
            self._ticking.cancel()
        self.versions.close()
        self._makers.shutdown(wait=False, cancel_futures=True)
        self.django.close()
        self.seen.close()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        pages = self.pages
        if pages is not None and pages.at_once(scope, proto):
            return
        if scope.path == ALIVE and say_alive(scope, proto):
            return
        if self.live.takes(scope):
            await self.live.answer(scope, proto)
            return
        if pages is not None and await pages.later(scope, proto):
            return
        if scope.proto != "http":
            return
        await self.django.answer(scope, proto)

    def _in_maker(self, work: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        return asyncio.get_running_loop().run_in_executor(self._makers, work, *args)

    async def _tick(self) -> None:
        """Once a second: what has moved, and what was counted."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.versions.look()
                if self.pages is not None:
                    self.pages.report()
            except Exception:
                logger.exception("the look of every second failed")
            await asyncio.sleep(max(0.1, LOOK_SECONDS - (loop.time() - began)))


def say_alive(scope: Any, proto: Any) -> bool:
    """Here and not in a thread, for the process lives even while all its threads wait for the database."""
    if scope.proto != "http" or scope.method not in ("GET", "HEAD"):
        return False
    headers = [("content-type", "text/plain"), ("cache-control", "no-store"), ("content-length", "3")]
    if scope.method == "HEAD":
        proto.response_empty(200, headers)
    else:
        proto.response_bytes(200, headers, b"ok\n")
    return True
