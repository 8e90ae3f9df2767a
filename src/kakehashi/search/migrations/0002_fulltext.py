"""The full-text index beside search_entry; see search/index.py."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from kakehashi.search import index


def create(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    index.create_index(schema_editor)


def drop(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    index.drop_index(schema_editor)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
