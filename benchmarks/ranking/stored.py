"""Invented votes of the sizes that are measured, kept between runs as plain arrays."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.synthetic import generate

# votes -> (voters, items)
SIZES = {
    100_000: (6_000, 3_000),
    1_000_000: (50_000, 20_000),
    10_000_000: (400_000, 150_000),
    50_000_000: (2_000_000, 600_000),
    100_000_000: (4_000_000, 1_000_000),
}


@dataclass(frozen=True)
class Stored:
    """Columns of votes; 9 bytes a vote."""

    voter: NDArray[np.int32]
    item: NDArray[np.int32]
    value: NDArray[np.int8]

    def __getitem__(self, some: slice) -> Stored:
        return Stored(self.voter[some], self.item[some], self.value[some])

    def __len__(self) -> int:
        return len(self.value)


def folder_of(cache: Path, votes: int) -> Path:
    return cache / f"votes-{votes}"


def make(cache: Path, votes: int) -> Path:
    """The folder with so many votes; made where it is not there yet."""
    folder = folder_of(cache, votes)
    if folder.is_dir():
        return folder
    made = generate(votes, *SIZES[votes], shares=(0.6, 0.4), leaning=0.7, seed=1)
    return save(folder, Stored(made.voter, made.item, made.value))


def save(folder: Path, votes: Stored) -> Path:
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    beside.mkdir(parents=True)
    for name, column in (("voter", votes.voter), ("item", votes.item), ("value", votes.value)):
        np.save(beside / f"{name}.npy", column)
    beside.rename(folder)
    return folder


def load(folder: Path) -> Stored:
    return Stored(*(np.load(folder / f"{name}.npy") for name in ("voter", "item", "value")))
