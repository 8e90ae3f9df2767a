"""The full-text index of search_entry on SQLite (FTS5) and on PostgreSQL (tsvector): the only vendor-specific SQL.

Both index `title` above `body`, both stem English. Text and queries pass through `lib.text.searchable`, which cuts
Chinese, Japanese and Korean into pairs of characters, since neither engine knows where their words end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from kakehashi.lib import text

Kind = Literal["", "stories", "comments"]
Sort = Literal["relevance", "newest"]

# Counting stops here: nobody reads further, and a common word must not cost a scan of a million comments.
COUNTED_AT_MOST = 1000
LONGEST_QUERY = 200

SQLITE_CREATE = [
    """CREATE VIRTUAL TABLE search_fts USING fts5(
        title, body, content='search_entry', content_rowid='id',
        tokenize="porter unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")""",
    """CREATE TRIGGER search_fts_insert AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END""",
    """CREATE TRIGGER search_fts_delete AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_fts(search_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END""",
    """CREATE TRIGGER search_fts_update AFTER UPDATE OF title, body ON search_entry BEGIN
        INSERT INTO search_fts(search_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END""",
]
SQLITE_DROP = [
    "DROP TRIGGER search_fts_insert",
    "DROP TRIGGER search_fts_delete",
    "DROP TRIGGER search_fts_update",
    "DROP TABLE search_fts",
]
POSTGRES_CREATE = [
    """ALTER TABLE search_entry ADD COLUMN vector tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'D')) STORED""",
    "CREATE INDEX search_entry_vector ON search_entry USING gin (vector)",
]
POSTGRES_DROP = ["ALTER TABLE search_entry DROP COLUMN vector"]


def create_index(schema_editor: BaseDatabaseSchemaEditor) -> None:
    _execute(schema_editor, SQLITE_CREATE, POSTGRES_CREATE)


def drop_index(schema_editor: BaseDatabaseSchemaEditor) -> None:
    _execute(schema_editor, SQLITE_DROP, POSTGRES_DROP)


def _execute(schema_editor: BaseDatabaseSchemaEditor, sqlite: list[str], postgres: list[str]) -> None:
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgres:
        schema_editor.execute(statement)


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
_STORY_BONUS = "(CASE WHEN e.comment_id IS NULL THEN 3 ELSE 1 END)"

# Only what everybody may read now is found, whatever the index still holds.
_READABLE = """
    JOIN wagtailcore_page p ON p.id = e.story_id
    JOIN stories_storypage s ON s.page_ptr_id = e.story_id
    LEFT JOIN comments_comment c ON c.id = e.comment_id
    WHERE {match} AND p.live AND (c.id IS NULL OR c.state = 'visible')
    AND (e.body_until IS NULL OR e.body_until > %(now)s) {kind}"""
_KINDS: dict[str, str] = {
    "": "",
    "stories": "AND e.comment_id IS NULL",
    "comments": "AND e.comment_id IS NOT NULL",
}


def _sql(kind: Kind) -> tuple[str, str]:
    """(FROM … WHERE …, relevance as an expression that sorts ascending) for this connection."""
    if connection.vendor == "sqlite":
        source = "FROM search_fts JOIN search_entry e ON e.id = search_fts.rowid"
        match, relevance = "search_fts MATCH %(query)s", f"bm25(search_fts, 4.0, 1.0) * {_STORY_BONUS}"
    else:
        source = "FROM search_entry e CROSS JOIN websearch_to_tsquery('english', %(query)s) AS q"
        match, relevance = "e.vector @@ q", f"-ts_rank_cd(e.vector, q, 32) * {_STORY_BONUS}"
    return source + _READABLE.format(match=match, kind=_KINDS[kind]), relevance


def find(
    terms: list[Term],
    *,
    now: datetime,
    kind: Kind = "",
    sort: Sort = "relevance",
    any_of: bool = False,
    limit: int,
    offset: int = 0,
) -> list[int]:
    """Ids of entries that hold all `terms` (`any_of`: at least one), best first."""
    query = _expression(terms, any_of=any_of)
    if not query:
        return []
    where, relevance = _sql(kind)
    order = relevance if sort == "relevance" else "COALESCE(c.created_at, s.published_at) DESC"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id {where} ORDER BY {order}, e.id DESC LIMIT %(limit)s OFFSET %(offset)s",
            {"query": query, "now": now, "limit": limit, "offset": offset},
        )
        return [row[0] for row in cursor.fetchall()]


def count(terms: list[Term], *, now: datetime, kind: Kind = "") -> int:
    """How many entries hold all `terms`; at most COUNTED_AT_MOST, which means "that many or more"."""
    query = _expression(terms, any_of=False)
    if not query:
        return 0
    where, _relevance = _sql(kind)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT 1 {where} LIMIT %(most)s) AS found",  # noqa: S608
            {"query": query, "now": now, "most": COUNTED_AT_MOST},
        )
        row = cursor.fetchone()
    return int(row[0])
