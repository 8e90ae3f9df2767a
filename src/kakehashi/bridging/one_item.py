"""The score of a single item from its counts, with as little around the formula of `scoring` as can be."""

from __future__ import annotations

import numpy as np

from kakehashi.bridging.grid import APPROVAL, LOG_SMALLEST, LOG_VOTE, NEUTRAL, POINTS
from kakehashi.bridging.prior import NODES, WEIGHTS, Prior
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.scoring import at_or_above, pile_limit

# E[f] of a tail on the grid: the first approval and each step up to the next.
_STEPS = np.diff(APPROVAL, prepend=0.0)
_UP, _DOWN = LOG_VOTE[2 * NEUTRAL], LOG_VOTE[2 * NEUTRAL + 1]


class OneItem:
    """Scores by one prior. `sums` (M, K, SUMS) are weighted votes, `pile` (M, 2, K) the newcomers' ups and downs."""

    def __init__(self, prior: Prior, share: Floats) -> None:
        self._limit = pile_limit(share)
        self._above = np.stack([at_or_above(table).T for table in prior.conditional()])

    @classmethod
    def by(cls, numba: bool, prior: Prior, share: Floats) -> OneItem:
        if numba:
            from kakehashi.bridging.compiled_item import CompiledItem

            return CompiledItem(prior, share)
        return cls(prior, share)

    def changed(
        self, sums: Floats, pile: Floats, at: int, level: int, weight: Floats, rest: Floats, up: float, down: float
    ) -> float:
        """Add `up` and `down` of a voter with `weight` and `rest` (K,) to the item `at`; its score."""
        place = 2 * int(level)
        sums[at, :, place] += weight * up
        sums[at, :, place + 1] += weight * down
        pile[at, 0] += rest * up
        pile[at, 1] += rest * down
        return self.score(sums, pile, at)

    def score(self, sums: Floats, pile: Floats, at: int) -> float:
        """The score of the item `at`."""
        ups, downs = pile[at]
        taken = np.minimum(1.0, self._limit / np.maximum(ups + downs, 1e-12))
        logs = sums[at] @ LOG_VOTE
        logs += (taken * ups)[:, None] * _UP
        logs += (taken * downs)[:, None] * _DOWN
        logs -= logs.max(axis=1)[:, None]
        seen = np.exp(np.maximum(logs, LOG_SMALLEST))
        tails = (self._above @ seen[:, :, None]).prod(axis=0).reshape(len(NODES), len(POINTS))
        tail = WEIGHTS @ tails
        return float(tail @ _STEPS / tail[0])
