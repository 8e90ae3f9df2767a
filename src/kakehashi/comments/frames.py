"""HTML with holes: what Django's templates made once, to be filled for each reader."""

from __future__ import annotations

import re
import secrets

from django.utils.safestring import SafeString, mark_safe

# Drawn anew in each process: no text that anybody writes can pass for a hole.
_TOKEN = secrets.token_hex(8)
_HOLE = re.compile(f"\x00{_TOKEN}:([a-z_]+)\x00")


def hole(name: str) -> SafeString:
    """What stands in a template's output where `name` is to be filled in."""
    return mark_safe(f"\x00{_TOKEN}:{name}\x00")


class Frame:
    """The output of a template, cut at its holes."""

    __slots__ = ("_holes", "_parts")

    def __init__(self, html: str) -> None:
        parts = _HOLE.split(html)
        self._parts = [part.encode() for part in parts]
        # Names stand at the odd places.
        self._holes = [(place, parts[place]) for place in range(1, len(parts), 2)]

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
