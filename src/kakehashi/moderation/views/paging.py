"""Lists by number, the latest first: the next page begins where this one ended, however long the list is."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE = 30
MOST_DIGITS = 18


class Leaf(NamedTuple):
    """One page. `older` is the number before which the next one begins; None on the last."""

    rows: list[Any]
    older: int | None
    is_first: bool


def leaf(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE) -> Leaf:
    """`rows` are ordered by descending number; `?before=` says where to go on. 1 query."""
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) <= MOST_DIGITS else None
    found = list((rows.filter(pk__lt=before) if before is not None else rows)[: size + 1])
    shown = found[:size]
    return Leaf(shown, shown[-1].pk if len(found) > size else None, before is None)
