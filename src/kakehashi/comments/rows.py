"""Comments as pages print them: plain rows, remembered by their version, so that only what changed is read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from kakehashi.comments.models import Comment, Quote
from kakehashi.lib.memo import Memo


class Other(NamedTuple):
    """A comment that another one answers or quotes. `writer` is empty for somebody without a name."""

    pk: int
    state: str
    author_id: int | None
    writer: str


class Row(NamedTuple):
    """One comment with what is printed of it, whoever looks. `writer_has_page`: the name leads to a member page."""

    pk: int
    version: int
    state: str
    author_id: int | None
    writer: str
    writer_has_page: bool
    created_at: datetime
    is_time_known: bool
    edited_at: datetime | None
    depth: int
    net: int
    up: int
    down: int
    html: str
    plain: str
    parent: Other | None
    quotes: tuple[Other, ...]
    # The ids of parent and quotes.
    refers_to: frozenset[int]


_FIELDS = (
    "pk",
    "version",
    "state",
    "author_id",
    "author__name",
    "author_name",
    "author__erased_at",
    "created_at",
    "is_time_known",
    "edited_at",
    "depth",
    "archived_net",
    "archived_up",
    "archived_down",
    "up",
    "down",
    "html",
    "plain",
    "parent_id",
    "parent__state",
    "parent__author_id",
    "parent__author__name",
    "parent__author_name",
)
_QUOTED = (
    "comment_id",
    "quoted_id",
    "quoted__state",
    "quoted__author_id",
    "quoted__author__name",
    "quoted__author_name",
)

_rows: Memo[int, Row] = Memo(10_000)


def rows_of(versions: Sequence[tuple[int, int]]) -> list[Row]:
    """The comments of these (id, version) in this order: two queries for all that have changed, none if none has."""
    found = {pk: row for pk, version in versions if (row := _rows.get(pk)) is not None and row.version == version}
    missing = [pk for pk, _version in versions if pk not in found]
    if missing:
        found |= fetch(missing)
    return [found[pk] for pk, _version in versions if pk in found]


def fetch(ids: Iterable[int]) -> dict[int, Row]:
    """These comments as they are now: two queries."""
    ids = list(ids)
    quotes: dict[int, list[Other]] = {}
    for pk, quoted, state, author_id, name, printed in (
        Quote.objects.filter(comment__in=ids).order_by("pk").values_list(*_QUOTED)
    ):
        quotes.setdefault(pk, []).append(Other(quoted, state, author_id, name or printed))
    found = {}
    for values in Comment.objects.filter(pk__in=ids).values_list(*_FIELDS):
        row = _row(values, tuple(quotes.get(values[0], ())))
        _rows.put(row.pk, row)
        found[row.pk] = row
    return found


def _row(values: tuple[Any, ...], quotes: tuple[Other, ...]) -> Row:
    (pk, version, state, author_id, name, printed, erased_at, created_at, is_time_known, edited_at, depth,
     archived_net, archived_up, archived_down, up, down, html, plain,
     parent_id, parent_state, parent_author_id, parent_name, parent_printed) = values  # fmt: skip
    parent = Other(parent_id, parent_state, parent_author_id, parent_name or parent_printed) if parent_id else None
    return Row(
        pk=pk,
        version=version,
        state=state,
        author_id=author_id,
        writer=name or printed,
        writer_has_page=author_id is not None and erased_at is None,
        created_at=created_at,
        is_time_known=is_time_known,
        edited_at=edited_at,
        depth=depth,
        net=archived_net + up - down,
        up=archived_up + up,
        down=archived_down + down,
        html=html,
        plain=plain,
        parent=parent,
        quotes=quotes,
        refers_to=frozenset([*([parent_id] if parent_id else []), *(quoted.pk for quoted in quotes)]),
    )


def forget() -> None:
    _rows.clear()
