"""`kakehashi status`: what is in the site, who works behind it, and what waits."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click


@click.command(epilog="Example: kakehashi status --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def status(as_json: bool) -> None:
    """Say the version, the database and how much is in it, which workers live, what they did and what waits for them."""
    from kakehashi.server.cli.django_ready import require_site

    require_site()
    facts = _facts()
    if as_json:
        click.echo(json.dumps(facts))
        return
    _print(facts)


def _facts() -> dict[str, Any]:
    from django.conf import settings

    from kakehashi import __version__
    from kakehashi.server import facts
    from kakehashi.server.cli.django_ready import database_kind
    from kakehashi.server.jobs import database_now
    from kakehashi.trending.queries import sisters_by_state

    now = database_now()
    waits = facts.waiting(now)
    held = waits.oldest_held_at
    return {
        "version": __version__,
        "address": settings.KAKEHASHI_BASE_URL,
        "data": str(settings.DATA),
        "database": database_kind(),
        "database_bytes": facts.database_bytes(),
        # Above, a database of another version has ended the command.
        "pending_migrations": 0,
        "now": now.isoformat(),
        "workers": facts.workers_told(now),
        "tasks": facts.jobs_told(now),
        "waiting": {
            "scheduled_stories": waits.scheduled_stories,
            "unindexed": waits.unindexed,
            "unranked_votes": waits.unranked_votes,
            "unsent_mails": waits.unsent_mails,
            "queued_mails": waits.queued_mails,
            "doubtful_mails": waits.doubtful_mails,
            "failed_mails": waits.failed_mails,
            "oldest_mail_seconds": round((now - oldest).total_seconds())
            if (oldest := waits.oldest_mail_due_at)
            else None,
            "held_comments": waits.held_comments,
            "oldest_held_seconds": round((now - held).total_seconds()) if held else None,
        },
        "ranking": facts.ranking(),
        "model": facts.model(),
        "sister_sites": sisters_by_state(now),
        **facts.counts(),
    }


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        # Lines for grep and for a file: as wide as they come.
        console = Console(width=200)
    waits = facts["waiting"]
    held = waits["oldest_held_seconds"]
    lines = {
        "version": facts["version"],
        "address": facts["address"],
        "data": facts["data"],
        "database": f"{facts['database']}, {_size(facts['database_bytes'])}, no migration pending",
        **{name: f"{facts[name]:,}" for name in ("stories", "members", "threads", "comments", "votes", "views")},
        "stories overdue": f"{waits['scheduled_stories']:,}",
        "not yet searchable": f"{waits['unindexed']:,}",
        "votes not yet ranked": f"{waits['unranked_votes']:,}",
        "mails not sent": f"{waits['unsent_mails']:,}",
        "mails in the queue": _mails(waits),
        "comments held": f"{waits['held_comments']:,}"
        + (f", the oldest for {_span(held)}" if held is not None else ""),
        "comments scored by": _model(facts["model"]),
    }
    sisters = [f"{count:,} {state}" for state, count in facts["sister_sites"].items() if count]
    lines |= {"sister sites": ", ".join(sisters)} if sisters else {}
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in lines.items():
        table.add_row(f"[bold]{name}[/bold]", value)
    console.print(table)
    now = datetime.fromisoformat(facts["now"])
    console.print(_ranking(facts["ranking"], now))
    console.print(_workers(facts["workers"], now) if facts["workers"] else "\n[bold red]No worker runs.[/bold red]")
    console.print(_tasks(facts["tasks"], now) if facts["tasks"] else "\nNo task has run yet.")


def _model(model: dict[str, Any]) -> str:
    if not model["version"] or model["trouble"]:
        return f"the word list. {model['trouble']}" if model["trouble"] else "the word list, for want of decisions"
    return f"version {model['version']}, learned from {model['decisions']:,} decisions"


def _mails(waits: dict[str, Any]) -> str:
    oldest = waits["oldest_mail_seconds"]
    late = f", the oldest due for {_span(oldest)}" if oldest is not None else ""
    doubt = "".join(
        f", {waits[f'{state}_mails']:,} {state}" for state in ("doubtful", "failed") if waits[f"{state}_mails"]
    )
    return f"{waits['queued_mails']:,}{late}{doubt}"


def _ranking(run: dict[str, Any] | None, now: datetime) -> str:
    from rich.markup import escape

    from kakehashi.server.cli.ranking import told

    if run is None:
        return "\nThe ranking has not run yet."
    age = _span((now - datetime.fromisoformat(run["started_at"])).total_seconds())
    why = f"\n[red]{escape(run['why'])}[/red]" if run["why"] else ""
    return f"\n[bold]Ranking[/bold]\n{told(run)} {age} ago{why}"


def _table(title: str, *headings: str) -> Any:
    from rich.table import Table

    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading)
    return table


def _workers(rows: list[dict[str, Any]], now: datetime) -> Any:
    table = _table("Workers", "machine", "process", "up for", "last beat", "at work on")
    for row in rows:
        machine = f"{row['host']} (this one)" if row["is_here"] else row["host"]
        beat = f"{row['beat_seconds_ago']} s ago"
        table.add_row(
            machine,
            str(row["pid"]),
            _span((now - datetime.fromisoformat(row["started_at"])).total_seconds()),
            beat if row["is_alive"] else f"[red]{beat}: gone[/red]",
            row["task"] or "–",
        )
    return table


def _tasks(rows: list[dict[str, Any]], now: datetime) -> Any:
    from rich.markup import escape

    table = _table("Tasks", "task", "last done", "next", "took", "runs", "failed", "why")
    for row in rows:
        done, due = row["last_success_at"], datetime.fromisoformat(row["next_run_at"])
        until = (due - now).total_seconds()
        table.add_row(
            row["task"].removeprefix("kakehashi.").replace(".tasks.", "."),
            f"{_span((now - datetime.fromisoformat(done)).total_seconds())} ago" if done else "never",
            "running" if row["is_running"] else f"in {_span(until)}" if until > 0 else "due",
            f"{row['last_seconds']:.2f} s",
            f"{row['runs']:,}",
            f"[red]{row['failures']:,}[/red]" if row["failing"] else f"{row['failures']:,}",
            escape(row["why"]),
        )
    return table


def _span(seconds: float) -> str:
    """A length of time in its largest unit."""
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _size(amount: int) -> str:
    size = float(amount)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
