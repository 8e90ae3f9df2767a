"""How often crowds that mean no harm raise an alarm, how soon a brigade does, and what a look costs on a large site.

    python -m benchmarks.abuse [--votes 1000000] [--rate 500] [--databases sqlite,postgresql] [--crowds 400]

Crowds are made up: a thread's votes come in waves, as they do after a mail of news, from members new and old. The demo
newsroom's votes, planned as `kakehashi demo` plans them, are looked at minute by minute. A look is measured on a site made
in a temporary directory and gone afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from benchmarks import places
from benchmarks.places import ROOT, BenchSite
from kakehashi.server.cli.django_ready import load_django

SPAN = 600.0
CROWD = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--votes", type=int, default=1_000_000, help="stored")
    parser.add_argument("--rate", type=int, default=500, help="new votes a second before the look")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--crowds", type=int, default=400)
    options = parser.parse_args()
    os.environ.setdefault("KAKEHASHI_SECRET_KEY", "bench")
    load_django()
    quiet(options.crowds)
    demo()
    brigades(options.crowds)
    regulars()
    for database in filter(None, options.databases.split(",")):
        with contextlib.ExitStack() as stack:
            cluster = stack.enter_context(places.durable_cluster(0)) if database == "postgresql" else ""
            site = stack.enter_context(places.postgresql_site(cluster) if cluster else places.sqlite_site())
            look(site, options.votes, options.rate)


def a_thread(rng: Random, share: float, *, targets: int = 12, votes: int = 600) -> dict[int, list[Any]]:
    """An hour of votes of one sign: some comments are loved, waves come and go, `share` of the voters are odd."""
    from kakehashi.moderation.abuse.bursts import Cast

    weights = [rng.paretovariate(1.1) for _ in range(targets)]
    waves = [rng.uniform(0, 3600) for _ in range(3)]
    found = defaultdict(list)
    for n in range(votes):
        at = rng.choice(waves) + rng.gauss(0, 240) if rng.random() < 0.6 else rng.uniform(0, 3600)
        target = rng.choices(range(targets), weights)[0]
        found[target].append(Cast(n, n, at, rng.random() < share))
    return found


def alarms(thread: dict[int, list[Any]]) -> dict[int, Any]:
    from kakehashi.moderation.abuse.bursts import Elsewhere, find

    every, odd = sum(map(len, thread.values())), sum(cast.is_odd for some in thread.values() for cast in some)
    found = {}
    for target, casts in thread.items():
        mine = sum(cast.is_odd for cast in casts)
        rate = (odd - mine) / max(len(thread) - 1, 1) / 3600
        burst = find(casts, Elsewhere(odd - mine, every - len(casts), rate), span=SPAN)
        if burst is not None:
            found[target] = burst
    return found


def quiet(crowds: int) -> None:
    for share in (0.02, 0.1, 0.3, 0.6):
        rng = Random(f"quiet {share}")
        raised = sum(bool(alarms(a_thread(rng, share))) for _ in range(crowds))
        print(f"hot threads, {share:.0%} of the voters new: {raised} false alarms in {crowds} thread hours", flush=True)


def demo() -> None:
    """The rule of `reading.Close.is_odd` on planned votes: nobody there is young but in their first days."""
    from kakehashi.archive.demo.plan import make_plan
    from kakehashi.moderation.abuse.bursts import Cast, Elsewhere, find

    plan = make_plan(seed=7, now=datetime(2026, 11, 20, 12, tzinfo=UTC), scale=1.0)
    first: dict[str, datetime] = {}
    for ballot in plan.votes:
        first.setdefault(ballot.voter.name, ballot.at)
    targets: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for n, ballot in enumerate(plan.votes):
        is_odd = ballot.at - first[ballot.voter.name] < timedelta(days=1)
        targets[id(ballot.remark), ballot.value].append(Cast(n, n, ballot.at.timestamp(), is_odd))
    raised = sum(find(casts, Elsewhere(), span=SPAN) is not None for casts in targets.values())
    print(f"demo newsroom: {raised} false alarms in {len(plan.votes):,} votes on {len(targets):,} targets", flush=True)


def brigades(crowds: int) -> None:
    """Twenty accounts, all odd, within five minutes on a comment of a hot thread: found, and by which of them."""
    from kakehashi.moderation.abuse.bursts import Cast

    for share in (0.02, 0.1, 0.3, 0.6):
        rng, found, needed = Random(f"brigade {share}"), 0, []
        for _ in range(crowds // 4):
            thread = a_thread(rng, share)
            target = rng.choice(list(thread))
            starts = rng.uniform(300, 3000)
            raid = [Cast(10_000 + n, 10_000 + n, starts + n * 300 / CROWD, True) for n in range(CROWD)]
            calm = thread[target]
            for n in range(1, CROWD + 1):
                thread[target] = [cast for cast in calm if cast.at <= raid[n - 1].at] + raid[:n]
                if target in alarms(thread):
                    found += 1
                    needed.append(n)
                    break
        middle = sorted(needed)[len(needed) // 2] if needed else 0
        after = middle * 300 / CROWD
        print(
            f"brigade of {CROWD} within 5 minutes, {share:.0%} of others new: found {found} of {crowds // 4}, "
            f"in the middle by its vote {middle} ({after:.0f} s after the first; the worker looks every 30 s)",
            flush=True,
        )


def regulars(readers: int = 400, days: int = 30) -> None:
    """Regulars come when the mail of news does, three times a day, and vote on what stands on top of two stories: are those who
    did so last within ten minutes taken for a team? And a team of twelve among them, which does the same by arrangement?"""
    from kakehashi.moderation.abuse.likeness import team

    rng = Random("regulars")
    keen = [rng.betavariate(1, 3) for _ in range(readers)]
    votes: dict[int, dict[int, tuple[int, float]]] = {reader: {} for reader in range(readers + 12)}
    for mail in range(days * 3):
        here = [reader for reader in range(readers) if rng.random() < keen[reader]]
        for story in range(2):
            liked = [rng.random() for _ in range(8)]
            for reader in here:
                begun = rng.expovariate(1 / 1200)
                for place, share in enumerate(liked):
                    if rng.random() < 0.8 / (1 + place / 3):
                        value = 1 if rng.random() < share else -1
                        votes[reader][mail * 100 + story * 10 + place] = value, mail * 28800 + begun + 20.0 * place
        if mail % 10 == 0:
            for reader in range(readers, readers + 12):
                for place in range(3):
                    votes[reader][mail * 100 + place] = 1, mail * 28800 + rng.uniform(0, 300)
    found = team(votes)
    wrong = sum(reader < readers for reader in found)
    print(
        f"{readers} regulars who follow three mails of news a day for {days} days: {wrong} taken for a team; of a team of 12 "
        f"among them {len(found) - wrong} found",
        flush=True,
    )


def look(site: BenchSite, votes: int, rate: int) -> None:
    kind = "PostgreSQL" if site.database_url else "SQLite"
    command = [sys.executable, "-m", "benchmarks.abuse_rows", "run", "--votes", str(votes), "--rate", str(rate)]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    print(
        f"{kind}, {figures['votes']:,} votes stored and {rate} a second: a look for bursts {figures['votes_s']:.2f} s "
        f"({figures['votes_cpu']:.2f} s of our processor), for accounts {figures['accounts_s']:.2f} s, the first one "
        f"{figures['first_accounts_s']:.2f} s; {figures['alarms']} alarms; "
        f"discounting 10,000 votes {figures['first_s']:.2f} s while the moderator waits and {figures['discount_s']:.1f} s in "
        f"the worker, counting them again {figures['again_s']:.1f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
