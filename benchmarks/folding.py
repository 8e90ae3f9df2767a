"""What the ranking costs a site: reading a million votes and ten, runs, and how long after a click its comment has moved.

    python -m benchmarks.folding [--votes 1000000,10000000] [--databases sqlite,postgresql] [--rate 1000] [--seconds 60]

Everything is made in temporary directories and gone afterwards. Clicks are measured on the first size, beside one
`kakehashi worker`, while votes arrive at the given rate, cast as the site casts them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from typing import Any

from tests.processes import stop

from benchmarks import places
from benchmarks.places import ROOT, BenchSite

WORKER_STARTS = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--votes", default="1000000,10000000", help="stored, smallest first")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument(
        "--rate", type=int, default=1000, help="votes a second while clicks are measured; 0: not measured"
    )
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    sizes = [int(size) for size in options.votes.split(",")]
    for database in options.databases.split(","):
        for number, size in enumerate(sizes):
            with contextlib.ExitStack() as stack:
                cluster = stack.enter_context(places.durable_cluster(0)) if database == "postgresql" else ""
                site = stack.enter_context(places.postgresql_site(cluster) if cluster else places.sqlite_site())
                measure(site, size)
                if options.rate and number == 0:
                    clicks(site, options.rate, options.seconds)


def measure(site: BenchSite, votes: int) -> None:
    kind = "PostgreSQL" if site.database_url else "SQLite"
    filled = ask(site, "fill", "--votes", str(votes))
    print(
        f"{kind}: {filled['votes']:,} votes of {filled['members']:,} members on {filled['comments']:,} comments "
        f"(made in {filled['seconds']:.0f} s)",
        flush=True,
    )
    steps = ask(site, "steps")
    print(
        f"  votes as arrays: {steps['read']:.2f} s ({steps['read_cpu']:.2f} s of processor), {steps['read_mb']:.0f} MB"
    )
    for name in ("first", "cold", "warm"):
        run = steps[name]
        print(
            f"  {name} run: {run['took']:.1f} s ({run['cpu']:.1f} s of processor), {run['moved']:,} comments moved, "
            f"{run['camps']} camps, log-loss {run['log_loss']:.4f} on {run['held_out']:,} held-out votes, {run['state']}"
        )
    print(
        f"  the process held {steps['peak_mb']:.0f} MB at most; the model takes {steps['stored_mb']:.1f} MB", flush=True
    )


def clicks(site: BenchSite, rate: int, seconds: float) -> None:
    worker = site.start("worker", log=site.data / "worker.log")
    try:
        time.sleep(WORKER_STARTS)
        told = ask(site, "clicks", "--rate", str(rate), "--seconds", str(seconds))
    finally:
        stop(worker)
    print(
        f"  from a click to its comment's new place, {told['arrived_per_second']:.0f} votes a second arriving: median "
        f"{told['median']:.2f} s, p99 {told['p99']:.2f} s, longest {told['longest']:.2f} s of {told['probes']} clicks",
        flush=True,
    )


def ask(site: BenchSite, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.folding_rows", *arguments]
    done = subprocess.run(command, env=site.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
