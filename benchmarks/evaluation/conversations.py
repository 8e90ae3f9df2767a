"""Votes as the evaluation cuts them, and the conversations whose votes are public."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.synthetic import Discussion

FOLDER = Path(__file__).parents[1] / "data" / "polis"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Ballots:
    """Votes (n,) of voters on items, both counted from 0; `value` is +1 or -1, `time` grows. At most one for each pair."""

    voter: NDArray[np.int64]
    item: NDArray[np.int64]
    value: NDArray[np.int8]
    time: NDArray[np.int64]
    voters: int
    items: int

    def where(self, mask: Mask) -> Ballots:
        return Ballots(self.voter[mask], self.item[mask], self.value[mask], self.time[mask], self.voters, self.items)

    def with_others(self, voter: NDArray[np.int64], item: NDArray[np.int64], value: NDArray[np.int8]) -> Ballots:
        """These votes, then others' later ones."""
        count = len(self.value) + len(value)
        return Ballots(
            np.concatenate([self.voter, voter]),
            np.concatenate([self.item, item]),
            np.concatenate([self.value, value]),
            np.arange(count),
            max(self.voters, int(voter.max()) + 1),
            self.items,
        )


def of_discussion(made: Discussion) -> Ballots:
    voter, item = made.voter.astype(np.int64), made.item.astype(np.int64)
    return Ballots(voter, item, made.value, np.arange(len(voter)), len(made.camp), len(made.approval))


def names(folder: Path = FOLDER) -> list[str]:
    return sorted(file.name.removesuffix(".csv.gz") for file in folder.glob("*.csv.gz"))


def read(name: str, folder: Path = FOLDER) -> Ballots:
    """A conversation without its passes."""
    with gzip.open(folder / f"{name}.csv.gz", "rt", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        table = np.array([[int(cell) for cell in row[:4]] for row in rows])
    table = table[table[:, 2] != 0]
    voters, voter = np.unique(table[:, 0], return_inverse=True)
    items, item = np.unique(table[:, 1], return_inverse=True)
    return Ballots(voter, item, table[:, 2].astype(np.int8), table[:, 3], len(voters), len(items))
