"""Rows by the million, past the ORM: COPY on PostgreSQL, one prepared INSERT on SQLite, indexes made afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model

from kakehashi.search.index import SQLITE_STORIES_FILL

_LINES = 2000
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def write(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` of values for the columns `names` in the database's own form (times: `moment`); the other columns
    get their fields' defaults. The caller holds a transaction.
    """
    others = {
        field.column: field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.local_concrete_fields
        if field.column not in names
    }
    if model._meta.pk.column in others:
        del others[model._meta.pk.column]
    columns = ", ".join(f'"{name}"' for name in (*names, *others))
    into, rest = f'"{model._meta.db_table}" ({columns})', tuple(others.values())
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        marks = ", ".join("?" * (len(names) + len(rest)))
        connection.connection.executemany(f"INSERT INTO {into} VALUES ({marks})", ((*row, *rest) for row in rows))
    else:
        _copy(f"COPY {into} FROM STDIN", rows, rest)


def _copy(command: str, rows: Iterable[Sequence[Any]], rest: tuple[Any, ...]) -> None:
    end = "".join(f"\t{_text(value)}" for value in rest) + "\n"
    lines: list[str] = []
    with connection.connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in rows:
            lines.append("\t".join([_text(value) for value in row]) + end)
            if len(lines) == _LINES:
                copy.write("".join(lines))
                lines.clear()
        copy.write("".join(lines))


def _text(value: Any) -> str:
    """The value in COPY's text format."""
    if value is None:
        return r"\N"
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)


def moment(value: datetime) -> str:
    """A time, to the second, as both databases take it."""
    text = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text if connection.vendor == "sqlite" else text + "+00"


@contextlib.contextmanager
def indexes_later(models: Sequence[type[Model]]) -> Iterator[None]:
    """Within the block these tables have only their primary keys and constraints, and their foreign keys are not looked
    at; then all indexes are made in one go. On PostgreSQL for a superuser only.
    """
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            made_again = _drop_on_sqlite(cursor, tables)
        else:
            # What is written before must not wait for its check: a table with checks to come takes no new index.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET session_replication_role = replica")
            made_again = _drop_on_postgresql(cursor, tables)
    yield
    with connection.cursor() as cursor:
        for statement in made_again:
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
                cursor.execute(statement)


def _drop_on_sqlite(cursor: Any, tables: list[str]) -> list[str]:
    """Also takes away the triggers that keep the full-text index, which is made from its table at the end."""
    marks = ", ".join(["%s"] * len(tables))
    cursor.execute(
        f"SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL "
        f"AND tbl_name IN ({marks})",
        tables,
    )
    found = cursor.fetchall()
    for kind, name, _sql in found:
        cursor.execute(f'DROP {kind} "{name}"')
    has_fulltext = any(kind == "trigger" for kind, _name, _sql in found)
    rebuild = ["INSERT INTO search_fts(search_fts) VALUES ('rebuild')", *SQLITE_STORIES_FILL] if has_fulltext else []
    # A % would be a parameter's mark.
    return [sql.replace("%", "%%") for _kind, _name, sql in found] + rebuild


def _drop_on_postgresql(cursor: Any, tables: list[str]) -> list[str]:
    cursor.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND i.tablename = ANY(%s) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = format('%%I', i.indexname)::regclass)",
        [tables],
    )
    found = cursor.fetchall()
    for name, _sql in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [sql for _name, sql in found]
