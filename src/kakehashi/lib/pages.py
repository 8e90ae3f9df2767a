"""How a view says that its answer is the same for everybody, so that the server may keep it in memory and repeat it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.http.response import HttpResponseBase

# Even a page of which nothing is known to change is made anew after so long: dates, "most discussed", related stories.
LONGEST = timedelta(seconds=60)
# Pages with figures that move unannounced, like how many comments each story of a list has.
SOON = timedelta(seconds=5)

_MARK = "kakehashi_shared"
_STORY = "kakehashi_story"


@dataclass(frozen=True)
class Shared:
    """`tags`: what makes the page old when it moves, `thread:ID` for a discussion, with the version that the page shows
    where the view knows it; the edition always does.

    `lasts`: after so long nobody gets it any more, come what may: until a licence ends or a thread closes; LONGEST says
    that no such moment is near. `fresh_for`: after so long it is made anew, but the old one does while the database is
    away. `again()`: the body anew (bytes, not compressed), cheaper than asking for the whole page; None where there is
    no such way.
    """

    tags: Mapping[str, int | None]
    lasts: timedelta
    fresh_for: timedelta
    again: Callable[[], bytes] | None


def share(
    response: HttpResponseBase,
    *,
    tags: Mapping[str, int | None] | Iterable[str] = (),
    lasts: timedelta = LONGEST,
    fresh_for: timedelta = LONGEST,
    again: Callable[[], bytes] | None = None,
) -> None:
    """Say that what somebody who is not logged in gets here is the same for all such readers: no name, no token, no
    choice kept in a session.

    With `tags` as names alone, a page kept for the first time is made once more within a second: give {name: version},
    the version read before anything else of the page, where it is at hand.
    """
    known = dict(tags) if isinstance(tags, Mapping) else dict.fromkeys(tags)
    setattr(response, _MARK, Shared(known, min(lasts, LONGEST), min(fresh_for, lasts, LONGEST), again))


def shared(response: HttpResponseBase) -> Shared | None:
    """What `share` said of the answer; None for one that is somebody's own. Only an answer to a request without a
    session may be asked."""
    found: Shared | None = getattr(response, _MARK, None)
    return found


def show_story(response: HttpResponseBase, story_id: int) -> None:
    """Say that this answer shows a story to whoever asked, so that the server may count a view."""
    setattr(response, _STORY, story_id)


def story_shown(response: HttpResponseBase) -> int | None:
    """The story that the answer shows, if its view said so."""
    found: int | None = getattr(response, _STORY, None)
    return found
