"""How well scores put items in the order of the truth, and whether one ranker is better than another.

All figures are for items whose truth is known (finite); a score that is not finite ranks last. Equal scores count as
the mean over all orders in which they could stand, so no figure hangs on how ties happen to be broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def spearman(one: ArrayLike, other: ArrayLike) -> float:
    """Spearman's rank correlation, -1 … 1, with mean ranks for ties; 0 where one side is constant."""
    x, y = (_ranks(np.asarray(values, float)) for values in (one, other))
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale > 0 else 0.0


def ndcg(score: ArrayLike, truth: ArrayLike, k: int = 10) -> float:
    """Discounted cumulative gain of the first `k`, as a share of the best possible; the gain is truth above its median."""
    ranked, known = _known(score, truth)
    gain = np.maximum(0.0, known - np.median(known))
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = float(np.sort(gain)[::-1][:k] @ discount[: len(gain)])
    return float(_first(ranked, gain, k) @ discount[: len(gain)]) / ideal if ideal > 0 else 0.0


def precision(score: ArrayLike, truth: ArrayLike, k: int = 10) -> float:
    """Share of the `k` items with the highest scores that are among the `k` with the highest truth."""
    ranked, known = _known(score, truth)
    is_best = np.zeros(len(known))
    is_best[np.argsort(-known, kind="stable")[:k]] = 1
    return float(_first(ranked, is_best, k).mean())


def lift(score: ArrayLike, truth: ArrayLike, k: int = 10) -> float:
    """Mean truth of the first `k`: 0 for a random pick, 1 for the best possible."""
    ranked, known = _known(score, truth)
    best = float(np.sort(known)[::-1][:k].mean()) - float(known.mean())
    return (float(_first(ranked, known, k).mean()) - float(known.mean())) / max(best, 1e-12)


def percentile(score: ArrayLike, place: int) -> float:
    """Share of the other items that rank below the one at `place`; equals count half."""
    scores = np.where(np.isfinite(score), score, -np.inf)
    equal = int((scores == scores[place]).sum()) - 1
    return float((scores < scores[place]).sum() + 0.5 * equal) / max(len(scores) - 1, 1)


@dataclass(frozen=True)
class Difference:
    """By how much one ranker is better than another: mean over data sets, its 95 % interval, and on how many it is better."""

    mean: float
    low: float
    high: float
    better: int
    sets: int


def compare(
    one: Mapping[str, Sequence[float]], other: Mapping[str, Sequence[float]], *, resamples: int = 4000, seed: int = 0
) -> Difference:
    """Paired comparison over data sets: for each, figures of both rankers on the same splits, in the same order.

    The interval is a bootstrap over data sets, not over splits: it says what to expect of another data set.
    """
    means = np.array([np.mean(np.subtract(one[name], other[name])) for name in one if name in other])
    if not len(means):
        raise ValueError("No data set has figures of both rankers.")
    rng = np.random.default_rng(seed)
    drawn = means[rng.integers(len(means), size=(resamples, len(means)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Difference(float(means.mean()), float(low), float(high), int((means > 0).sum()), len(means))


def _known(score: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    true = np.asarray(truth, float)
    known = np.isfinite(true)
    if not known.any():
        raise ValueError("The truth of no item is known.")
    scores = np.asarray(score, float)[known]
    return np.where(np.isfinite(scores), scores, -np.inf), true[known]


def _ranks(values: Floats) -> Floats:
    """Mean ranks from 0; what is not finite stands lowest."""
    _, which, count = np.unique(np.where(np.isnan(values), -np.inf, values), return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count + 1) / 2)[which.ravel()]
    return ranks


def _first(score: Floats, worth: Floats, k: int) -> Floats:
    """What to expect in each of the first `k` places: the worth of the item there, or the mean of those that tie for it."""
    _, which, count = np.unique(-score, return_inverse=True, return_counts=True)
    mean = np.bincount(which.ravel(), worth) / count
    return np.repeat(mean, count)[:k]
