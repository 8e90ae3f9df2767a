"""A site of any size, made in minutes: stories, threads of very different lengths, members, votes, search entries.

    KAKEHASHI_DATA=… python -m benchmarks.growth_data --comments 1000000

Fills the site of that data directory (or of DATABASE_URL), which `kakehashi init` has made; prints, as JSON, what a
visitor needs to know of it. On PostgreSQL the user must be a superuser, as in a cluster made for this.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

PIECES = 4000
SECTIONS = ("Harbour", "Politics", "Science", "Culture", "Sport", "Letters")
MOST_VOTES = 11
LONGEST_ORDINARY = 1500
RECENT = 40


@dataclass(frozen=True)
class Plan:
    """What to make. `threads` are lengths of named threads; others follow until `comments` are reached."""

    comments: int
    threads: Sequence[int] = (15, 200)
    members: int = 200
    sessions: int = 0
    per_page: int = 50
    seed: int = 7


@dataclass
class Filled:
    """What was made. `stories`: (story id, path, first comment id) by length of thread, of the plan's threads only;
    `sessions`: (session key, member id) of members who have one, ascending."""

    stories: dict[int, tuple[int, str, int]] = field(default_factory=dict)
    section: str = ""
    member: str = ""
    # One that some comments hold, and one that most of them hold.
    word: str = ""
    common: str = ""
    sessions: list[tuple[str, int]] = field(default_factory=list)
    comments: int = 0
    votes: int = 0
    seconds: float = 0.0


def fill(plan: Plan, *, now: datetime, say: Callable[[str], None] = lambda _: None) -> Filled:
    """Write it all in one transaction. Raises ValueError for a plan that does not add up."""
    from django.db import transaction

    from benchmarks import bulk
    from benchmarks.growth_rows import TABLES, Rows

    if plan.members < 2 * MOST_VOTES or plan.comments < sum(plan.threads):
        raise ValueError("more members, or more comments, are needed")
    begin = time.monotonic()
    rows = Rows(plan, lengths(plan), now)
    with transaction.atomic(), bulk.indexes_later(TABLES):
        for step, write in rows.steps():
            say(step)
            write()
        say("indexes")
    analyse()
    filled = rows.filled
    filled.sessions = rows.make_sessions(plan.sessions)
    filled.seconds = time.monotonic() - begin
    return filled


def lengths(plan: Plan) -> list[int]:
    """Comments of each thread: the plan's own, then many short ones and few long ones, as on any newspaper's site."""
    rng = random.Random(plan.seed)
    found, left = list(plan.threads), plan.comments - sum(plan.threads)
    while left > 0:
        length = min(left, LONGEST_ORDINARY, int(8 * rng.paretovariate(1.1)))
        found.append(length)
        left -= length
    return found


def analyse() -> None:
    """What autovacuum does by and by; SQLite's planner needs no figures for our queries."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.in_atomic_block else "VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=1000)
    parser.add_argument("--threads", default="15,200", help="lengths of threads that must be there")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=0, help="how many members are signed in")
    parser.add_argument("--per-page", type=int, default=50, help="comments on a page")
    options = parser.parse_args()

    from kakehashi.server.cli.django_ready import load_django

    load_django()
    from django.utils import timezone

    plan = Plan(
        comments=options.comments,
        threads=[int(length) for length in options.threads.split(",")],
        members=options.members,
        sessions=options.sessions,
        per_page=options.per_page,
    )
    filled = fill(plan, now=timezone.now(), say=lambda step: print(f"  {step} …", file=sys.stderr, flush=True))
    print(json.dumps(dataclasses.asdict(filled)))


if __name__ == "__main__":
    main()
