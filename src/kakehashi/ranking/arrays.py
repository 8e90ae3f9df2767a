"""The votes of the site as NumPy arrays, past the ORM: all of them in bulk, or those on some comments or of some readers.

Votes taken back and votes that moderation discounts are not there. Who may not be modelled (opted out, account closed
or left) has the number UNKNOWN, as has every vote of an imported page's totals: each such vote is from somebody of whom
nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Max, Min, Q
from numpy.typing import NDArray

from kakehashi.comments.models import Comment, CommentState, Vote
from kakehashi.readers.models import Reader

UNKNOWN = -1
# Ids of votes, comments or readers read by one query. A stretch of votes is some four megabytes on the way.
STRETCH = 200_000
AT_ONCE = 500

_COUNTED = "v.value <> 0 AND NOT v.is_discounted"
# A whole stretch in one value, so that no Python is run for each vote: bytes from PostgreSQL, digits from SQLite.
_PACKED = {
    "postgresql": "string_agg(int8send(v.comment_id) || int8send(v.reader_id) || int2send(v.value), ''::bytea)",
    "sqlite": "group_concat(v.comment_id || ',' || v.reader_id || ',' || v.value)",
}
_ROW = np.dtype([("comment", ">i8"), ("reader", ">i8"), ("value", ">i2")])
_SOME = """
SELECT v.comment_id, CASE WHEN r.is_modelled AND r.is_active THEN v.reader_id ELSE -1 END, v.value
FROM comments_vote v JOIN readers_reader r ON r.id = v.reader_id WHERE v.{column} IN ({ids}) AND {counted}
"""
_VOTERS = """
SELECT v.reader_id, COUNT(*) FROM comments_comment c JOIN comments_vote v ON v.comment_id = c.id
JOIN readers_reader r ON r.id = v.reader_id AND r.is_modelled AND r.is_active
WHERE c.thread_id = %s AND c.state = 'visible' AND {counted} GROUP BY v.reader_id
"""
_TOTALS = Q(archived_up__gt=0) | Q(archived_down__gt=0)


@dataclass(frozen=True)
class VoteArrays:
    """Votes in three columns of one length: comment and reader by id, value +1 or -1. In no order."""

    comment: NDArray[np.int64]
    reader: NDArray[np.int64]
    value: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.value)

    def where(self, kept: NDArray[np.bool_]) -> VoteArrays:
        return VoteArrays(self.comment[kept], self.reader[kept], self.value[kept])

    def of_comments(self, ids: NDArray[np.int64]) -> VoteArrays:
        return self.where(np.isin(self.comment, ids))

    @classmethod
    def joined(cls, parts: Sequence[VoteArrays]) -> VoteArrays:
        columns = zip(*((part.comment, part.reader, part.value) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns)) if parts else cls.of_rows([])

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[int, int, int]]) -> VoteArrays:
        """From (comment, reader, value)."""
        return cls.of_table(np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, 3))

    @classmethod
    def of_table(cls, table: NDArray[np.int64]) -> VoteArrays:
        return cls(table[:, 0].copy(), table[:, 1].copy(), table[:, 2].astype(np.int8))


def all_votes() -> VoteArrays:
    """Every vote, and every archived one: 17 bytes each, and a stretch of them while they are read."""
    stretches = list(_stretches(Vote))
    votes = VoteArrays.joined([*map(_stretch, stretches), _archived(Comment.objects.filter(_TOTALS))])
    unmodelled = _ids(Reader.objects.exclude(is_modelled=True, is_active=True))
    if len(unmodelled):
        votes.reader[np.isin(votes.reader, unmodelled)] = UNKNOWN
    return votes


def unseen_comments() -> NDArray[np.int64]:
    """Comments that readers do not see at present (held, removed, withdrawn), ascending."""
    return _ids(Comment.objects.exclude(state=CommentState.VISIBLE))


def votes_on(comments: Sequence[int]) -> VoteArrays:
    """All votes on these comments; one query for the votes and one for archived totals in each some hundred comments."""
    archived = (_archived(Comment.objects.filter(_TOTALS, pk__in=ids)) for ids in _batches(comments))
    return VoteArrays.joined([*_some("comment_id", comments), *archived])


def votes_by(readers: Sequence[int]) -> VoteArrays:
    """All votes of these readers; a query for each some hundred readers."""
    return VoteArrays.joined(list(_some("reader_id", readers)))


def voters_of(thread_id: int) -> tuple[NDArray[np.int64], int]:
    """Who of those that may be modelled has voted on visible comments of the thread, ascending, and their votes: one
    query."""
    with connection.cursor() as cursor:
        cursor.execute(_VOTERS.format(counted=_COUNTED), [thread_id])
        rows = sorted(cursor.fetchall())
    return np.array([reader for reader, _votes in rows], np.int64), sum(votes for _reader, votes in rows)


def _stretches(model: Any) -> Iterator[tuple[int, int]]:
    ends = model.objects.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["last"] is not None:
        for first in range(ends["first"], ends["last"] + 1, STRETCH):
            yield first, first + STRETCH - 1


def _stretch(stretch: tuple[int, int]) -> VoteArrays:
    """Of the votes with these ids."""
    sql = f"SELECT {_PACKED[connection.vendor]} FROM comments_vote v WHERE v.id BETWEEN %s AND %s AND {_COUNTED}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, stretch)
        packed = cursor.fetchone()[0]
    if not packed:
        return VoteArrays.of_rows([])
    if isinstance(packed, str):
        return VoteArrays.of_table(np.fromstring(packed, np.int64, sep=",").reshape(-1, 3))
    rows = np.frombuffer(packed, _ROW)
    return VoteArrays(rows["comment"].astype(np.int64), rows["reader"].astype(np.int64), rows["value"].astype(np.int8))


def _some(column: str, ids: Sequence[int]) -> Iterator[VoteArrays]:
    for some in _batches(ids):
        marks = ", ".join(["%s"] * len(some))
        with connection.cursor() as cursor:
            cursor.execute(_SOME.format(column=column, ids=marks, counted=_COUNTED), some)
            yield VoteArrays.of_rows(cursor.fetchall())


def _archived(comments: Any) -> VoteArrays:
    """The totals printed on imported pages, as so many votes of unknown voters."""
    rows = comments.values_list("pk", "archived_up", "archived_down")
    table = np.fromiter(chain.from_iterable(rows.iterator(chunk_size=10_000)), np.int64).reshape(-1, 3)
    votes = table[:, 1] + table[:, 2]
    values = np.repeat(np.tile(np.array([1, -1], np.int8), len(table)), table[:, 1:].ravel())
    return VoteArrays(np.repeat(table[:, 0], votes), np.full(len(values), UNKNOWN, np.int64), values)


def _ids(rows: Any) -> NDArray[np.int64]:
    found = np.fromiter(rows.order_by().values_list("pk", flat=True).iterator(chunk_size=10_000), np.int64)
    found.sort()
    return found


def _batches(ids: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield [int(one) for one in ids[start : start + AT_ONCE]]
