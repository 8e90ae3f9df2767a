"""HTML with holes: what Django's templates made once, to be filled for each reader."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, Protocol

from django.utils.safestring import SafeString, mark_safe

from kakehashi.readers.models import Reader

# Drawn anew in each process: no text that anybody writes can pass for a hole.
_TOKEN = secrets.token_hex(8)
_HOLE = re.compile(f"\x00{_TOKEN}:([a-z_]+)\x00")


def hole(name: str) -> SafeString:
    """What stands in a template's output where `name` is to be filled in."""
    return mark_safe(f"\x00{_TOKEN}:{name}\x00")


class HasReader(Protocol):
    """Whom a page is put together for: a look at a story page (comments.page.Visit), or at a list."""

    @property
    def reader(self) -> Reader | None: ...


# What tags of the rooms above have said to fill their holes with, by name.
_fillers: dict[str, Callable[[Any], bytes]] = {}


def later(name: str, fill: Callable[[Any], bytes]) -> SafeString:
    """What the tag of a room above prints within a kept page where that depends on the discussion's version or on the
    reader: a hole, and `fill(visit)` is called for it each time the page is put together. On a story page the visit is a
    comments.page.Visit, on a list it has the reader alone. It is the tag's own care to be quick, and to keep nothing of
    one reader's for another."""
    _fillers[name] = fill
    return hole(name)


class Frame:
    """The output of a template, cut at its holes."""

    __slots__ = ("_holes", "_parts", "later")

    def __init__(self, html: str) -> None:
        parts = _HOLE.split(html)
        self._parts = [part.encode() for part in parts]
        # Names stand at the odd places.
        self._holes = [(place, parts[place]) for place in range(1, len(parts), 2)]
        # Those that are filled by what the tags of other rooms say.
        self.later = {name: _fillers[name] for _place, name in self._holes if name in _fillers}

    @property
    def text(self) -> bytes:
        """What is the same for everybody."""
        return b"".join(self._parts[::2])

    def filled(self, values: dict[str, bytes]) -> bytes:
        """The whole, with a value in every hole; raises KeyError where one is missing."""
        parts = self._parts.copy()
        for place, name in self._holes:
            parts[place] = values[name]
        return b"".join(parts)
