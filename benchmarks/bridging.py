"""`make bench-bridging`: speed and memory from votes to scores, beside others and against our goals.

    python -m benchmarks.bridging [--only NAME …] [--largest 50000000] [--markdown FILE]

Each measurement has a process of its own. Votes are invented, and kept in .tools/ for the next time, as is red-dwarf.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation import conversations
from benchmarks.ranking import red_dwarf, stored
from benchmarks.report import Goal, Report, milliseconds, size

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".tools" / "bench-bridging"
ENGINES = ("numba", "numpy")
GiB = 1024**3


class Bench:
    """What the groups of rows share."""

    def __init__(self, report: Report, largest: int) -> None:
        self.report = report
        self.sizes = [votes for votes in stored.SIZES if votes <= largest]
        self.found: dict[tuple[str, int, str], dict[str, Any]] = {}

    def measured(self, name: str, votes: int, engine: str) -> dict[str, Any]:
        """The facts of one measurement; asked again, those of the first time."""
        key = (name, votes, engine)
        if key not in self.found:
            self.found[key] = measure(name, stored.make(CACHE, votes), engine)
        return self.found[key]


def measure(name: str, folder: Path, engine: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ranking.measuring", name, str(folder), engine]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def scale(bench: Bench) -> None:
    for votes in bench.sizes:
        for engine in ENGINES if votes <= 10_000_000 else ENGINES[:1]:
            _scaled(bench, votes, engine)
        if votes <= 10_000_000:
            ratio = bench.measured("scores", votes, "numpy")["cpu"] / bench.measured("scores", votes, "numba")["cpu"]
            bench.report.add("  NumPy : Numba", f"{ratio:.1f} ×", ratio="of processor time")


def _scaled(bench: Bench, votes: int, engine: str) -> None:
    facts = bench.measured("scores", votes, engine)
    is_whole = (votes, engine) == (100_000_000, "numba")
    said = f"{taken(facts['cpu'])} of processors, {facts['sweeps']} sweeps"
    goal = Goal("≤ 25 s", most=25) if is_whole else None
    bench.report.add(
        f"{votes:,} votes, {engine}", taken(facts["seconds"]), ratio=said, goal=goal, value=facts["seconds"]
    )
    goal = Goal("≤ 1.5 GiB", most=1.5 * GiB) if is_whole else None
    said = f"{facts['memory'] / votes:.0f} bytes a vote"
    bench.report.add("  memory beyond the arrays", size(facts["memory"]), ratio=said, goal=goal, value=facts["memory"])


def warm(bench: Bench) -> None:
    for votes in bench.sizes[1:]:
        facts = bench.measured("refit", votes, "numba")
        ratio = f"{facts['cold_cpu'] / facts['cpu']:.1f} × less work than cold, {facts['sweeps']} sweeps"
        goal = Goal("≤ 5 s", most=5) if votes == 100_000_000 else None
        name = f"{votes:,} votes, 1 % of them new"
        bench.report.add(name, taken(facts["seconds"]), ratio=ratio, goal=goal, value=facts["seconds"])
        moved = f"no score differs by more than {facts['moved']:.4f}"
        bench.report.add("  Spearman with the cold fit", f"{facts['agreement']:.5f}", ratio=moved)


def state(bench: Bench) -> None:
    for votes in bench.sizes:
        facts = bench.measured("scores", votes, "numba")
        each = facts["state"] / (facts["voters"] + facts["scores"])
        ratio = f"{each:.0f} bytes for each of {facts['voters']:,} voters and {facts['scores']:,} items"
        bench.report.add(f"{votes:,} votes", size(facts["state"]), ratio=ratio)


def one_vote(bench: Bench) -> None:
    for votes in bench.sizes[:2]:
        for engine in ENGINES:
            followed = bench.measured("one-vote", votes, engine)["followed"]
            goal = Goal("≤ 10 µs", most=10e-6) if engine == "numba" else None
            name = f"{votes:,} votes, {engine}: score that follows each vote"
            bench.report.add(name, microseconds(followed), goal=goal, value=followed)
        facts = bench.measured("one-vote", votes, "numpy")
        name = f"{votes:,} votes: score of one item from its votes"
        bench.report.add(
            name, microseconds(facts["alone"]), ratio=f"slowest of 200: {microseconds(facts['alone_most'])}"
        )
        bench.report.add("  partial_fit of one vote, all scores", milliseconds(facts["added"] * 1000))


def community_notes(bench: Bench) -> None:
    for votes in [votes for votes in bench.sizes if votes <= 1_000_000]:
        for engine in ENGINES:
            facts = bench.measured("community-notes", votes, engine)
            loss = f"loss {facts['our_loss']:.6f} : {facts['adam_loss']:.6f}"
            goal = Goal("≥ 100 ×", least=100) if engine == "numba" else Goal("≥ 8 ×", least=8)
            _against(bench, f"{votes:,} votes, {engine}: its objective", facts, ("ours", "adam"), goal, loss)
            agreement = facts["agreement"]
            goal = Goal("≥ 0.999", least=0.999)
            bench.report.add("  Spearman of the intercepts", f"{agreement:.5f}", goal=goal, value=agreement)
            _against(bench, "  our own ranking : Adam", facts, ("scores", "adam"), None, "")


def _against(
    bench: Bench, name: str, facts: dict[str, Any], sides: tuple[str, str], goal: Goal | None, more: str
) -> None:
    """A row of ours against theirs: by the clock, and beside it by processor time, which a busy machine does not change."""
    ours, theirs = sides
    clock, work = facts[theirs] / facts[ours], facts[f"{theirs}_cpu"] / facts[f"{ours}_cpu"]
    said = f"{clock:.0f} × by the clock, {work:.0f} × in work{', ' + more if more else ''}"
    bench.report.add(name, f"{taken(facts[ours])} : {taken(facts[theirs])}", ratio=said, goal=goal, value=clock)


def polis(bench: Bench) -> None:
    try:
        python = red_dwarf.install(CACHE)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or str(error)).strip().splitlines()[-1]
        bench.report.note(f"red-dwarf {red_dwarf.VERSION} could not be installed, so nothing is said of it: {last}")
        return
    folders = {name: _conversation(name) for name in conversations.names()}
    folders["invented"] = stored.make(CACHE, 100_000)
    for name, folder in folders.items():
        theirs, ours = red_dwarf.measure(python, folder), measure("scores", folder, "auto")
        facts = {
            **{"ours": ours["seconds"], "ours_cpu": ours["cpu"]},
            **{"theirs": theirs["seconds"], "theirs_cpu": theirs["cpu"]},
        }
        votes = len(np.load(folder / "value.npy", mmap_mode="r"))
        memory = f"memory {size(ours['memory'])} : {size(theirs['memory'])}"
        goal = Goal("≥ 100 ×", least=100) if name == "invented" else None
        _against(bench, f"{name}, {votes:,} votes", facts, ("ours", "theirs"), goal, memory)


def _conversation(name: str) -> Path:
    folder = CACHE / name
    if not folder.is_dir():
        votes = conversations.read(name)
        columns = (votes.voter.astype(np.int32), votes.item.astype(np.int32), votes.value)
        stored.save(folder, stored.Stored(*columns))
    return folder


def taken(value: float) -> str:
    return f"{value:.1f} s" if value >= 1 else milliseconds(value * 1000)


def microseconds(value: float) -> str:
    return f"{value * 1e6:,.0f} µs"


GROUPS: dict[str, tuple[str, Callable[[Bench], None]]] = {
    "scale": ("From arrays of votes to scores, cold", scale),
    "warm": ("Fitted again after 1 % new votes", warm),
    "one-vote": ("One vote more, voters frozen", one_vote),
    "state": ("A saved model", state),
    "community-notes": ("Ours : Community Notes' way (full-batch Adam, NumPy)", community_notes),
    "polis": (f"Ours : red-dwarf {red_dwarf.VERSION}, Polis' algorithm", polis),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=GROUPS, default=list(GROUPS), help="these groups of rows")
    parser.add_argument(
        "--largest",
        type=int,
        default=50_000_000,
        choices=stored.SIZES,
        help="votes, up to 100000000 (default 50000000)",
    )
    parser.add_argument("--markdown", type=Path, help="put the table into this file, too")
    options = parser.parse_args()
    begin = time.monotonic()
    report = Report("`make bench-bridging`", say=lambda line: print(line, flush=True))
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if load > cores / 2:
        report.note(
            f"Others keep this machine busy (load {load:.0f} on {cores} cores): trust work more than the clock."
        )
    bench = Bench(report, options.largest)
    for name in options.only:
        title, group = GROUPS[name]
        report.begin(title)
        group(bench)
    print(f"\n{len(report.missed)} goals missed; measured in {time.monotonic() - begin:.0f} s")
    if options.markdown:
        report.write(options.markdown, "bench-bridging")


if __name__ == "__main__":
    main()
