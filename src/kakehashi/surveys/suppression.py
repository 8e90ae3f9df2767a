"""Which groups of a table may be shown, so that none of fewer than `least` answers can be read or computed. Pure.

If any group is too small, all those are hidden that are not larger than the smallest one that is large enough. So what is
hidden always holds a small group and a large one, and whoever knows the rest of the table, its total and this rule cannot
tell which is which: the hidden figures in any other order would look the same from outside.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Shown(Generic[K]):
    """The groups that may be shown with their sizes, and those that may not; None of all where nothing may."""

    sizes: Mapping[K, int]
    hidden: frozenset[K]

    @property
    def is_nothing(self) -> bool:
        return not self.sizes


def suppress(sizes: Mapping[K, int], *, least: int) -> Shown[K]:
    """What of a table with these groups may be shown. Which groups there are must not depend on the answers."""
    if all(size >= least for size in sizes.values()):
        return Shown(dict(sizes), frozenset())
    enough = [size for size in sizes.values() if size >= least]
    limit = min(enough, default=0)
    shown = {key: size for key, size in sizes.items() if size > limit and size >= least}
    return Shown(shown, frozenset(sizes.keys() - shown.keys()))
