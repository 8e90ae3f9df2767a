"""The site's settings with one task more, which writes down when it ran: for tests with several worker processes."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime

from kakehashi.server.settings import *  # noqa: F403

KAKEHASHI_TASKS = [("tests.server.ticking.tick", 1.0), *KAKEHASHI_TASKS]  # noqa: F405


def tick(now: datetime) -> int:
    """Take a while, and say when and by whom in one line that no other process can break."""
    began = now.timestamp()
    # What a task does takes time; another worker that came in between would show.
    time.sleep(0.15)
    line = json.dumps([began, os.getpid(), began + 0.15]) + "\n"
    descriptor = os.open(os.environ["KAKEHASHI_TEST_TICKS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    return 0
