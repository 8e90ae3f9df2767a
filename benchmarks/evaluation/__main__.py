"""`make evaluate`: all rankers on real votes, invented ones and under attack.

    python -m benchmarks.evaluation [--only real …] [--seeds 3] [--rankers bridging …] [--markdown FILE]

A product that is not ours takes part by a command: --command 'theirs=their-tool {votes} {scores}'.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.progress import Progress

from benchmarks import tables
from benchmarks.evaluation import attacks, conversations, reporting, synthetic_cases
from benchmarks.evaluation.judges import JUDGES
from benchmarks.evaluation.rankers import Rank, by_command, named
from benchmarks.evaluation.splits import Case, figures
from kakehashi.bridging import RANKERS

PARTS = ("real", "synthetic", "attacks", "monotone")
Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What to run; `rankers` are names, or “name=command”."""

    only: tuple[str, ...] = PARTS
    rankers: tuple[str, ...] = tuple(RANKERS)
    data: tuple[str, ...] = ()
    judges: tuple[str, ...] = tuple(JUDGES)
    keep: tuple[float, ...] = (1.0, 0.2, 0.05)
    seeds: int = 3
    jobs: int = 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument("--rankers", nargs="*", choices=RANKERS, default=list(RANKERS), help="these rankers of ours")
    parser.add_argument("--command", action="append", default=[], help="'name=command with {votes} and {scores}'")
    parser.add_argument("--data", nargs="*", default=(), help="these conversations or invented discussions")
    parser.add_argument("--judges", nargs="*", choices=JUDGES, default=list(JUDGES), help="these judges")
    parser.add_argument("--keep", nargs="*", type=float, default=[1.0, 0.2, 0.05], help="shares of votes a ranker sees")
    parser.add_argument("--seeds", type=int, default=3, help="how many splits and draws (default 3)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    parser.add_argument("--rows", type=Path, help="put every figure into this file, one JSON object a line")
    parser.add_argument("--before", type=Path, help="compare also with our rankers' figures in such a file")
    parser.add_argument("--markdown", type=Path, help="put the tables into this file, too")
    given = parser.parse_args()
    options = Options(
        *(tuple(given.only), (*given.rankers, *given.command), tuple(given.data), tuple(given.judges)),
        *(tuple(given.keep), given.seeds, given.jobs),
    )
    begin = time.monotonic()
    rows = list(run(options))
    if given.rows:
        given.rows.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = reporting.report(rows, before=_before(given.before))
    console = tables.console()
    for table in found:
        table.show(console)
    console.print(f"{len(rows)} rankings in {time.monotonic() - begin:.0f} s")
    if given.markdown:
        given.markdown.write_text(tables.markdown(found))


def run(options: Options) -> Iterator[Row]:
    """Every figure, in the same order however many processes there are."""
    work = list(_work(options))
    with Progress(transient=True) as bar:
        task = bar.add_task("Evaluating", total=len(work))
        for rows in _in_turn(work, options.jobs):
            yield from rows
            bar.advance(task)


def _in_turn(work: list[Callable[[], list[Row]]], jobs: int) -> Iterator[list[Row]]:
    if jobs == 1:
        yield from (one() for one in work)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_call, work)


def _call(one: Callable[[], list[Row]]) -> list[Row]:
    return one()


def _work(options: Options) -> Iterator[Callable[[], list[Row]]]:
    seeds = range(options.seeds)
    if "real" in options.only:
        for name in _chosen(conversations.names(), options.data):
            for judge in options.judges:
                yield from (partial(_real, name, judge, seed, options) for seed in seeds)
    if "synthetic" in options.only:
        for name in _chosen(synthetic_cases.CASES, options.data):
            yield from (partial(_invented, "synthetic", synthetic_cases.run, name, seed, options) for seed in seeds)
    if "attacks" in options.only:
        for kind in attacks.ATTACKS:
            yield from (partial(_invented, "attacks", attacks.run, kind, seed, options) for seed in seeds)
    if "monotone" in options.only:
        yield from (partial(_invented, "monotone", _monotone, "", seed, options) for seed in seeds)


def _chosen(names: Iterable[str], wanted: tuple[str, ...]) -> list[str]:
    return [name for name in names if not wanted or name in wanted]


def _rankers(options: Options) -> dict[str, Rank]:
    split = (name.partition("=") for name in options.rankers)
    return {name: by_command(command) if command else named(name) for name, _, command in split}


def _real(name: str, judge: str, seed: int, options: Options) -> list[Row]:
    case = Case(conversations.read(name), judge, seed)
    ceiling = case.ceiling()
    if ceiling is None or not case.is_enough:
        return []
    about = {"part": "real", "data": name, "judge": judge, "seed": seed}
    rows: list[Row] = [{**about, "keep": None, "ranker": "ceiling", **ceiling}]
    for keep in options.keep:
        seen = case.seen(keep)
        for ranker, rank in _rankers(options).items():
            rows.append({**about, "keep": keep, "ranker": ranker, **(figures(rank(seen), case.truth) or {})})
    return rows


def _invented(part: str, run_one: Callable[..., Iterator[Row]], name: str, seed: int, options: Options) -> list[Row]:
    return [{"part": part, **row} for row in run_one(name, seed, _rankers(options))]


def _monotone(_: str, seed: int, rankers: dict[str, Rank]) -> Iterator[Row]:
    return attacks.monotone(seed, rankers)


def _before(file: Path | None) -> list[Row]:
    """Rows of an earlier run, under other names."""
    if file is None:
        return []
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [{**row, "ranker": f"{row['ranker']} before"} for row in rows if row["ranker"] in RANKERS]


if __name__ == "__main__":
    main()
