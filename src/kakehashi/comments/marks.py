"""What is one reader's own among the comments of a page, kept for as long as nothing moves in the discussion.

A vote raises its thread's version and so does every comment, so the version that a reader's marks were looked up in says
whether they still hold. Whom the reader mutes is read each time.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

from kakehashi.comments import queries, scenes
from kakehashi.comments.orders import Choice
from kakehashi.comments.page import Visit
from kakehashi.lib.memo import Memo
from kakehashi.readers.models import Reader

MOST = 20_000


class Kept(NamedTuple):
    """`when`: all that the marks depend on."""

    when: tuple[object, ...]
    body: bytes


_kept: Memo[tuple[int, int, Choice], Kept] = Memo(MOST)


def own_marks(story_id: int, reader: Reader, choice: Choice, now: datetime) -> bytes | None:
    """`{"votes": {comment: ±1}, "own": [comment, …], "muted": [comment, …]}` of a page of the story's discussion; None
    where no such story is published. One query while nothing has moved, whatever the thread's length."""
    standing, muted = queries.standing_for(story_id, reader.pk)
    scene = scenes.scene(story_id, standing.edition, now) if standing is not None else None
    if standing is None or scene is None:
        return None
    choice = choice.settled(scene.usual_order)
    visit = Visit(standing, scene, reader, choice, now)
    when = (
        standing.thread_id,
        standing.version,
        visit.choice,
        scene.newsroom.comments_per_page,
        reader.is_moderator,
        reader.sections,
        muted,
    )
    found = _kept.get((story_id, reader.pk, choice))
    if found is None or found.when != when:
        found = Kept(when, _own_marks(visit, muted))
        _kept.put((story_id, reader.pk, choice), found)
    return found.body


def _own_marks(visit: Visit, muted: frozenset[int]) -> bytes:
    assert visit.reader is not None
    listing = visit.listing
    votes, _ = queries.own_marks(visit.reader.pk, list(listing.here))
    written = listing.places_by_author
    found = {
        "votes": votes,
        "own": [listing.rows[place].pk for place in written.get(visit.reader.pk, [])],
        "muted": [listing.rows[place].pk for author in muted & written.keys() for place in written[author]],
    }
    return json.dumps(found, separators=(",", ":")).encode()


def forget() -> None:
    """Begin anew, as after a start."""
    _kept.clear()
