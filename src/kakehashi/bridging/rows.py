"""Votes grouped by one of their two sides: what every sum over a voter's or an item's votes runs on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The two low bits hold twice the rate (0, 1 or 2 for down, neither and up), the others the index of the other side.
RATE_BITS = 2
LARGEST_INDEX = (1 << 30) - 1


@dataclass(frozen=True)
class Rows:
    """Row r holds the votes `packed[start[r]:start[r + 1]]`, each four bytes: index of the other side << 2 | twice the rate."""

    start: Ints
    packed: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def counts(self) -> Ints:
        counts: Ints = np.diff(self.start)
        return counts

    @property
    def column(self) -> NDArray[np.int32]:
        """Index of the other side, for each vote."""
        return (self.packed >> np.uint32(RATE_BITS)).astype(np.int32)

    @property
    def halves(self) -> NDArray[np.uint8]:
        """Twice the rate, for each vote: 0 down, 1 neither, 2 up."""
        return (self.packed & 3).astype(np.uint8)

    @property
    def row(self) -> NDArray[np.int32]:
        """Index of the own side, for each vote."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.counts)

    def totals(self, values: NDArray[np.generic]) -> Floats:
        """Sum of `values` (one for each vote) in each row."""
        if len(values) == 0:
            return np.zeros(len(self))
        # A sum from 0 on is the only one that empty rows do not disturb, and it is exact for the halves counted here.
        running = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        totals: Floats = running[self.start[1:]] - running[self.start[:-1]]
        return totals


def stable_order(key: NDArray[np.integer], n_keys: int) -> NDArray[np.integer]:
    """Places of `key` by its value, equal values in their old order: a counting sort, linear in time."""
    count = len(key)
    each_its_row = scipy.sparse.csr_array(
        (np.ones(count, np.int8), key.astype(np.int32, copy=False), np.arange(count + 1)), shape=(count, n_keys)
    )
    order: NDArray[np.integer] = each_its_row.tocsc().indices
    return order


def grouped(row: NDArray[np.integer], column: NDArray[np.integer], halves: NDArray[np.uint8], n_rows: int) -> Rows:
    """`Rows` of votes that already stand in the order of their rows."""
    start = np.zeros(n_rows + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=n_rows), out=start[1:])
    packed = (column.astype(np.uint32) << np.uint32(RATE_BITS)) | halves.astype(np.uint32)
    return Rows(start, packed)
