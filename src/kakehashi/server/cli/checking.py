"""`kakehashi check`: is the site in order, and putting it in order."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kakehashi.server.cli.bar import progress_bar

if TYPE_CHECKING:
    from kakehashi.server.order import Finding


@click.command(epilog="Example: kakehashi check --mend")
@click.option("--mend", is_flag=True, help="Put right what can be put right; the site may run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(mend: bool, as_json: bool) -> None:
    """Say whether settings, database, directories and all that is stored are in order; exit status 1 when not.

    Counters, threads, places in trees, the search index and media are compared with the rows they come from, some
    thousands of rows at a time; with --mend what is wrong is put right, and readers see it at once.
    """
    from kakehashi.server.cli.django_ready import database_kind, load_django

    load_django()
    from django.conf import settings

    problems = _problems()
    if problems:
        if as_json:
            click.echo(json.dumps({"ok": False, "problems": problems, "findings": []}))
            raise click.exceptions.Exit(1)
        raise click.ClickException("\n  ".join(["Not in order:", *problems]))
    with progress_bar(is_shown=not as_json) as progress:
        from kakehashi.server.order import Checking

        findings = Checking(mend=mend, progress=progress).run()
    is_in_order = not any(finding.is_open for finding in findings)
    if as_json:
        said = {"ok": is_in_order, "problems": [], "findings": [finding.as_json() for finding in findings]}
        click.echo(json.dumps(said))
    else:
        click.echo(f"{'In order' if is_in_order else 'Not in order'}: {settings.DATA}, {database_kind()}.")
        _print(findings)
    if not is_in_order:
        if not mend and not as_json:
            click.echo("`kakehashi check --mend` puts right what it can.", err=True)
        raise click.exceptions.Exit(1)


def _print(findings: list[Finding]) -> None:
    """What, how many, and how many of them were mended."""
    click.echo(f"{'found':>9} {'mended':>9}")
    for finding in findings:
        click.echo(
            f"{finding.found:>9,} {finding.mended or '':>9}  {finding.what}{'' if finding.is_wrong else ' (harmless)'}"
        )
        if finding.examples:
            more = ", …" if finding.found > len(finding.examples) else ""
            click.echo(f"{'':>21} {', '.join(finding.examples)}{more}")


def _problems() -> list[str]:
    """What keeps the site from running, or from being backed up."""
    from django.conf import settings
    from django.core.management import call_command

    from kakehashi.moderation.checks import running
    from kakehashi.server.cli.django_ready import pending_migrations

    _ = settings.SECRET_KEY
    problems = [*_directory_problems(Path(settings.DATA))]
    if settings.KAKEHASHI_BACKUP_DIR and not os.access(settings.KAKEHASHI_BACKUP_DIR, os.W_OK | os.X_OK):
        problems.append(f"Cannot write backups into {settings.KAKEHASHI_BACKUP_DIR} (KAKEHASHI_BACKUP_DIR)")
    call_command("check", stdout=io.StringIO())
    troubles = [check.trouble for check in running.configured() if check.trouble]
    problems += [f"A check before publication cannot be used: {trouble}" for trouble in troubles]
    pending = pending_migrations()
    if pending:
        problems.append(f"{len(pending)} steps of the database are missing, the first is {pending[0]}: kakehashi init")
    return problems


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
