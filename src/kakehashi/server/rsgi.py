"""The site as granian serves it: one RSGI application, whose doors a request passes in order."""

from __future__ import annotations

import asyncio
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kakehashi.server.settings")


class Site:
    """One of these in each server process."""

    def __init__(self, threads: int) -> None:
        from kakehashi.server.django_door import DjangoDoor, Handler

        self.django = DjangoDoor(Handler(), threads)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called once in the process before the first request."""

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called when the process is asked to end."""
        self.django.close()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        if scope.proto != "http":
            return
        await self.django.answer(scope, proto)
