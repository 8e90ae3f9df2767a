"""Votes with the leniency of their voters: sums for items, and what items say about voters. NumPy only."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.grid import LOG_VOTE, SUMS, likelihood, times
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Ints, Rows

# So many items are held on the grid at once.
CHUNK = 10_000


class Ballots:
    """Votes by voter and by item; `level` (R,) is the class of leniency of each row of `by_voter`."""

    def __init__(self, by_voter: Rows, by_item: Rows, level: NDArray[np.int8]) -> None:
        self.by_voter, self.by_item, self.level = by_voter, by_item, level

    def item_sums(self, weight: Floats) -> Floats:
        """Weighted up- and down-votes of each class of leniency (M, K, SUMS), votes weighing `weight` (R, K) of their voter."""
        place, up, voter = self._by_item
        size = len(self.by_item) * SUMS
        camps = []
        for each in weight.T:
            whole = each[voter]
            sums = np.bincount(place, whole * up, size)
            sums = sums + np.bincount(place + 1, whole * (1.0 - up), size + 1)[:size]
            camps.append(sums.reshape(len(self.by_item), SUMS).astype(np.float64, copy=False))
        return np.stack(camps, axis=1)

    def voter_sums(self, table: NDArray[np.floating]) -> Floats:
        """For each voter (R, K), the sum over the votes of what `table` (M, SUMS, K) has for such a vote on the item."""
        place, up, voter = self._by_voter
        flat = table.reshape(-1, table.shape[2])
        out = np.empty((len(self.by_voter), table.shape[2]))
        for k in range(table.shape[2]):
            column = flat[:, k]
            out[:, k] = np.bincount(voter, up * column[place] + (1.0 - up) * column[place + 1], len(self.by_voter))
        return out

    def tables(self, sums: Floats, prior: Prior) -> tuple[NDArray[np.float32], float]:
        """Expected log-likelihood of each kind of vote in each camp (M, SUMS, K), and the log evidence of all items."""
        votes = np.ascontiguousarray(LOG_VOTE.T)
        table = np.empty((len(sums), SUMS, sums.shape[1]), np.float32)
        evidence = 0.0
        for at in range(0, len(sums), CHUNK):
            part = slice(at, at + CHUNK)
            seen, tops = zip(*(likelihood(sums[part, g]) for g in range(sums.shape[1])), strict=True)
            post, _, found = prior.posterior(seen)
            evidence += float(np.log(found).sum() + np.sum(tops))
            for g, one in enumerate(post):
                table[part, :, g] = times(one, votes)
        return table, evidence

    @cached_property
    def _by_item(self) -> tuple[Ints, Floats, Ints]:
        voter = self.by_item.column.astype(np.int64)
        return self.by_item.row * np.int64(SUMS) + 2 * self.level[voter], _rates(self.by_item), voter

    @cached_property
    def _by_voter(self) -> tuple[Ints, Floats, Ints]:
        voter = self.by_voter.row.astype(np.int64)
        return self.by_voter.column * np.int64(SUMS) + 2 * self.level[voter], _rates(self.by_voter), voter


def _rates(rows: Rows) -> Floats:
    return np.asarray(rows.halves * 0.5, np.float64)
