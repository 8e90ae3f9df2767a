"""`make bench-growth`: the same pages and writes with a thousand, 100,000 and a million comments stored.

    python -m benchmarks.growth [--sizes 1000,100000,1000000] [--databases sqlite,postgresql] [--seconds 1]

All sites of one database run side by side and are asked in turn, each by three windows, so that noise hits all of them;
only one is asked at a time. Then every query of every page is explained on the largest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import load, places, tools, writing
from benchmarks.bench import GZIP, READERS, WINDOWS, Bench, middle
from benchmarks.load import Measured
from benchmarks.places import BenchSite
from benchmarks.report import Goal, Report, rate

SIZES = (1000, 100_000, 1_000_000)
SESSIONS = 6000
ORDINARY = 200
PER_PAGE = 50
LONGEST = 10_000
# Of the longest thread; its middle in the usual order only, for each row takes eleven seconds.
PARTS = {"first": 0.0, "middle": 0.5, "last": 1.0}
FLAT_GROWTH = Goal("≥ 0.90 × the first", least=0.90)

Measure = Callable[[Bench], Measured]


def longest(comments: int) -> int:
    """The length of the site's longest thread."""
    return min(LONGEST, comments // 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="comments stored, smallest first")
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--seconds", type=float, default=1, help="of each of a row's three windows (default 1)")
    parser.add_argument("--markdown", type=Path, help="put the tables into this file, too")
    options = parser.parse_args()
    if tools.missing():
        sys.exit("Measuring needs " + ", ".join(tools.missing()) + ": run `make bench-tools`.")
    sizes = [int(size) for size in options.sizes.split(",")]
    begin = time.monotonic()
    report = Report("`make bench-growth`", say=lambda line: print(line, flush=True))
    server_core, load_core = tools.cores()
    os.sched_setaffinity(0, {load_core})
    found = 0
    for database in options.databases.split(","):
        with contextlib.ExitStack() as stack:
            cluster = stack.enter_context(places.durable_cluster(server_core)) if database == "postgresql" else ""
            report.begin({"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database] + ": " + _list(sizes))
            benches = [
                Bench(stack.enter_context(grown(size, cluster, report)), report, options.seconds) for size in sizes
            ]
            measure(report, benches)
            found += plans(report, benches[-1])
    print(f"\n{len(report.missed)} goals missed; measured in {time.monotonic() - begin:.0f} s")
    if options.markdown:
        report.write(options.markdown, "bench-growth")
    if found:
        sys.exit(f"{found} queries read a growing table whole.")


def _list(sizes: list[int]) -> str:
    return ", ".join(f"{size:,}" for size in sizes) + " comments stored"


@contextlib.contextmanager
def grown(size: int, cluster: str, report: Report) -> Iterator[BenchSite]:
    """A site with so many comments, answering."""
    with places.postgresql_site(cluster) if cluster else places.sqlite_site() as site:
        threads = f"15,{ORDINARY},{longest(size)}"
        members = max(SESSIONS, size // 20)
        site.fill(
            *("--comments", str(size), "--threads", threads, "--members", str(members)),
            *("--sessions", str(SESSIONS), "--per-page", str(PER_PAGE)),
        )
        filled = site.filled
        report.note(f"{size:,} comments and {filled['votes']:,} votes were made in {filled['seconds']:.0f} s.")
        site.start_server(core=tools.cores()[0])
        yield site


def measure(report: Report, benches: list[Bench]) -> None:
    for name, ask in reading(benches).items():
        _row(report, name, benches, ask)
    writers = {id(bench): writing.Writers(bench, voted_on=ORDINARY) for bench in benches}
    before = {id(bench): writing.stored(bench) for bench in benches}
    for kind in ("post", "vote"):
        for clients in (1, 16):

            def ask(bench: Bench, kind: str = kind, clients: int = clients) -> Measured:
                return writers[id(bench)].window(kind, clients, (15,), {})

            _row(report, f"{kind}, {clients} client{'s' if clients > 1 else ''}", benches, ask)
    for bench in benches:
        writing.count(bench, writers[id(bench)], before[id(bench)])


def reading(benches: list[Bench]) -> dict[str, Measure]:
    """What is asked of each site: signed in, past the page cache, except where the name says otherwise."""
    member = urllib.parse.quote(benches[0].site.filled["member"])

    def of(path: Callable[[Bench], str], *, signed_in: bool = True) -> Measure:
        def ask(bench: Bench) -> Measured:
            address = path(bench)
            turns = [(address, bench.site.cookie(n)) for n in range(READERS if signed_in else 0)]
            return load.read(bench.site.address, address, seconds=bench.seconds, headers=GZIP, turns=turns)

        return ask

    rows = {
        f"thread of {ORDINARY}, without an account": of(lambda bench: bench.site.story(ORDINARY)[1], signed_in=False),
        f"thread of {ORDINARY}": of(lambda bench: bench.site.story(ORDINARY)[1]),
        "personal JSON": of(lambda bench: f"/story/{bench.site.story(ORDINARY)[0]}/mine.json"),
        "front page": of(lambda _: "/"),
        "section": of(lambda bench: bench.site.filled["section"]),
        "feed": of(lambda _: "/feed/"),
        "member page": of(lambda _: f"/member/{member}/"),
        "search": of(lambda bench: f"/search/?q={bench.site.filled['word']}"),
        "search by time": of(lambda bench: f"/search/?q={bench.site.filled['word']}&sort=newest"),
        "search for a common word": of(lambda bench: f"/search/?q={bench.site.filled['common']}"),
    }
    for order in ("oldest", "newest", "popular", "common-ground"):
        for layout in ("flat", "nested"):
            for part, share in PARTS.items():
                if part == "middle" and order != "oldest":
                    continue
                path = _part(order, layout, share)
                rows[f"longest thread, {order}, {layout}, {part} page"] = of(path)
    return rows


def _part(order: str, layout: str, share: float) -> Callable[[Bench], str]:
    """The page of the longest thread that lies at that share of its length."""

    def path(bench: Bench) -> str:
        length = max(int(number) for number in bench.site.filled["stories"])
        pages = -(-length // PER_PAGE)
        page = 1 + round(share * (pages - 1))
        return f"{bench.site.story(length)[1]}?order={order}&layout={layout}&page={page}"

    return path


def _row(report: Report, name: str, benches: list[Bench], ask: Measure) -> None:
    windows: list[list[Measured]] = [[] for _ in benches]
    for _ in range(WINDOWS):
        for mine, bench in zip(windows, benches, strict=True):
            mine.append(ask(bench))
    found = [middle(mine) for mine in windows]
    rates = [window.rate for window in found]
    ratios = [value / rates[0] if rates[0] else 0.0 for value in rates[1:]]
    said = ", ".join(f"{ratio:.2f}" for ratio in ratios) + " × the first"
    goal = FLAT_GROWTH if ratios else None
    report.add(name, " · ".join(rate(value) for value in rates), ratio=said, goal=goal, value=min(ratios, default=0.0))
    for window in found:
        if window.trouble:
            report.note(f"{name}: {window.trouble}")


def plans(report: Report, bench: Bench) -> int:
    """On the largest site, what the database says of every query of every page; how many it reads a table whole for."""
    site = bench.site
    site.stop_server()
    filled = json.dumps({**site.filled, "sessions": site.filled["sessions"][-3:]})
    command = [sys.executable, "-m", "benchmarks.plans", filled]
    done = subprocess.run(command, env=site.environment, cwd=places.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    scans = json.loads(done.stdout.splitlines()[-1])
    report.add("queries that read a growing table whole", f"{len(scans):,}", goal=Goal("0", most=0), value=len(scans))
    for scan in scans:
        report.note(scan.partition("\n")[0])
        print("   " + scan.partition("\n")[2])
    return len(scans)


if __name__ == "__main__":
    main()
