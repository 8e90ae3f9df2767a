"""The newsroom's name for pages that may ask nobody: as this process last read it."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import DatabaseError, InterfaceError

from kakehashi.stories import schema

LEARN_SECONDS = 60.0


class Nameplate:
    """Reads the name at the first answer after `keep_learning()`, and then once a minute."""

    def __init__(self) -> None:
        self._name = ""
        self._next: float | None = None

    def keep_learning(self) -> None:
        """To be called in a server process."""
        self._next = 0.0

    def look(self) -> None:
        """To be called after an answer, while the database is known to do its part."""
        if self._next is None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LEARN_SECONDS
        try:
            self.learn()
        except (DatabaseError, InterfaceError):
            return

    def learn(self) -> None:
        self._name = schema.newsroom().name

    def forget(self) -> None:
        self._name = ""

    def name(self) -> str:
        return self._name or settings.WAGTAIL_SITE_NAME


nameplate = Nameplate()
