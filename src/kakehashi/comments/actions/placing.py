"""Where the ranking puts comments: written in small steps, so that nobody who votes or writes waits for it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple, TypeVar

from django.db import connection
from django.db.models import F

from kakehashi.comments.models import Comment, Thread
from kakehashi.lib import together

T = TypeVar("T")

# A score that moved by less than this stays as it is: a page is not made anew for what nobody could tell apart.
STEP = 0.0005
# Rows written in one transaction: some ten milliseconds.
BATCH = 500

_AGREEMENT = re.compile(r"(?:[0-9]+/[0-9]+(?:,[0-9]+/[0-9]+)*)?")
# Both databases call the columns of bare VALUES so.
_PLACE = """
UPDATE comments_comment SET common_ground = p.column2, agreement = p.column3
FROM (VALUES {rows}) AS p WHERE comments_comment.id = p.column1
"""


class Place(NamedTuple):
    """Where a comment stands: `common_ground` is its score, 0.0 being that of a comment without votes.

    `agreement` says how each camp rates it, in the ranking's order of camps, as `34/39,12/15`: 34 of the 39 who belong
    clearly to the first rate it up. Empty where there are no camps.
    """

    comment_id: int
    common_ground: float
    agreement: str = ""


def place_by_common_ground(*, places: Sequence[Place]) -> int:
    """Put the comments there; how many had stood elsewhere. Only those are written, some hundreds in one transaction.

    The version of their threads is raised, so that pages become old. That of the comments is not: what is said of them
    does not change, and readers who have the page open are told nothing. A comment that is gone is passed over.
    Raises `ValueError` for a score that is no finite number, and for an agreement in other words.
    """
    for place in places:
        if not math.isfinite(place.common_ground):
            raise ValueError(f"A comment's score must be a finite number: {place}.")
        if not _AGREEMENT.fullmatch(place.agreement):
            raise ValueError(f"What is said of the camps must be like 34/39,12/15: {place}.")
    moved = sorted(_moved({place.comment_id: place for place in places}))
    for batch in _batches(moved, BATCH):
        together.write(partial(_write, batch))
    return len(moved)


def _moved(places: dict[int, Place]) -> Iterator[tuple[int, Place]]:
    """(thread, place) of those that stand elsewhere now. Holds nothing: only the ranking writes these columns."""
    for ids in _batches(places, BATCH):
        standing = Comment.objects.filter(pk__in=ids).values_list("pk", "thread_id", "common_ground", "agreement")
        for pk, thread, common_ground, agreement in standing:
            place = places[pk]
            if abs(place.common_ground - common_ground) > STEP or place.agreement != agreement:
                yield thread, place


def _write(rows: Sequence[tuple[int, Place]]) -> None:
    """Threads first, by id, then their comments: the order in which everybody takes them."""
    threads = Thread.objects.filter(pk__in={thread for thread, _place in rows})
    list(threads.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    threads.update(version=F("version") + 1)
    values = [value for _thread, place in rows for value in place]
    with connection.cursor() as cursor:
        cursor.execute(_PLACE.format(rows=", ".join(["(%s, %s, %s)"] * len(rows))), values)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch
