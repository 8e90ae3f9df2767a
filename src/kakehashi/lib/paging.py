"""Lists of any length in pages, at a cost that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.core.paginator import EmptyPage

# A list is counted so far; what is longer has "more".
COUNTED = 1000

T = TypeVar("T")


@dataclass(frozen=True)
class LongPage(Generic[T]):
    """One page, to templates like Django's own; `paginator` is the list."""

    object_list: list[T]
    number: int
    has_next: bool
    paginator: LongList[T]

    def __iter__(self) -> Iterator[T]:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.has_previous or self.has_next

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1


class LongList(Generic[T]):
    """`ids(first, number)` are so many keys of the list in its order, from the `first`, which is 0, on;
    `fetch(keys)` what they stand for, in the same order.

    The first keys are read at once: `count` is at most COUNTED, and `is_more` says that there are more. A page costs
    two calls, one beyond what is counted three.
    """

    def __init__(
        self, ids: Callable[[int, int], list[int]], fetch: Callable[[list[int]], Iterable[T]], per_page: int
    ) -> None:
        self._ids, self._fetch, self.per_page = ids, fetch, per_page

    @cached_property
    def _counted(self) -> list[int]:
        return self._ids(0, COUNTED + 1)

    @property
    def count(self) -> int:
        return min(len(self._counted), COUNTED)

    @property
    def is_more(self) -> bool:
        return len(self._counted) > COUNTED

    @property
    def num_pages(self) -> int:
        """Of what is counted; at least one."""
        return max(1, -(-self.count // self.per_page))

    def page(self, number: int) -> LongPage[T]:
        """Counted from 1. Raises EmptyPage past the last one."""
        first, wanted = (number - 1) * self.per_page, self.per_page + 1
        is_known = not self.is_more or first + wanted <= COUNTED
        found = self._counted[first : first + wanted] if is_known else self._ids(first, wanted)
        if number > 1 and not found:
            raise EmptyPage
        shown = found[: self.per_page]
        return LongPage(list(self._fetch(shown)) if shown else [], number, len(found) > self.per_page, self)

    def get_page(self, number: int) -> LongPage[T]:
        """The page, or else the last one that is counted."""
        try:
            return self.page(number)
        except EmptyPage:
            return self.page(self.num_pages)
