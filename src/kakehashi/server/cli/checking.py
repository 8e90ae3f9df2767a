"""`kakehashi check`: is the site in order."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import click


@click.command(epilog="Example: kakehashi check")
def check() -> None:
    """Say whether settings, database and data directory are in order; exit status 1 when something is not."""
    from kakehashi.server.cli.django_ready import database_kind, load_django, pending_migrations

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
    click.echo(f"In order: {settings.DATA}, {database_kind()}.")


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
