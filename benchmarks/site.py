"""`make bench`: what a site answers a second, beside nginx and against our goals.

    python -m benchmarks.site [--seconds 2] [--only NAME …] [--markdown FILE]

The server has one core and one process, the load another core; a row is the median of three windows, and where nginx is
compared, its windows alternate with ours. Everything is made in temporary directories and gone afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import listening, places, reading, tools, writing
from benchmarks.bench import LENGTHS, Bench
from benchmarks.places import BenchSite
from benchmarks.report import Report

MEMBERS = 16000
THREADS = (*LENGTHS, writing.MEETING, *writing.SPREAD)
GROUPS: dict[str, tuple[str, Callable[[Bench], None]]] = {
    "start": ("Start", reading.start),
    "weight": ("Weight of a page", reading.weight),
    "anonymous": ("Reading without an account, all comments on one page", reading.anonymous),
    "signed-in": ("Reading signed in", reading.signed_in),
    "personal": ("What is a reader's own", reading.personal),
    "pages": ("Other pages", reading.pages),
    "fresh": ("Freshness", reading.fresh),
    "memory": ("Memory", reading.memory),
    "live": ("Live", listening.live),
}
WRITES = {"sqlite": "Writing, SQLite, synchronous", "postgresql": "Writing, PostgreSQL, synchronous, on the same core"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2, help="of each of a row's three windows (default 2)")
    names = [*GROUPS, *WRITES]
    parser.add_argument("--only", action="append", choices=names, help="this group of rows; may be given again")
    parser.add_argument("--listeners", type=int, default=5000, help="readers who listen at once (default 5,000)")
    parser.add_argument("--markdown", type=Path, help="put the table into this file, too")
    options = parser.parse_args()
    if tools.missing():
        sys.exit("Measuring needs " + ", ".join(tools.missing()) + ": run `make bench-tools`.")
    wanted = options.only or names
    begin = time.monotonic()
    report = Report("`make bench`", say=lambda line: print(line, flush=True))
    server_core, load_core = tools.cores()
    if server_core == load_core:
        report.note("This machine has one core: server and load share it, and the figures say little.")
    listening.allow_files(options.listeners)
    run(wanted, report, options.seconds, options.listeners)
    print(f"\n{len(report.missed)} goals missed; measured in {time.monotonic() - begin:.0f} s")
    if options.markdown:
        report.write(options.markdown, "bench")


def run(wanted: list[str], report: Report, seconds: float, listeners: int) -> None:
    """The groups wanted, on as few sites as possible."""
    os.sched_setaffinity(0, {tools.cores()[1]})
    if set(wanted) & {*GROUPS, "sqlite"}:
        with places.sqlite_site() as site, served(site):
            bench = Bench(site, report, seconds, listeners)
            for name in (name for name in GROUPS if name in wanted):
                title, measure = GROUPS[name]
                report.begin(title)
                measure(bench)
            if "sqlite" in wanted:
                report.begin(WRITES["sqlite"])
                writing.disk(bench)
                writing.writing(bench, "SQLite")
    if "postgresql" in wanted:
        core = tools.cores()[0]
        with places.durable_cluster(core) as cluster, places.postgresql_site(cluster) as site, served(site):
            report.begin(WRITES["postgresql"])
            writing.writing(Bench(site, report, seconds), "PostgreSQL")


@contextlib.contextmanager
def served(site: BenchSite) -> Iterator[None]:
    """The site filled and answering."""
    threads = ",".join(str(length) for length in THREADS)
    total = str(sum(THREADS) + 2000)
    site.fill(
        *("--comments", total, "--threads", threads, "--members", str(MEMBERS), "--sessions", str(MEMBERS)),
        *("--per-page", "1000"),
    )
    site.start_server(core=tools.cores()[0])
    try:
        yield
    finally:
        site.stop_server()


if __name__ == "__main__":
    main()
