"""What the boxes on front, section and story pages show: the same for all, anew once a minute and with every edition.

Pages are kept for many readers and made anew within a minute anyway, so the boxes need no version of their own; each
process asks once a minute, however many pages it makes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import RLock
from typing import NamedTuple

from kakehashi.comments.queries import edition as edition_now
from kakehashi.stories.models import StoryPage
from kakehashi.trending import queries
from kakehashi.trending.queries import Item

LENGTH = 8
# A box with fewer stories than this is not shown.
FEWEST = 3
PERIOD = timedelta(seconds=60)


class Boxes(NamedTuple):
    """Stories of this site, one more than are shown, so that a story's own page can leave itself out."""

    read: list[StoryPage]
    discussed: list[StoryPage]
    next_door: list[Item]


class Kept(NamedTuple):
    boxes: Boxes
    edition: int
    until: datetime


_kept: list[Kept] = []
# While one thread asks, others that need the same wait for it.
_making = RLock()


def boxes(now: datetime, edition: int | None = None) -> Boxes:
    """As of less than a minute ago. One query where the edition is not at hand, none where it is; five more once a minute."""
    edition = edition_now()[0] if edition is None else edition
    found = _held(now, edition)
    if found is None:
        with _making:
            found = _held(now, edition)
            if found is None:
                found = Boxes(*queries.charts(LENGTH + 1), queries.next_door(now))
                _kept[:] = [Kept(found, edition, now + PERIOD)]
    return found


def _held(now: datetime, edition: int) -> Boxes | None:
    for kept in _kept:
        if kept.edition == edition and now < kept.until:
            return kept.boxes
    return None


def others(stories: list[StoryPage], here: StoryPage | None, length: int) -> list[StoryPage]:
    """The first so many that are not this page itself; none where they are too few for a box."""
    found = [story for story in stories if here is None or story.pk != here.pk][:length]
    return found if len(found) >= FEWEST else []


def forget() -> None:
    """Begin anew, as after a start."""
    _kept.clear()
