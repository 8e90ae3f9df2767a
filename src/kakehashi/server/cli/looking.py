"""`kakehashi check` and `kakehashi status`: is the site in order, and what is in it."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import click


@click.command(epilog="Example: kakehashi check")
def check() -> None:
    """Say whether settings, database and data directory are in order; exit status 1 when something is not."""
    from kakehashi.server.cli.django_ready import load_django, pending_migrations

    load_django()
    from django.conf import settings
    from django.core.management import call_command

    _ = settings.SECRET_KEY
    problems = [*_directory_problems(Path(settings.DATA))]
    call_command("check", stdout=io.StringIO())
    pending = pending_migrations()
    if pending:
        problems.append(f"{len(pending)} steps of the database are missing, the first is {pending[0]}: kakehashi init")
    if problems:
        raise click.ClickException("\n  ".join(["Not in order:", *problems]))
    click.echo(f"In order: {settings.DATA}, {_database_kind()}.")


def _directory_problems(data: Path) -> list[str]:
    if not data.is_dir():
        return [f"The data directory {data} is missing: kakehashi init"]
    problems = []
    for directory in (data, data / "media", data / "mail"):
        try:
            with tempfile.NamedTemporaryFile(dir=directory):
                pass
        except OSError as error:
            problems.append(f"Cannot write into {directory}: {error.strerror}")
    key = data / "secret-key"
    if key.exists() and os.stat(key).st_mode & 0o077:
        problems.append(f"The secret key can be read by others: chmod 600 {key}")
    return problems


def _database_kind() -> str:
    from django.db import connection

    if connection.vendor == "sqlite":
        return f"SQLite in {connection.settings_dict['NAME']}"
    connection.ensure_connection()
    return f"PostgreSQL {connection.pg_version // 10000}"  # type: ignore[attr-defined]


@click.command(epilog="Example: kakehashi status --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def status(as_json: bool) -> None:
    """Say the version, the database and how much is in it."""
    from kakehashi.server.cli.django_ready import require_site

    require_site()
    facts = _facts()
    if as_json:
        import json

        click.echo(json.dumps(facts))
        return
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value}")


def _facts() -> dict[str, str | int]:
    from django.conf import settings

    from kakehashi import __version__
    from kakehashi.comments.models import Comment, Thread, Vote
    from kakehashi.readers.models import Reader
    from kakehashi.stories.models import StoryPage

    return {
        "version": __version__,
        "address": settings.KAKEHASHI_BASE_URL,
        "data": str(settings.DATA),
        "database": _database_kind(),
        "stories": StoryPage.objects.live().count(),
        "members": Reader.objects.filter(is_active=True).count(),
        "threads": Thread.objects.count(),
        "comments": Comment.objects.count(),
        "votes": Vote.objects.count(),
    }
