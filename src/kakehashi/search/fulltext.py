"""Queries of the full-text index of search_entry, on SQLite (FTS5) and on PostgreSQL (tsvector); see index.py.

Text and queries pass through `lib.text.searchable`, which cuts Chinese, Japanese and Korean into pairs of characters,
since neither engine knows where their words end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from kakehashi.lib import text
from kakehashi.search.index import COMMENTS, STORIES, WINDOW_BITS

Kind = Literal["", "stories", "comments"]
Sort = Literal["relevance", "newest"]

# Of each kind, stories and comments, only so many are looked at for a page, those that were added last: a common word must
# not cost the sorting of a million comments.
MOST = 1000
LONGEST_QUERY = 200


@dataclass(frozen=True)
class Term:
    """One word or one phrase of a query; `is_excluded` ones must not occur."""

    words: str
    is_excluded: bool = False


def parse(query: str) -> list[Term]:
    """The terms of what a reader typed: words, "phrases in quotes", and -excluded ones; signs mean nothing."""
    terms: list[Term] = []
    for minus, phrase, word in re.findall(r'(-?)(?:"([^"]*)"|([^\s"]+))', text.clean(query)[:LONGEST_QUERY]):
        words = text.searchable(phrase or word)
        if words:
            terms.append(Term(words, is_excluded=bool(minus)))
    return terms


def _expression(terms: Iterable[Term], *, any_of: bool) -> str:
    """The terms in the engine's own query language; words hold only letters and digits, so quoting is safe."""
    wanted = [f'"{term.words}"' for term in terms if not term.is_excluded]
    excluded = [f'"{term.words}"' for term in terms if term.is_excluded]
    if not wanted:
        return ""
    if connection.vendor == "sqlite":
        joined = f"({(' OR ' if any_of else ' AND ').join(wanted)})"
        return " NOT ".join([joined, *excluded])
    return " ".join([(" or " if any_of else " ").join(wanted), *(f"-{phrase}" for phrase in excluded)])


# A short comment would outweigh a long story by its length alone; who searches a newspaper looks for stories first.
STORY_BONUS = 3

# Only what everybody may read now is found, whatever the index still holds. Asked of each entry by its key: PostgreSQL
# would otherwise rather join all stories.
_LIVE = """(e.body_until IS NULL OR e.body_until > %(now)s)
    AND (SELECT p.live FROM wagtailcore_page p WHERE p.id = e.story_id)"""
_VISIBLE = "(SELECT c.state FROM comments_comment c WHERE c.id = e.comment_id) = 'visible'"
_READABLE = {"stories": _LIVE, "comments": f"{_VISIBLE} AND {_LIVE}"}
_KINDS = {"stories": STORIES, "comments": COMMENTS}
_TIMES = {
    "stories": "(SELECT s.published_at FROM stories_storypage s WHERE s.page_ptr_id = e.story_id)",
    "comments": "(SELECT c.created_at FROM comments_comment c WHERE c.id = e.comment_id)",
}
_TABLES = {"stories": "search_story_fts", "comments": "search_fts"}

_SQLITE = """
SELECT e.id, {value} FROM {table} CROSS JOIN search_entry e
WHERE {table} MATCH %(query)s AND e.id = {table}.rowid AND {kind} AND {readable}
ORDER BY {table}.rowid DESC LIMIT %(most)s
"""
# The index knows in which window of ids an entry lies, so that of those that hold a word few are fetched; of these, only as
# many as are wanted are looked at more closely.
_POSTGRESQL = """
WITH hit AS MATERIALIZED (
    SELECT e.id, e.story_id, e.comment_id, e.body_until FROM search_entry e
    WHERE ARRAY[e.id >> {bits}] && %(windows)s::bigint[] AND e.vector @@ websearch_to_tsquery('english', %(query)s)
    AND {kind}),
e AS MATERIALIZED (
    SELECT e.* FROM (SELECT * FROM hit ORDER BY id DESC OFFSET 0) e WHERE {readable} LIMIT %(most)s)
SELECT e.id, {value} FROM e
"""
_RANK = """
(SELECT ts_rank_cd(r.vector, websearch_to_tsquery('english', %(query)s), 32) FROM search_entry r WHERE r.id = e.id)
"""


@dataclass(frozen=True)
class Found:
    """Ids of entries, best first; `is_all`: whether nothing older was left out."""

    ids: list[int]
    is_all: bool


def find(
    terms: list[Term],
    *,
    now: datetime,
    kind: Kind = "",
    sort: Sort = "relevance",
    any_of: bool = False,
    most: int = MOST,
) -> Found:
    """Entries that hold all `terms` (`any_of`: at least one): of each kind the `most` that were added last, sorted."""
    query = _expression(terms, any_of=any_of)
    if not query:
        return Found([], is_all=True)
    ranked: list[tuple[Any, int]] = []
    is_all = True
    for name in ("stories", "comments") if not kind else (kind,):
        found = _newest(query, name, sort, now=now, most=most)
        is_all &= len(found) < most
        # Each kind has frequencies of words of its own: how near to the best of its kind can be compared, a score cannot.
        best = (max((value for _pk, value in found), default=0) or 1) if sort == "relevance" else 1
        weight = STORY_BONUS if name == "stories" else 1
        ranked += [(value / best * weight if sort == "relevance" else value, pk) for pk, value in found]
    return Found([pk for _value, pk in sorted(ranked, reverse=True)], is_all)


def _newest(query: str, kind: str, sort: Sort, *, now: datetime, most: int) -> list[tuple[int, Any]]:
    """(entry, its relevance or its time) of the last that were added."""
    values: dict[str, Any] = {"query": query, "now": now, "most": most}
    parts = {"readable": _READABLE[kind], "kind": _KINDS[kind], "value": _TIMES[kind]}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            parts["table"] = table = _TABLES[kind]
            if sort == "relevance":
                parts["value"] = f"-bm25({table}, 4.0, 1.0)"
            cursor.execute(_SQLITE.format(**parts), values)
            return list(cursor.fetchall())
        if sort == "relevance":
            parts["value"] = _RANK
        return _by_windows(cursor, _POSTGRESQL.format(bits=WINDOW_BITS, **parts), values, most)


def _by_windows(cursor: Any, sql: str, values: dict[str, Any], most: int) -> list[tuple[int, Any]]:
    """The statement's rows from the newest windows back, until there are so many or nothing is left: first from one
    window, then each time from as many as will do, by what the last ones held, though not from more than four times as many,
    or sixteen times after nothing was found.
    """
    cursor.execute("SELECT MAX(id) FROM search_entry")
    last, number = (cursor.fetchone()[0] or 0) >> WINDOW_BITS, 1
    found: list[tuple[int, Any]] = []
    while last >= 0 and len(found) < most:
        first = max(0, last - number + 1)
        cursor.execute(sql, {**values, "windows": list(range(first, last + 1)), "most": most - len(found)})
        rows = cursor.fetchall()
        found += rows
        needed = 1 + number * (most - len(found)) * 5 // (4 * len(rows)) if rows else 0
        last, number = first - 1, min(4 * number, needed) or 16 * number
    return found
