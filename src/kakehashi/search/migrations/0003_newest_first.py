"""Indexes of stories for themselves, and on PostgreSQL of the newest first; see search/index.py."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from kakehashi.lib.migrations import BuildIndex, DropIndex
from kakehashi.search import index


def create(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for statement in index.SQLITE_STORIES_CREATE + index.SQLITE_STORIES_FILL:
            schema_editor.execute(statement)


def drop(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        for statement in index.SQLITE_STORIES_DROP:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("search", "0002_fulltext")]

    operations = [
        migrations.RunPython(create, drop),
        *(BuildIndex(name, rest) for name, rest in index.POSTGRES_WINDOWS.items()),
        *(DropIndex(name, rest) for name, rest in index.POSTGRES_OLD.items()),
    ]
