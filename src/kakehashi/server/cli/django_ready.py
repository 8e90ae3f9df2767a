"""Loading Django for a command, and asking whether the site has been set up."""

from __future__ import annotations

import os

import click


def load_django() -> None:
    """Load the settings and the applications; a wrong setting raises ImproperlyConfigured."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kakehashi.server.settings")
    import django

    django.setup()


def pending_migrations() -> list[str]:
    """Names of the migrations that the database has not seen. Raises OperationalError where it cannot be reached."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def require_site() -> None:
    """Load Django and end with a sentence unless `kakehashi init` has been run for this data directory and version."""
    load_django()
    from django.conf import settings

    _ = settings.SECRET_KEY
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    name = settings.DATABASES["default"]["NAME"]
    if is_sqlite and not os.path.exists(name):
        raise click.ClickException(f"There is no site in {settings.DATA} yet. Run `kakehashi init` first.")
    pending = pending_migrations()
    if pending:
        raise click.ClickException(
            f"The database is not set up for this version ({len(pending)} steps are missing). Run `kakehashi init`."
        )
    close_connections()


def close_connections() -> None:
    """No connection may be open when the process forks or waits."""
    from django.db import connections

    connections.close_all()


def database_kind() -> str:
    """The database in a few words; connects to it."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return f"SQLite in {connection.settings_dict['NAME']}"
    connection.ensure_connection()
    return f"PostgreSQL {connection.pg_version // 10000}"  # type: ignore[attr-defined]
