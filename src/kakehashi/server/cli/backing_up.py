"""`kakehashi backup` and `kakehashi restore`: the whole site in one file, and back."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import click

from kakehashi.server.cli.bar import progress_bar
from kakehashi.server.cli.failures import explain

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog="Example: kakehashi backup /backups/news.tar")
@click.argument("file", type=FILE)
@click.option("--force", "is_forced", is_flag=True, help="Write over FILE where it is there already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def backup(file: Path, is_forced: bool, as_json: bool) -> None:
    """Write database, media and secret key of the running site into FILE, which only its owner can read.

    FILE appears when it is whole and has been read again; until then there is FILE.partial.
    """
    from kakehashi.server.cli.django_ready import load_django

    load_django()
    from django.conf import settings

    from kakehashi.server.backup import database
    from kakehashi.server.backup.making import make_backup, size_in_words

    if database.kind() == "sqlite" and not database.sqlite_file().exists():
        raise click.ClickException(f"There is no site in {settings.DATA} yet. Run `kakehashi init` first.")
    with _failing_with("No backup was written"), progress_bar(is_shown=not as_json) as progress:
        made = make_backup(file=file, is_forced=is_forced, progress=progress)
    if as_json:
        click.echo(json.dumps(made.as_json()))
        return
    click.echo(f"{made.file}: {size_in_words(made.size)}, {made.files:,} files, {_counted(made.counts)}.")
    if made.media != "included":
        click.echo(f"Media are {made.media}, not in this file: copy the bucket as its provider advises.")
    for name in made.left_out[:20]:
        click.echo(f"Left out, for it is no plain file: {name}", err=True)


@click.command(epilog="Example: KAKEHASHI_DATA=/srv/news kakehashi restore /backups/news.tar")
@click.argument("file", type=FILE)
@click.option("--verify", "is_only_verified", is_flag=True, help="Read and check FILE; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def restore(file: Path, is_only_verified: bool, as_json: bool) -> None:
    """Bring a site back from FILE into an empty KAKEHASHI_DATA (and an empty PostgreSQL database).

    Every byte is checked first. A damaged FILE, a newer one or a place that is not empty changes nothing.
    """
    from kakehashi.server.cli.django_ready import close_connections, load_django

    load_django()
    from kakehashi.server.backup import restoring

    start = "The backup is not good" if is_only_verified else "Nothing was restored"
    with _failing_with(start), progress_bar(is_shown=not as_json) as progress:
        work = restoring.examine if is_only_verified else restoring.restore
        manifest = work(file=file, progress=progress)
    close_connections()
    if not is_only_verified:
        _bring_up(as_json=as_json)
    _say_restored(file, manifest, is_only_verified=is_only_verified, as_json=as_json)


def _bring_up(*, as_json: bool) -> None:
    """What this version needs beyond the backup, by a process of its own: it starts with the restored secret key."""
    command = [sys.executable, "-m", "kakehashi.server.cli", "init", "--no-input"]
    done = subprocess.run(  # noqa: S603
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(
            "Everything is restored, but could not be brought up to this version. Mend this, then run `kakehashi init`:\n"
            + done.stdout.strip()
        )
    if not as_json:
        click.echo("".join(f"{line}\n" for line in done.stdout.splitlines() if line.endswith("…")), nl=False)


def _say_restored(file: Path, manifest: dict[str, Any], *, is_only_verified: bool, as_json: bool) -> None:
    kept = {name: manifest[name] for name in ("kakehashi", "made_at", "database", "counts")}
    if as_json:
        facts = {"ok": True, "file": str(file), "restored": not is_only_verified, **kept}
        click.echo(json.dumps(facts))
        return
    made = f"made {manifest['made_at'][:16]} by Kakehashi {manifest['kakehashi']}, {_counted(manifest['counts'])}"
    click.echo(f"{file}: {'whole' if is_only_verified else 'restored'}; {made}.")
    if manifest.get("media") != "included":
        click.echo("Its media were in a bucket: they are not in this file.")
    if not is_only_verified:
        from django.conf import settings

        from kakehashi.server.environment import env

        if env("KAKEHASHI_SECRET_KEY"):
            click.echo(f"KAKEHASHI_SECRET_KEY counts, not the key restored into {settings.DATA}.")
        click.echo("Next: kakehashi check, then kakehashi serve")


def _counted(counts: dict[str, Any]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


@contextlib.contextmanager
def _failing_with(start: str) -> Iterator[None]:
    """Whatever stops the work, a signal too, ends it in one sentence that begins with `start`."""
    from kakehashi.lib.errors import DomainError

    def stop(*_: Any) -> NoReturn:
        raise click.ClickException(f"{start}: it was stopped.")

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    except (DomainError, OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{start}: {_sentence(error)}") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sentence(error: Exception) -> str:
    if isinstance(error, sqlite3.Error):
        is_full = "full" in str(error)
        return "The disk is full. Make room and run the command again." if is_full else f"The database: {error}."
    return explain(error) or str(error)
