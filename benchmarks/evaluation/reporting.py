"""Tables of an evaluation: means over data sets and seeds, and ours against each other ranker, paired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from benchmarks.tables import Table
from kakehashi.bridging.metrics import compare

Row = dict[str, Any]
OURS = "bridging"
FIGURES = {"spearman": "Spearman", "ndcg10": "NDCG@10", "p10": "precision@10", "lift10": "lift@10"}
COMPARED = ("spearman", "ndcg10", "lift10")


def report(rows: list[Row], before: Iterable[Row] = ()) -> list[Table]:
    """All tables for which there are rows; rows of an earlier run count in comparisons only."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        parts[row["part"]].append(row)
    makers: dict[str, Callable[[list[Row]], Iterable[Table]]] = {
        "real": lambda some: [*_real(some), *_compared([*some, *(row for row in before if row["part"] == "real")])],
        "synthetic": _synthetic,
        "attacks": _attacks,
        "monotone": _monotone,
    }
    return [table for part, make in makers.items() if parts[part] for table in make(parts[part])]


def _real(rows: list[Row]) -> Iterator[Table]:
    for judge in _kinds(rows, "judge"):
        mine = [row for row in rows if row["judge"] == judge]
        sets = len(_kinds(mine, "data"))
        title = f"Real votes, judge {judge}: means over {sets} conversations and {len(_kinds(mine, 'seed'))} splits"
        table = Table(title, ("votes seen", "ranker", *FIGURES.values()), names=2)
        for keep in _kinds(mine, "keep"):
            seen = "ceiling" if keep is None else f"{keep:.0%}"
            _add_means(table, [row for row in mine if row["keep"] == keep], seen)
        yield table


def _synthetic(rows: list[Row]) -> Iterator[Table]:
    table = Table("Invented votes, judged by the truth", ("discussion", "ranker", *FIGURES.values()), names=2)
    for name in _kinds(rows, "data"):
        _add_means(table, [row for row in rows if row["data"] == name], name)
    yield table


def _add_means(table: Table, rows: list[Row], name: str) -> None:
    """A line for each ranker, the best Spearman first."""
    means = {ranker: _means(mine, FIGURES) for ranker, mine in _by(rows, "ranker").items()}
    for ranker, mean in sorted(means.items(), key=lambda one: -one[1][0]):
        table.add(name, ranker, *mean)


def _attacks(rows: list[Row]) -> Iterator[Table]:
    columns = ("attack", "accounts", "ranker", "rank before", "rank after", "moved", "moved most", "true rank")
    table = Table("Rank (0 last, 1 first) of an item that accounts push up or down", columns, names=3)
    for kind in _kinds(rows, "kind"):
        for accounts in _kinds(rows, "accounts"):
            some = [row for row in rows if (row["kind"], row["accounts"]) == (kind, accounts)]
            for ranker, mine in _by(some, "ranker").items():
                *means, true = _means(mine, ("before", "after", "move", "true"))
                table.add(kind, accounts, ranker, *means, max(row["most"] for row in mine), true)
    yield table


def _monotone(rows: list[Row]) -> Iterator[Table]:
    columns = ("ranker", "wrong way", "of", "worst, in standard deviations")
    table = Table("Votes that move their item the wrong way, all fitted anew", columns)
    for ranker, mine in _by(rows, "ranker").items():
        table.add(ranker, *(sum(row[name] for row in mine) for name in ("wrong", "trials")), _worst(mine))
    yield table


def _worst(rows: list[Row]) -> float:
    return float(max(row["worst"] for row in rows))


def _compared(rows: list[Row]) -> Iterator[Table]:
    """Ours less each other one on the same splits: mean over conversations, with a bootstrap over them."""
    others = [ranker for ranker in _kinds(rows, "ranker") if ranker not in {OURS, "ceiling"}]
    if not others or OURS not in _kinds(rows, "ranker"):
        return
    columns = ("judge", "votes seen", "other", *(f"{FIGURES[name]}, 95 % of means, better" for name in COMPARED))
    table = Table(f"{OURS} less the other, paired by conversation and split", columns, names=3)
    for judge in _kinds(rows, "judge"):
        for keep in (keep for keep in _kinds(rows, "keep") if keep is not None):
            some = [row for row in rows if (row["judge"], row["keep"]) == (judge, keep)]
            for other in others:
                table.add(judge, f"{keep:.0%}", other, *(_difference(some, other, name) for name in COMPARED))
    yield table


def _difference(rows: list[Row], other: str, figure: str) -> str:
    sides = []
    for ranker in (OURS, other):
        by_set = _by([row for row in rows if row["ranker"] == ranker and figure in row], "data")
        sides.append({name: {row["seed"]: row[figure] for row in mine} for name, mine in by_set.items()})
    ours, theirs = sides
    both = {name: sorted(set(ours[name]) & set(theirs[name])) for name in ours if name in theirs}
    if not any(both.values()):
        return ""
    pairs = [{name: [side[name][seed] for seed in seeds] for name, seeds in both.items() if seeds} for side in sides]
    found = compare(*pairs)
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}] {found.better}/{found.sets}"


def _means(rows: list[Row], names: Iterable[str]) -> list[float]:
    return [float(np.mean([row[name] for row in rows if name in row])) for name in names]


def _by(rows: list[Row], name: str) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _kinds(rows: list[Row], name: str) -> list[Any]:
    """The different values in the order in which they came."""
    return list(dict.fromkeys(row[name] for row in rows))
