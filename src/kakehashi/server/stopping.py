"""What a server process does as soon as it is asked to end: granian tells only when all requests have ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def when_asked_to_end(loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start `work()` in the loop at the first such signal, before granian, which has set its handlers, hears of it."""
    begun: list[asyncio.Task[None]] = []

    def begin() -> None:
        if not begun:
            begun.append(loop.create_task(work()))

    for number in SIGNALS:
        _first(number, lambda: loop.call_soon_threadsafe(begin))


def _first(number: int, call: Callable[[], object]) -> None:
    before = signal.getsignal(number)

    def handle(signum: int, frame: FrameType | None) -> None:
        call()
        if callable(before):
            before(signum, frame)

    signal.signal(number, handle)
    # As the loop has set it: system calls go on where they were.
    signal.siginterrupt(number, False)
