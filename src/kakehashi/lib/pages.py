"""How a view says that its answer is the same for everybody, so that the server may keep it in memory and repeat it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.http.response import HttpResponseBase

# Even a page of which nothing is known to change is made anew after so long: dates, "most discussed", related stories.
LONGEST = timedelta(seconds=60)

_MARK = "kakehashi_shared"


@dataclass(frozen=True)
class Shared:
    """`tags`: what makes the page old when it moves, `thread:ID` for a discussion; the edition always does.

    `lasts`: after this long it is old anyhow: until a licence ends, a thread closes, a day turns. `again()`: the body
    anew (bytes, not compressed), cheaper than asking for the whole page; None where there is no such way.
    """

    tags: frozenset[str]
    lasts: timedelta
    again: Callable[[], bytes] | None


def share(
    response: HttpResponseBase,
    *,
    tags: Iterable[str] = (),
    lasts: timedelta = LONGEST,
    again: Callable[[], bytes] | None = None,
) -> None:
    """Say that this answer holds nothing of the one who asked: no name, no token, no choice kept in a session."""
    setattr(response, _MARK, Shared(frozenset(tags), min(lasts, LONGEST), again))


def shared(response: HttpResponseBase) -> Shared | None:
    """What `share` said of the answer; None for one that is somebody's own."""
    found: Shared | None = getattr(response, _MARK, None)
    return found
