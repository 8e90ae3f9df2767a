"""What is kept of a discussion's map. Read by who serves pages: no NumPy here, and no model."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, NamedTuple, Self

from django.utils.safestring import SafeString, mark_safe

# Begins the ids within the picture; where its words come in, in the language of whoever looks.
NAME, TITLE, DESCRIPTION = "opinions", "[title]", "[description]"


class Group(NamedTuple):
    """Readers who stand close together: a place in -1 … 1 on each axis, the camp most of them belong to, how many."""

    x: float
    y: float
    camp: int
    readers: int


@dataclass(frozen=True)
class Chart:
    """The map of one discussion. `comments` are those worth looking at; `votes` of `voters` readers on all comments;
    `readers` belong clearly to each camp; `keys` are the camps' marks. `reach`, `axes`: see bridging.map.OpinionMap;
    `frame`: see bridging.map.map_frame."""

    comments: tuple[int, ...]
    votes: int
    voters: int
    readers: tuple[int, ...]
    groups: tuple[Group, ...]
    axes: int
    reach: float
    frame: tuple[float, float, float, float]
    svg: str
    keys: tuple[str, ...]

    def written(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"groups": self.groups}

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Self | None:
        """What `written` wrote; None for a discussion of which nothing is shown."""
        if not content:
            return None
        lists = {name: tuple(content[name]) for name in ("comments", "readers", "frame", "keys")}
        groups = tuple(Group(*group) for group in content["groups"])
        return cls(**{**content, **lists, "groups": groups})

    def with_own(self, place: Sequence[float], word: str) -> str:
        """The picture, and in it the dot of the one who looks, under that word."""
        middle_x, middle_y, half_x, half_y = self.frame
        x, y = (min(max(value / self.reach, -1.0), 1.0) for value in place)
        x, y = middle_x + half_x * x, middle_y - half_y * y
        # On a line the dot hangs above the bars, on a thread; its word stands on the side where there is room.
        top = 12.0 if self.axes == 1 else y
        down = f'<path d="M{x:.1f} {top:.1f}V{y:.1f}" stroke="currentColor" stroke-dasharray="2 3"/>'
        side, anchor = (12, "start") if x < 1.5 * middle_x else (-12, "end")
        at = f'cx="{x:.1f}" cy="{top:.1f}"'
        dot = (
            f'<g class="map-own"><circle {at} r="7" fill="Canvas" stroke="currentColor" stroke-width="2"/>'
            f'<circle {at} r="3.5" fill="currentColor"/><text x="{x + side:.1f}" y="{top + 4.5:.1f}"'
            f' text-anchor="{anchor}" fill="currentColor">{escape(word)}</text></g>'
        )
        return self.svg.replace("</svg>", f"{down}{dot}</svg>")


# A reader's number and place on two axes, sorted by number.
PLACE = struct.Struct("<q2f")


def place_of(places: bytes, reader_id: int) -> tuple[float, float] | None:
    """Where the reader stands, on the scale of `Chart.reach`; None for somebody who is not on the map."""
    found = bisect_left(range(len(places) // PLACE.size), reader_id, key=lambda at: _at(places, at)[0])
    if found * PLACE.size == len(places):
        return None
    reader, x, y = _at(places, found)
    return (x, y) if reader == reader_id else None


def _at(places: bytes, at: int) -> tuple[int, float, float]:
    reader, x, y = PLACE.unpack_from(places, at * PLACE.size)
    return reader, x, y


def picture(svg: str, *, title: str, description: str) -> SafeString:
    """The picture with its words."""
    return mark_safe(svg.replace(TITLE, escape(title)).replace(DESCRIPTION, escape(description)))
