"""`kakehashi move`: the rows of an SQLite site into PostgreSQL, when one machine becomes several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

OLD = "old"
ROWS_AT_ONCE = 500
# Made anew from the others after the move.
DERIVED = {"wagtailsearch", "wagtailcore.referenceindex"}


@click.command(epilog="Example: DATABASE_URL=postgres://… kakehashi move /srv/news/kakehashi.sqlite3")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
def move(file: Path) -> None:
    """Copy every row of the SQLite database FILE into the PostgreSQL database of DATABASE_URL.

    Run `kakehashi init` on that first: it must be of this version and hold no members and no stories. FILE is not
    changed; stop its site before, or what is written meanwhile stays behind. All is copied, or nothing.
    """
    from kakehashi.server.cli.django_ready import load_django, pending_migrations

    load_django()
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor != "postgresql":
        raise click.ClickException("DATABASE_URL must name the PostgreSQL database that the rows are to go to.")
    if pending_migrations():
        raise click.ClickException("The new database is not set up for this version. Run `kakehashi init` first.")
    _open(file)
    _require_the_same_version(file)
    _require_empty()
    tables, rows = _copy(lambda label: click.echo(f"  {label}"))
    for command in ("rebuild_references_index", "update_index"):
        call_command(command, verbosity=0)
    click.echo(f"Moved {rows:,} rows of {tables} tables.")
    click.echo("Next: copy media/ and the secret key, then kakehashi check")


def _open(file: Path) -> None:
    from django.db import connections

    given = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": {"transaction_mode": "IMMEDIATE"}}
    both = connections.configure_settings({"default": {}, OLD: given})
    connections.databases[OLD] = both[OLD]


def _require_the_same_version(file: Path) -> None:
    from django.db import DatabaseError, connections
    from django.db.migrations.recorder import MigrationRecorder

    def seen(alias: str) -> set[tuple[str, str]]:
        return set(MigrationRecorder(connections[alias]).applied_migrations())

    try:
        differing = seen(OLD) ^ seen("default")
    except DatabaseError as error:
        raise click.ClickException(f"{file} cannot be read as a database: {error}") from error
    if differing:
        raise click.ClickException(
            f"{file} is not of this version. Run `kakehashi init` on it without DATABASE_URL first."
        )


def _require_empty() -> None:
    from kakehashi.readers.models import Reader
    from kakehashi.stories.models import StoryPage

    if Reader.objects.exists() or StoryPage.objects.exists():
        raise click.ClickException("The new database holds members or stories already; nothing was changed.")


def _copy(say: Callable[[str], None]) -> tuple[int, int]:
    """Replace all rows of the new database, in one transaction. (tables, rows) copied."""
    from django.contrib.contenttypes.models import ContentType
    from django.core.management.color import no_style
    from django.db import connection, transaction

    models = [model for model in _models() if not _is_derived(model)]
    rows = 0
    # The old one is held as it is while it is read.
    with transaction.atomic(using=OLD), transaction.atomic(), connection.cursor() as cursor:
        every = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in _models())
        cursor.execute(f"TRUNCATE {every} CASCADE")
        # Rows may come before those that they point at: foreign keys are compared at the end.
        for model in models:
            copied = _copy_table(model)
            rows += copied
            if copied:
                say(f"{model._meta.label}: {copied:,}")
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
    ContentType.objects.clear_cache()
    return len(models), rows


def _models() -> list[Any]:
    from django.apps import apps

    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]


def _is_derived(model: Any) -> bool:
    return model._meta.app_label in DERIVED or model._meta.label_lower in DERIVED


def _copy_table(model: Any) -> int:
    """The table's own columns as they are: nothing is computed anew, and no row is a model's instance."""
    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    names = [field.attname for field in fields]
    found = model._base_manager.using(OLD).order_by("pk").values_list(*names).iterator(chunk_size=ROWS_AT_ONCE)
    copied = 0
    for rows in _in_lots(found):
        objects = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]
        model._base_manager.all()._insert(objects, fields=fields, using="default", raw=True)
        copied += len(objects)
    return copied


def _in_lots(rows: Iterable[Any]) -> Iterator[list[Any]]:
    lot: list[Any] = []
    for row in rows:
        lot.append(row)
        if len(lot) == ROWS_AT_ONCE:
            yield lot
            lot = []
    if lot:
        yield lot
