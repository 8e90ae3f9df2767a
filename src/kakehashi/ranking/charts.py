"""What is kept of a discussion's map. Read by who serves pages: no NumPy here."""

from __future__ import annotations

from collections.abc import Mapping
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
    `readers` belong clearly to each camp; `keys` are the camps' marks. `reach`, `axes`: see bridging.map.OpinionMap."""

    comments: tuple[int, ...]
    votes: int
    voters: int
    readers: tuple[int, ...]
    groups: tuple[Group, ...]
    axes: int
    reach: float
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
        lists = {name: tuple(content[name]) for name in ("comments", "readers", "keys")}
        groups = tuple(Group(*group) for group in content["groups"])
        return cls(**{**content, **lists, "groups": groups})


def picture(svg: str, *, title: str, description: str) -> SafeString:
    """The picture with its words."""
    return mark_safe(svg.replace(TITLE, escape(title)).replace(DESCRIPTION, escape(description)))
