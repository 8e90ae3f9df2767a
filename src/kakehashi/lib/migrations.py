"""Changes of large tables that keep a running site answering. A migration made of them says `atomic = False`.

Each may be run again after it was broken off. tests/lib/test_migrations.py asks that every migration after a room's first
uses these instead of Django's `AddField`, `AddIndex`, `RemoveIndex` and `AlterField`.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import OperationalError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddField, AddIndex, AlterField, RemoveIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

# A change that needs the table for an instant waits this long for it, and everybody queues behind; then it steps back.
LOCK_WAIT = "2s"
PAUSE_SECONDS = 1.0
TRIES = 300


def _is_postgresql(editor: BaseDatabaseSchemaEditor) -> bool:
    return editor.connection.vendor == "postgresql"


def _require_steps(editor: BaseDatabaseSchemaEditor, operation: str) -> None:
    if _is_postgresql(editor) and editor.connection.in_atomic_block:
        raise RuntimeError(f"{operation} cannot run in a transaction: set atomic = False on the migration.")


class AddColumn(AddField):
    """Add a column with a constant default, without touching the rows that are there.

    The default stays in the database, so processes of the version before go on inserting rows meanwhile. Not for
    relations, unique fields or defaults that are computed.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: type[Model] = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        _require_steps(schema_editor, "AddColumn")
        field = _field(model, self.name)
        if not _has_column(schema_editor, model._meta.db_table, field.column):
            _run_when_free(schema_editor, _column_sql(schema_editor, model, field))
        if _is_postgresql(schema_editor):
            _check_afterwards(schema_editor, model._meta.db_table, field)


class Lengthen(AlterField):
    """Let a text column hold longer values, or others (`choices`, which no database knows of). No row is touched.

    SQLite looks at no length, so nothing is done there. Not for a shorter column, nor for any other change.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: type[Model] = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model) or not _is_postgresql(schema_editor):
            return
        _require_steps(schema_editor, "Lengthen")
        quote, field = schema_editor.quote_name, _field(model, self.name)
        table, column, kind = model._meta.db_table, field.column, field.db_type(schema_editor.connection)
        _run_when_free(schema_editor, f"ALTER TABLE {quote(table)} ALTER COLUMN {quote(column)} TYPE {kind}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """The column stays as long as it is: it may hold what would not fit."""


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _has_column(editor: BaseDatabaseSchemaEditor, table: str, column: str) -> bool:
    """Asked of the table itself: Django's introspection cannot read what SQLite has to say of some checks."""
    with editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {editor.quote_name(table)} LIMIT 0")  # noqa: S608 - names of ours
        return any(found[0] == column for found in cursor.description)


def _column_sql(editor: BaseDatabaseSchemaEditor, model: type[Model], field: Any) -> str:
    """On SQLite with its check; on PostgreSQL that would read every row while nobody else may."""
    quote = editor.quote_name
    default = editor.effective_default(field)
    words = [f"ALTER TABLE {quote(model._meta.db_table)} ADD COLUMN {quote(field.column)}"]
    words.append(field.db_type(editor.connection))
    if default is not None:
        words.append(f"DEFAULT {editor.quote_value(default)}")
    if not field.null:
        words.append("NOT NULL")
    if check := not _is_postgresql(editor) and field.db_check(editor.connection):
        words.append(f"CHECK ({check})")
    return " ".join(words)


def _check_afterwards(editor: BaseDatabaseSchemaEditor, table: str, field: Any) -> None:
    """New rows are checked from now on, the old ones under a lock that lets everybody read and write."""
    check = field.db_check(editor.connection)
    if not check:
        return
    quote = editor.quote_name
    name = f"{table}_{field.column}_check"
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass", [name, table])
        is_there = cursor.fetchone() is not None
    if not is_there:
        _run_when_free(
            editor,
            f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} CHECK ({check}) NOT VALID",
        )
    with _Unhurried(editor):
        editor.execute(f"ALTER TABLE {quote(table)} VALIDATE CONSTRAINT {quote(name)}")


