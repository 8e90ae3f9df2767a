"""One conversation cut by one seed: what a ranker sees, and the truth that it is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.conversations import Ballots, Mask
from benchmarks.evaluation.hashing import chance
from benchmarks.evaluation.judges import JUDGES, UNKNOWN, Labels, camps
from kakehashi.bridging import metrics

FOLDS = 5
FEWEST_IN_A_CAMP = 8
FEWEST_ITEMS = 25
K = 10
_HELD_OUT, _FOLD, _HALF, _KEPT = 1, 2, 3, 4
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A conversation, a judge and a seed."""

    votes: Ballots
    judge: str
    seed: int

    def seen(self, keep: float) -> Ballots:
        """The share `keep` of those votes that are not held out."""
        mask = ~self._is_held_out
        if keep < 1:
            mask = mask & (self._chance(_KEPT) < keep)
        return self.votes.where(mask)

    @cached_property
    def truth(self) -> Floats:
        """(items,) the smallest approval over camps, among held-out votes; NaN where a camp has too few."""
        return self._approval(self._is_held_out, FEWEST_IN_A_CAMP)

    @property
    def is_enough(self) -> bool:
        return int(np.isfinite(self.truth).sum()) >= FEWEST_ITEMS

    def ceiling(self) -> dict[str, float] | None:
        """What the truth itself would reach: measured on one half of the held-out votes, judged on the other."""
        half = self._chance(_HALF) < 0.5
        one, other = (self._approval(self._is_held_out & part, 1) for part in (half, ~half))
        both = np.isfinite(self.truth) & np.isfinite(one) & np.isfinite(other)
        return figures(np.where(both, one, np.nan), np.where(both, other, np.nan))

    @cached_property
    def _is_held_out(self) -> Mask:
        return self._chance(_HELD_OUT) < 0.5

    def _chance(self, purpose: int) -> Floats:
        return chance(self.seed, purpose, self.votes.voter, self.votes.item)

    @cached_property
    def _judged(self) -> list[tuple[Mask, Labels]]:
        """For each fold its items and the voters' camps, found without any vote on these items."""
        fold = (chance(self.seed, _FOLD, np.arange(self.votes.items), FOLDS) * FOLDS).astype(int)
        others = (self.votes.where(fold[self.votes.item] != k) for k in range(FOLDS))
        return [(fold == k, camps(votes, self.judge)) for k, votes in enumerate(others)]

    def _approval(self, mask: Mask, fewest: int) -> Floats:
        votes, (_, count) = self.votes.where(mask), JUDGES[self.judge]
        least = np.full(votes.items, np.nan)
        for items, label in self._judged:
            camp = label[votes.voter]
            mine = (camp != UNKNOWN) & items[votes.item]
            cell = (camp * votes.items + votes.item)[mine]
            every = np.bincount(cell, minlength=count * votes.items).reshape(count, -1)
            ups = np.bincount(cell, votes.value[mine] > 0, count * votes.items).reshape(count, -1)
            known = items & (every.min(axis=0) >= fewest)
            least[known] = ((ups + 0.5) / (every + 1.0))[:, known].min(axis=0)
        return least


def figures(score: Floats, truth: Floats) -> dict[str, float] | None:
    """The figures of one ranking, None where too few items have a truth."""
    if np.isfinite(truth).sum() < 2 * K:
        return None
    return {
        "spearman": metrics.spearman(*_known(score, truth)),
        "ndcg10": metrics.ndcg(score, truth, K),
        "p10": metrics.precision(score, truth, K),
        "lift10": metrics.lift(score, truth, K),
    }


def _known(score: Floats, truth: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(truth)
    return score[known], truth[known]
