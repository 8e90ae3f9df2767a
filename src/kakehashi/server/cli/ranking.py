"""`kakehashi rank`: find common ground anew at once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import click

TASK = "kakehashi.ranking.tasks.refit"


@click.command(epilog="Example: kakehashi rank")
@click.option("--anyway", is_flag=True, help="Rank by it even where held-out votes say that it is worse than the last.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def rank(anyway: bool, as_json: bool) -> None:
    """Learn from all votes where readers stand, from nothing, and rank all comments by it, as the worker does each night.

    Waits where a worker is about it. Ends with 1 where the result is not applied, and says why.
    """
    from kakehashi.server.cli.django_ready import require_site
    from kakehashi.server.cli.working import stopped_by_signals, work

    stop = stopped_by_signals()
    require_site()
    from kakehashi.lib.worker import Task
    from kakehashi.ranking import actions
    from kakehashi.ranking.models import RunKind
    from kakehashi.server import facts

    def refit(now: datetime) -> int:
        return actions.refit(now=now, kind=RunKind.COLD, even_if_worse=anyway)

    before = facts.ranking()
    work([Task(TASK, refit, timedelta(seconds=20))], stop=stop, once=True)
    run = facts.ranking()
    if run is None or (before is not None and before["run"] == run["run"]):
        raise click.ClickException("It was stopped before it began.")
    click.echo(json.dumps(run) if as_json else told(run))
    if run["state"] != "applied":
        raise click.ClickException(run["why"] or "It did not come to its end.")


def told(run: dict[str, Any]) -> str:
    """A run in one line."""
    camps = "no camps" if run["camps"] < 2 else f"{run['camps']} camps"
    return (
        f"Run {run['run']} ({run['kind']}): {run['votes']:,} votes of {run['voters']:,} voters on {run['items']:,} "
        f"comments, {camps}; {run['moved']:,} comments moved; {run['seconds']:.1f} s; {run['state']}"
    )
