"""Votes with the leniency of their voters: sums for items, and what items say about voters. NumPy only."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from kakehashi.bridging.grid import LOG_VOTE, SUMS, likelihood, times
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Rows

# So many items are held on the grid at once.
CHUNK = 10_000


class Ballots:
    """Votes by voter and by item; `level` (R,) is the class of leniency of each row of `by_voter`."""

    def __init__(self, by_voter: Rows, by_item: Rows, level: NDArray[np.int8]) -> None:
        self.by_voter, self.by_item, self.level = by_voter, by_item, level

    def item_sums(self, weight: Floats) -> Floats:
        """Weighted up- and down-votes of each class of leniency (M, K, SUMS), votes weighing `weight` (R, K) of their voter."""
        sums = (self._to_items @ weight).reshape(len(self.by_item), SUMS, weight.shape[1])
        return np.ascontiguousarray(sums.transpose(0, 2, 1))

    def voter_sums(self, table: NDArray[np.floating]) -> Floats:
        """For each voter (R, K), the sum over the votes of what `table` (M, SUMS, K) has for such a vote on the item."""
        return np.asarray(self._to_voters @ table.reshape(-1, table.shape[2]).astype(np.float64))

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
    def _to_voters(self) -> Any:
        """How often each voter gave each kind of vote on each item (R, M * SUMS)."""
        rows, halves = self.by_voter, self.by_voter.halves
        kind = rows.column * np.int64(SUMS) + 2 * self.level[rows.row] + (halves == 0)
        # A vote of neither-nor is half an up-vote and half a down-vote.
        neither = halves == 1
        entries = 1 + neither
        first = np.concatenate([[0], np.cumsum(entries)])
        kind = np.repeat(kind, entries)
        kind[first[:-1][neither] + 1] += 1
        counts = np.repeat(np.where(neither, 0.5, 1.0), entries)
        shape = (len(rows), len(self.by_item) * SUMS)
        return scipy.sparse.csr_array((counts, kind, first[rows.start]), shape=shape)

    @cached_property
    def _to_items(self) -> Any:
        return self._to_voters.T.tocsr()
