"""Which requests are views: each reader once in a while, crawlers and what browsers fetch ahead never.

Nobody is known here. A view is recognised within the window by a keyed hash of address, kind of browser and story; the key is
drawn at random in each process, changes every day, is written nowhere, and the hashes go with the window. What leaves this
module is how often each story was seen.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from crawleruseragents import is_crawler

# Hashes kept for one window; beyond, the window ends early.
MOST_SEEN = 200_000
# Stories whose counts wait to be written.
MOST_STORIES = 20_000
LONGEST_AGENT = 400
# Of browsers that one address can have.
KINDS = 16
# What says that nobody is looking yet, by header.
AHEAD = {
    "sec-purpose": ("prefetch", "prerender"),
    "purpose": ("prefetch", "preview"),
    "x-purpose": ("prefetch", "preview"),
    "x-moz": ("prefetch",),
}


@dataclass(frozen=True)
class Sight:
    """A story page that was sent: to which address (of IPv6 the /64) and browser."""

    story: int
    address: str
    agent: str


@lru_cache(maxsize=4096)
def is_person(agent: str) -> bool:
    """Whether the name is one that browsers have; all of those begin alike."""
    return agent.startswith("Mozilla/5.0 (") and len(agent) <= LONGEST_AGENT and not is_crawler(agent)


def is_looked_at(headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers (names in lower case) shows a page to somebody: not one that a browser fetches
    ahead, and not one of a script or a frame."""
    for name, words in AHEAD.items():
        said = headers.get(name)
        if said and any(word in said.lower() for word in words):
            return False
    return headers.get("sec-fetch-dest", "document") == "document" and "hx-request" not in headers


class Eyes:
    """Counts the views of one process. Times are passed in; not for more than one thread at once."""

    def __init__(self, window: timedelta, most: int = MOST_SEEN) -> None:
        self._window, self._most = window, most
        self._counts: Counter[int] = Counter()
        self._seen: set[bytes] = set()
        self._seen_before: set[bytes] = set()
        self._window_ends: datetime | None = None
        self._day = 0
        self._key = b""

    def see(self, sight: Sight, now: datetime) -> bool:
        """Count it, unless the same reader was seen at the same story within the window; between one window and two."""
        if not is_person(sight.agent):
            return False
        self._turn(now)
        # A browser's name is for its sender to choose: a few kinds of it tell a household apart, and no more.
        kind = crc32(sight.agent.encode(errors="replace")) % KINDS
        mark = blake2b(f"{sight.story}|{sight.address}|{kind}".encode(), key=self._key, digest_size=8).digest()
        is_new = mark not in self._seen and mark not in self._seen_before
        self._seen.add(mark)
        if is_new and (sight.story in self._counts or len(self._counts) < MOST_STORIES):
            self._counts[sight.story] += 1
        return is_new

    def _turn(self, now: datetime) -> None:
        day = now.toordinal()
        if day != self._day:
            self._day, self._key = day, secrets.token_bytes(32)
            self._seen, self._seen_before = set(), set()
            self._window_ends = now + self._window
        elif self._window_ends is None or now >= self._window_ends or len(self._seen) >= self._most:
            is_long_ago = self._window_ends is None or now >= self._window_ends + self._window
            self._seen, self._seen_before = set(), set() if is_long_ago else self._seen
            self._window_ends = now + self._window

    def take(self) -> dict[int, int]:
        """What was counted since the last time, by story."""
        counts, self._counts = dict(self._counts), Counter()
        return counts

    def give_back(self, counts: Mapping[int, int]) -> None:
        """Count these again, which could not be written."""
        for story, count in counts.items():
            if story in self._counts or len(self._counts) < MOST_STORIES:
                self._counts[story] += count
