"""Comments as pages print them: plain rows, remembered by their version, so that only what changed is read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from kakehashi.comments.actions.counting import as_time
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
    rule_number: int
    is_edited_by_staff: bool
    waits_for: str
    parent: Other | None
    quotes: tuple[Other, ...]
    # The ids of parent and quotes.
    refers_to: frozenset[int]


_FETCH = """
SELECT c.id, c.version, c.state, c.author_id, COALESCE(a.name, c.author_name), a.id IS NOT NULL AND a.erased_at IS NULL,
    c.created_at, c.is_time_known, c.edited_at, c.depth, c.archived_net + c.up - c.down, c.archived_up + c.up,
    c.archived_down + c.down, c.html, c.plain, c.rule_number, c.is_edited_by_staff, c.waits_for, p.id, p.state, p.author_id,
    COALESCE(b.name, p.author_name)
FROM comments_comment c LEFT JOIN readers_reader a ON a.id = c.author_id
LEFT JOIN comments_comment p ON p.id = c.parent_id LEFT JOIN readers_reader b ON b.id = p.author_id
WHERE c.id IN ({ids})
"""
_QUOTED = """
SELECT q.comment_id, c.id, c.state, c.author_id, COALESCE(a.name, c.author_name)
FROM comments_quote q JOIN comments_comment c ON c.id = q.quoted_id LEFT JOIN readers_reader a ON a.id = c.author_id
WHERE q.comment_id IN ({ids}) ORDER BY q.id
"""

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
    named = ",".join(str(int(pk)) for pk in ids)
    if not named:
        return {}
    quotes: dict[int, list[Other]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUOTED.format(ids=named))
        for pk, *quoted in cursor.fetchall():
            quotes.setdefault(pk, []).append(Other(*quoted))
        cursor.execute(_FETCH.format(ids=named))
        found = [_row(values, tuple(quotes.get(values[0], ()))) for values in cursor.fetchall()]
    for row in found:
        _rows.put(row.pk, row)
    return {row.pk: row for row in found}


def _row(values: tuple[Any, ...], quotes: tuple[Other, ...]) -> Row:
    (pk, version, state, author_id, writer, has_page, created_at, is_time_known, edited_at, *more, parent_id,
     parent_state, parent_author_id, parent_writer) = values  # fmt: skip
    depth, net, up, down, html, plain, rule_number, is_edited_by_staff, waits_for = more
    parent = Other(parent_id, parent_state, parent_author_id, parent_writer) if parent_id else None
    return Row(
        pk=pk,
        version=version,
        state=state,
        author_id=author_id,
        writer=writer,
        writer_has_page=bool(has_page),
        created_at=as_time(created_at),
        is_time_known=bool(is_time_known),
        edited_at=as_time(edited_at) if edited_at else None,
        depth=depth,
        net=net,
        up=up,
        down=down,
        html=html,
        plain=plain,
        rule_number=rule_number,
        is_edited_by_staff=bool(is_edited_by_staff),
        waits_for=waits_for,
        parent=parent,
        quotes=quotes,
        refers_to=frozenset([*([parent_id] if parent_id else []), *(quoted.pk for quoted in quotes)]),
    )


def forget() -> None:
    _rows.clear()
