"""The pages that a process keeps: in a bounded memory, least recently asked for first to go, and found by their tags."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from kakehashi.lib.pages import LONGEST
from kakehashi.server.page_making import Made
from kakehashi.server.page_request import Key
from kakehashi.server.versions import EDITION, Versions

# So many seconds between two makings of a page on average, with one in hand: looks are as far apart, and what one of them
# finds old is made at once, not a second after a making that happened to come in between.
PACE = 1.0
# While new bytes are made, the last ones are shown to those who ask: for so many seconds where something has moved; where
# it is only age, for half as long as they were fresh, at most so long. Then readers wait.
GRACE = 0.5
LONGEST_GRACE = 5.0


class Page:
    """One page kept. Times are of the cache's clock.

    `good_until`: what the hot path looks at; until then it may be sent without a further thought. `fresh_until`: then
    it is old by age. `ends_at`: then nobody gets it, whatever happens. `old_at`: since when it is known to be old.
    `turn`: from then on the next may be made.
    """

    __slots__ = (
        "begun_at",
        "edition",
        "ends_at",
        "fresh_until",
        "good_until",
        "grace",
        "has_moved",
        "key",
        "made",
        "old_at",
        "story",
        "turn",
        "versions",
        "whole_until",
    )

    def __init__(
        self, key: Key, made: Made, begun_at: float, known: Mapping[str, int], last: Page | None = None
    ) -> None:
        """`known`: the versions as of before the making began. `last`: what a page made in the short way stands on."""
        self.key = key
        self.made = made
        self.story = made.story
        self.begun_at = begun_at
        self.turn: float = begun_at if last is None else max(begun_at, last.turn + PACE)
        self.edition = known[EDITION]
        self.versions = {tag: known.get(tag) if version is None else version for tag, version in made.tags.items()}
        if last is None or made.is_whole:
            self.whole_until = begun_at + LONGEST.total_seconds()
            self.ends_at = begun_at + made.lasts
        else:
            self.whole_until, self.ends_at = last.whole_until, last.ends_at
        self.fresh_until = min(begun_at + made.fresh_for, self.whole_until, self.ends_at)
        self.good_until = self.fresh_until
        self.grace = min(made.fresh_for / 2, LONGEST_GRACE)
        self.old_at: float | None = None
        self.has_moved = False

    @property
    def size(self) -> int:
        """Bytes of memory: all variants, and what the short way of making it keeps at hand, taken to be one body."""
        answer = self.made.answer
        return answer.size + (len(answer.body) if self.made.again else 0)

    def is_behind(self, tag: str, version: int) -> bool:
        shown = self.versions.get(tag)
        return shown is None or shown < version

    def grow_old(self, at: float, *, has_moved: bool, is_renewed: bool) -> None:
        """It is out of date since `at`. While new bytes are made (`is_renewed`), these do for a moment."""
        self.old_at = at if self.old_at is None else min(at, self.old_at)
        self.has_moved = self.has_moved or has_moved
        grace = GRACE if self.has_moved else self.grace
        self.good_until = min(self.old_at + grace, self.ends_at) if is_renewed else 0.0


class PageStore:
    """Watches in `versions` what its pages hang on, as long as they are here."""

    def __init__(self, versions: Versions, budget: int) -> None:
        self.size = 0
        self.evicted = 0
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self._budget = budget
        self._versions = versions
        self._by_tag: dict[str, set[Key]] = {}

    def put(self, page: Page) -> None:
        """Keep it instead of what was here under its name; the pages longest unasked for make room."""
        self.drop(page.key)
        self.pages[page.key] = page
        self.size += page.size
        self._versions.watch(EDITION)
        for tag in page.versions:
            self._versions.watch(tag)
            self._by_tag.setdefault(tag, set()).add(page.key)
        self.make_room()

    def make_room(self) -> None:
        while self.size > self._budget and self.pages:
            self.drop(next(iter(self.pages)))
            self.evicted += 1

    def drop(self, key: Key) -> None:
        page = self.pages.pop(key, None)
        if page is None:
            return
        self.size -= page.size
        self._versions.forget(EDITION)
        for tag in page.versions:
            self._versions.forget(tag)
            self._by_tag[tag].discard(key)
            if not self._by_tag[tag]:
                del self._by_tag[tag]

    def drop_before(self, edition: int) -> None:
        """Drop every page of an earlier edition."""
        for key in [key for key, page in self.pages.items() if page.edition < edition]:
            self.drop(key)

    def behind(self, moved: Mapping[str, int]) -> list[Page]:
        """The pages that show an earlier version of anything that moved."""
        return [
            self.pages[key]
            for tag, version in moved.items()
            for key in self._by_tag.get(tag, ())
            if self.pages[key].is_behind(tag, version)
        ]
