"""`kakehashi demo`: a whole newsroom of invented people to walk around in."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

MARK = "newsroom.json"
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104


@click.command(epilog="Example: kakehashi demo --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Make the newsroom and end.")
@click.option("--scale", default=1.0, show_default=True, type=click.FloatRange(0.01, 100), help="Size of the newsroom.")
@click.option("--seed", default=7, show_default=True, help="Another number, another newsroom.")
def demo(host: str, port: int, no_serve: bool, scale: float, seed: int) -> None:
    """Make the demo newsroom in KAKEHASHI_DATA/demo and serve it. Made once; what you do there is kept.

    It is in SQLite whatever DATABASE_URL says, and its mails are written to files.
    """
    from kakehashi.server.cli import serving

    if not no_serve:
        serving.require_free(host, port)
    data = enter_demo(host, port)
    facts = make_demo(data, seed=seed, scale=scale)
    from kakehashi.server.cli.django_ready import close_connections

    close_connections()
    if no_serve:
        _panel(data, facts["logins"], address="")
        return
    serving.run_server(
        host=host,
        port=port,
        processes=1,
        threads=serving.default_threads(),
        has_worker=True,
        on_ready=lambda: _panel(data, facts["logins"], address=os.environ["KAKEHASHI_BASE_URL"]),
    )


def enter_demo(host: str, port: int) -> Path:
    """Point this process and its children at the demo's own data; Django must not be loaded yet."""
    from kakehashi.server.environment import data_directory

    data = data_directory() / "demo"
    os.environ["KAKEHASHI_DATA"] = str(data)
    os.environ["DATABASE_URL"] = ""
    os.environ["EMAIL_HOST"] = os.environ["EMAIL_BACKEND"] = ""
    for name in (
        "DATABASE_URL_FILE",
        "EMAIL_HOST_FILE",
        "EMAIL_BACKEND_FILE",
        "KAKEHASHI_SECRET_KEY",
        "KAKEHASHI_SECRET_KEY_FILE",
    ):
        os.environ.pop(name, None)
    is_anywhere = host in EVERYWHERE
    shown = "127.0.0.1" if is_anywhere else f"[{host}]" if ":" in host else host
    os.environ.setdefault("KAKEHASHI_BASE_URL", f"http://{shown}:{port}")
    os.environ.setdefault("KAKEHASHI_ALLOWED_HOSTS", "*" if is_anywhere else shown)
    os.environ.setdefault("KAKEHASHI_STAFF_MFA", "optional")
    os.environ.setdefault("KAKEHASHI_LOG_LEVEL", "WARNING")
    return data


def make_demo(data: Path, *, seed: int, scale: float) -> dict[str, Any]:
    """The newsroom's facts; it is made where it is not there yet, and anew where an earlier making was broken off."""
    from kakehashi.server.cli import installing
    from kakehashi.server.cli.django_ready import load_django

    mark = data / MARK
    if not mark.exists():
        _clear(data)
    installing.make_data_directory()
    load_django()
    installing.install(lambda step: click.echo(f"  {step} …"), name="Kakehashi")
    if mark.exists():
        facts: dict[str, Any] = json.loads(mark.read_text(encoding="utf-8"))
        return facts
    from kakehashi.archive.demo import make_newsroom

    with _progress() as progress:
        newsroom = make_newsroom(seed=seed, scale=scale, progress=progress)
    facts = {"seed": seed, "scale": scale, "logins": newsroom.logins}
    mark.write_text(json.dumps(facts), encoding="utf-8")
    return facts


def _clear(data: Path) -> None:
    """Remove the tables and pictures of a newsroom that was never finished; key and static files stay."""
    for file in data.glob("kakehashi.sqlite3*"):
        file.unlink()
    shutil.rmtree(data / "media", ignore_errors=True)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal; elsewhere one line for each step."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console()
    if not console.is_terminal:
        seen: set[str] = set()

        def say(step: str, _done: int, _total: int) -> None:
            if step not in seen:
                seen.add(step)
                click.echo(f"  {step} …")

        yield say
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Making the newsroom", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def _panel(data: Path, logins: list[dict[str, str]], *, address: str) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("Role", "Name", "E-mail", "Password"):
        table.add_column(heading)
    for login in logins:
        table.add_row(login["role"], login["name"], login["email"], login["password"])
    console = Console(width=None if Console().is_terminal else 100)
    if address:
        console.print(f"\nThe demo newsroom is at [bold]{address}[/bold]  (Ctrl-C stops it)")
    console.print(Panel(table, title="Demo log-ins", expand=False))
    console.print(f"Data: {data}, mails: {data / 'mail'}")
