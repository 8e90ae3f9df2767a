"""Rankings that count votes and do not ask who gave them: what ours has to be compared with."""

from __future__ import annotations

import numpy as np

from kakehashi.bridging.ranker import CountingRanker
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.votes import Votes


def ups_and_all(votes: Votes) -> tuple[Floats, Floats]:
    """Up-votes (neither-nor is half a one) and all votes of each item."""
    return votes.by_item.totals(votes.by_item.halves) / 2.0, votes.by_item.counts.astype(np.float64)


def lower_bound(ups: Floats, all_votes: Floats, z: float) -> Floats:
    """Wilson's lower bound of the share of `ups` in `all_votes`, both > 0."""
    share, z2 = ups / all_votes, z * z
    root = z * np.sqrt(share * (1.0 - share) / all_votes + z2 / (4.0 * all_votes**2))
    bound: Floats = (share + z2 / (2.0 * all_votes) - root) / (1.0 + z2 / all_votes)
    return bound


class NetRanker(CountingRanker):
    """Up-votes minus down-votes."""

    def scored(self, votes: Votes) -> Floats:
        ups, count = ups_and_all(votes)
        return 2.0 * ups - count


class WilsonRanker(CountingRanker):
    """Wilson's lower bound (1927) of approval at `z` standard deviations; 1.96 is 95 % between both bounds."""

    def __init__(self, *, z: float = 1.959964) -> None:
        self.z = z

    def scored(self, votes: Votes) -> Floats:
        return lower_bound(*ups_and_all(votes), self.z)


class RedditBestRanker(WilsonRanker):
    """The order "best" of Reddit's published code (2009): Wilson's lower bound at 80 % confidence."""

    def __init__(self, *, z: float = 1.281551565545) -> None:
        super().__init__(z=z)


class ShrunkMeanRanker(CountingRanker):
    """Approval drawn to the mean of all items as far as few votes say little: the best score that is blind to camps.

    Empirical Bayes with a beta prior, its strength by moments; `weakest` and `strongest` bound it (in votes).
    """

    def __init__(self, *, weakest: float = 0.5, strongest: float = 50.0) -> None:
        self.weakest, self.strongest = weakest, strongest

    def scored(self, votes: Votes) -> Floats:
        ups, count = ups_and_all(votes)
        mean = float(ups.sum() / count.sum())
        strength = self._strength(ups, count, mean)
        self.prior_score_ = mean
        score: Floats = (ups + strength * mean) / (count + strength)
        return score

    def _strength(self, ups: Floats, count: Floats, mean: float) -> float:
        """Votes that the prior is worth. E[variance] = mean (1 - mean) (rho + (1 - rho) items / votes)."""
        variance = float((count * (ups / count - mean) ** 2).sum() / count.sum())
        by_chance = len(count) / float(count.sum())
        seen = variance / max(mean * (1.0 - mean), 1e-9)
        rho = min(max((seen - by_chance) / max(1.0 - by_chance, 1e-9), 1e-3), 0.95)
        return min(max(1.0 / rho - 1.0, self.weakest), self.strongest)