def _run_when_free(editor: BaseDatabaseSchemaEditor, sql: str) -> None:
    """Run a statement that needs the table alone for an instant.

    Behind a long transaction (a backup, say) it would wait, and all readers behind it: so it gives up after LOCK_WAIT,
    lets them through and tries again, for TRIES rounds. Raises OperationalError after the last.
    """
    if not _is_postgresql(editor) or editor.collect_sql:
        editor.execute(sql, params=None)
        return
    try:
        editor.execute(f"SET lock_timeout = '{LOCK_WAIT}'")
        for is_last in (turn == TRIES for turn in range(1, TRIES + 1)):
            try:
                editor.execute(sql, params=None)
                return
            except OperationalError as error:
                if is_last or getattr(error.__cause__, "sqlstate", "") != "55P03":
                    raise
                time.sleep(PAUSE_SECONDS)
    finally:
        editor.execute("SET lock_timeout = DEFAULT")


class _Unhurried:
    """On PostgreSQL: no limit on how long a statement may take, until the block ends."""

    def __init__(self, editor: BaseDatabaseSchemaEditor) -> None:
        self.editor = editor

    def __enter__(self) -> None:
        if _is_postgresql(self.editor):
            self.editor.execute("SET statement_timeout = 0")

    def __exit__(self, *_: object) -> None:
        if _is_postgresql(self.editor):
            self.editor.execute("SET statement_timeout = DEFAULT")


class AddIndexConcurrently(AddIndex):
    """Build an index while others read and write; on SQLite, where writers wait anyway, a plain one."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: type[Model] = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        _require_steps(schema_editor, "AddIndexConcurrently")
        if _is_finished(schema_editor, self.index.name):
            return
        options: dict[str, Any] = {"concurrently": True} if _is_postgresql(schema_editor) else {}
        with _Unhurried(schema_editor):
            schema_editor.execute(self.index.create_sql(model, schema_editor, **options), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: type[Model] = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            options: dict[str, Any] = {"concurrently": True} if _is_postgresql(schema_editor) else {}
            schema_editor.execute(self.index.remove_sql(model, schema_editor, **options), params=None)


class RemoveIndexConcurrently(RemoveIndex):
    """Drop an index while others read and write; taken back, it is built as `AddIndexConcurrently` does."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model: type[Model] = from_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        _require_steps(schema_editor, "RemoveIndexConcurrently")
        how = "CONCURRENTLY " if _is_postgresql(schema_editor) else ""
        with _Unhurried(schema_editor):
            schema_editor.execute(f"DROP INDEX {how}IF EXISTS {schema_editor.quote_name(self.name)}")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        AddIndexConcurrently(self.model_name, index).database_forwards(app_label, schema_editor, from_state, to_state)


class BuildIndex(Operation):
    """On PostgreSQL, build an index that Django's models cannot describe, while others read and write; `rest` is what
    follows its name. Nothing is done on SQLite.
    """

    def __init__(self, name: str, rest: str) -> None:
        self.name, self.rest = name, rest

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models do not know of it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not _is_postgresql(schema_editor):
            return
        _require_steps(schema_editor, type(self).__name__)
        if not _is_finished(schema_editor, self.name):
            with _Unhurried(schema_editor):
                schema_editor.execute(
                    f"CREATE INDEX CONCURRENTLY {schema_editor.quote_name(self.name)} {self.rest}", params=None
                )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if _is_postgresql(schema_editor):
            with _Unhurried(schema_editor):
                schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.name)}")

    def describe(self) -> str:
        return f"Build index {self.name}"


class DropIndex(BuildIndex):
    """On PostgreSQL, drop such an index while others read and write; taken back, it is built again."""

    database_forwards = BuildIndex.database_backwards
    database_backwards = BuildIndex.database_forwards

    def describe(self) -> str:
        return f"Drop index {self.name}"


def _is_finished(editor: BaseDatabaseSchemaEditor, name: str) -> bool:
    """Whether the index is there and can be used; one whose building was broken off is dropped."""
    with editor.connection.cursor() as cursor:
        if not _is_postgresql(editor):
            cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s", [name])
            return cursor.fetchone() is not None
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        row = cursor.fetchone()
    if row is not None and row[0]:
        return True
    editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {editor.quote_name(name)}")
    return False
