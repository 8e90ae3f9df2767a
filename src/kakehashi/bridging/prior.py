"""What is known of an item before its votes: how approval in the camps varies, and varies together, over items.

Learned by expectation-maximisation (Dempster, Laird and Rubin 1977) from the likelihoods of items on the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.grid import POINTS, times
from kakehashi.bridging.rows import Floats

# A site with few items: as if it had so many more ordinary ones.
ORDINARY = 2.0
# Below this the grid is too coarse for what one camp thinks apart from the others.
SMALLEST_OWN = 0.1
SMALLEST_VARIANCE = 0.2
ENOUGH = 1e-3
SMALLEST_DENSITY = 1e-100
# An ordinary item: level and slope of its log-odds on c, and their variance apart from that.
LEVEL, SLOPE, OWN = 0.3, 0.7, 0.5
NODES = np.linspace(-3.2, 3.2, 17)
WEIGHTS = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()
_POWERS = np.stack([np.ones(len(POINTS)), POINTS, POINTS**2], axis=1)
# So few rows at once are summed on one thread.
CHUNK = 400
FEWEST_SPOKEN = 5.0


@dataclass
class Prior:
    """Log-odds of approval in K camps: z_g = mean_g + loading_g c + own part, c ~ N(0, 1) common, own part ~ N(0, own_g).

    In the prior of scores no loading is below 0: a vote that speaks for an item in one camp then cannot speak against it
    in another (see `scoring`).
    """

    mean: Floats
    loading: Floats
    own: Floats

    @classmethod
    def of(cls, mean: Floats, covariance: Floats) -> Prior:
        """The prior of scores that is nearest to a covariance of any sign.

        Negative covariance is cut to 0 and paid for by the mean: a camp that has not spoken is taken to be as critical
        as the most critical of K camps usually is, E[mean - min] = sd(z_g - z_h) e_K / sqrt(2).
        """
        variance = np.maximum(np.diag(covariance), SMALLEST_VARIANCE)
        count = len(mean)
        if count == 1:
            return cls(mean, np.zeros(1), variance)
        g, h = np.triu_indices(count, 1)
        apart = np.maximum(covariance[g, g] + covariance[h, h] - 2.0 * covariance[g, h], 0.0)
        gap = float(np.sqrt(apart).mean()) * _expected_largest(count) / np.sqrt(2.0)
        shared = correlation(covariance)
        # The more the camps oppose each other, the more critical is a silent one.
        gap *= 1.0 + max(-shared, 0.0)
        most = float((1.0 - SMALLEST_OWN / variance).min())
        shared = min(max(shared, 0.0), most)
        return cls(mean - gap, np.sqrt(shared * variance), (1.0 - shared) * variance)

    def conditional(self) -> Floats:
        """P(z_g | c) on the grid (K, nodes, points)."""
        at = self.mean[:, None] + self.loading[:, None] * NODES
        logs = -0.5 * (POINTS - at[:, :, None]) ** 2 / self.own[:, None, None]
        density: Floats = np.exp(logs - logs.max(axis=2, keepdims=True))
        density /= density.sum(axis=2, keepdims=True)
        return np.maximum(density, SMALLEST_DENSITY, out=density)

    def posterior(self, seen: Sequence[Floats]) -> tuple[list[Floats], list[Floats], Floats]:
        """Given likelihoods (M, points) of each camp: posterior of each (M, points), weight of each node of c in it
        (M, nodes), and the evidence of each item (M,)."""
        tables = self.conditional()
        weights, evidence = _weights(seen, tables)
        post = [one * times(weight, table) for one, weight, table in zip(seen, weights, tables, strict=True)]
        return post, weights, evidence


def _weights(seen: Sequence[Floats], tables: Floats) -> tuple[list[Floats], Floats]:
    given = [times(one, np.ascontiguousarray(table.T)) for one, table in zip(seen, tables, strict=True)]
    every = WEIGHTS * given[0]
    for each in given[1:]:
        every *= each
    evidence = every.sum(axis=1)
    return [every / (each * evidence[:, None]) for each in given], evidence


def _densities(seen: Sequence[Floats], prior: Prior) -> Floats:
    """How items with these likelihoods, each (M, points), are distributed over c and z in each camp (K, nodes, points)."""
    tables = prior.conditional()
    weights, _ = _weights(seen, tables)
    return tables * np.stack([_crossed(w, one) for w, one in zip(weights, seen, strict=True)])


def correlation(covariance: Floats) -> float:
    """Mean correlation of any two of K > 1 camps."""
    variance = np.maximum(np.diag(covariance), SMALLEST_VARIANCE)
    g, h = np.triu_indices(len(covariance), 1)
    return float((covariance[g, h] / np.sqrt(variance[g] * variance[h])).mean())


def _expected_largest(count: int) -> float:
    """Mean of the largest of `count` standard normal numbers."""
    x = np.linspace(-8.0, 8.0, 4001)
    density = np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    below = np.cumsum(density) * (x[1] - x[0])
    return float((x * count * density * below ** (count - 1)).sum() * (x[1] - x[0]))


def gauss(mean: Floats, covariance: Floats) -> Floats:
    """A Gaussian of two camps on the grid, summing to 1."""
    weight = np.linalg.inv(covariance)
    a, b = (POINTS - mean[0])[:, None], (POINTS - mean[1])[None, :]
    logs = -0.5 * (weight[0, 0] * a * a + weight[1, 1] * b * b + 2.0 * weight[0, 1] * a * b)
    density = np.exp(logs - logs.max())
    return np.asarray(density / density.sum())


_ORDINARY_PAIR = gauss(np.full(2, LEVEL), np.array([[1.0, 0.5], [0.5, 1.0]]))


def learn_pairs(seen: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Means (K,) and covariances (K, K), of any sign, of items with these likelihoods in K > 1 camps: pair by pair."""
    count = len(seen)
    mean, covariance = np.zeros(count), np.zeros((count, count))
    for g in range(count):
        for h in range(g + 1, count):
            pair_mean, pair = _learn_pair(seen[g], seen[h])
            mean[[g, h]] += pair_mean / (count - 1)
            covariance[[g, h], [g, h]] += np.diag(pair) / (count - 1)
            covariance[g, h] = covariance[h, g] = pair[0, 1]
    return mean, covariance


def _learn_pair(first: Floats, second: Floats, rounds: int = 30) -> tuple[Floats, Floats]:
    mean, covariance = np.full(2, LEVEL), np.array([[1.0, 0.3], [0.3, 1.0]])
    for _ in range(rounds):
        prior = gauss(mean, covariance)
        evidence = (times(first, prior) * second).sum(axis=1)
        seen = prior * _crossed(first / evidence[:, None], second)
        seen = (seen + ORDINARY * _ORDINARY_PAIR) / (len(first) + ORDINARY)
        old = mean, covariance
        mean, covariance = _moments(seen)
        if np.abs(mean - old[0]).sum() + np.abs(covariance - old[1]).sum() < ENOUGH:
            break
    return mean, covariance


def learn_line(
    seen: Sequence[Floats],
    start: Prior | None = None,
    rounds: int = 30,
) -> Prior:
    """The prior, loadings of any sign, of items with these likelihoods (M, points): for each camp a line of z on c."""
    camps = np.arange(len(seen))
    prior = start or Prior(np.full(len(seen), LEVEL), np.where(camps == 0, SLOPE, 0.1), np.full(len(seen), OWN))
    for _ in range(rounds):
        before, prior = prior, _lines(_densities(seen, prior))
        moved = sum(np.abs(getattr(prior, name) - getattr(before, name)).sum() for name in ("mean", "loading", "own"))
        if moved < 2.0 * ENOUGH * len(seen):
            break
    return prior


def _crossed(weights: Floats, seen: Floats) -> Floats:
    """weights' seen, (nodes, points); not by BLAS, whose order of summing hangs on the number of threads."""
    total = np.zeros((weights.shape[1], seen.shape[1]))
    for at in range(0, len(seen), CHUNK):
        total += np.matmul(weights[at : at + CHUNK].T, seen[at : at + CHUNK])
    return total


def _lines(density: Floats) -> Prior:
    """Lines of z on c where items are distributed by `density` (K, nodes, points), and ordinary ones."""
    ordinary = ORDINARY * WEIGHTS
    level = LEVEL + SLOPE * NODES
    n, sums, squares = (density @ _POWERS).transpose(2, 0, 1)
    n, sums, squares = n + ordinary, sums + ordinary * level, (squares + ordinary * (level**2 + OWN)).sum(axis=1)
    whole, z_mean = n.sum(axis=1), sums.sum(axis=1)
    z_mean /= whole
    c_mean = n @ NODES / whole
    slope = (sums @ NODES / whole - c_mean * z_mean) / (n @ NODES**2 / whole - c_mean**2)
    mean = z_mean - slope * c_mean
    fitted = mean[:, None] + slope[:, None] * NODES
    variance = (squares + (fitted * (n * fitted - 2.0 * sums)).sum(axis=1)) / whole
    return Prior(mean, slope, np.maximum(variance, SMALLEST_OWN))


def _moments(density: Floats) -> tuple[Floats, Floats]:
    first, second = density.sum(axis=1), density.sum(axis=0)
    mean = np.array([(first * POINTS).sum(), (second * POINTS).sum()])
    both = np.einsum("a,ab,b->", POINTS, density, POINTS)
    squares = np.array([[(first * POINTS**2).sum(), both], [both, (second * POINTS**2).sum()]])
    return mean, squares - np.outer(mean, mean) + ENOUGH * np.eye(2)


def absence(posteriors: list[Floats], covariance: Floats, votes: Floats) -> Floats:
    """How much lower each camp's opinion is taken to be of items on which it is silent (K,), in log-odds, >= 0.

    People stay away from what they dislike: the slope of a camp's opinion on its share of the `votes` (M, K), where the
    opinion is known, carried to items where it is not. 0 where the slope is unclear or has the other sign.
    `posteriors` are those of the camps, each (M, points).
    """
    spoken = votes.sum(axis=1) > 0
    lower = np.zeros(len(posteriors))
    for g, posterior in enumerate(posteriors):
        share = np.log((votes[:, g] + 0.5) / (votes.sum(axis=1) - votes[:, g] + 0.5))
        mean = (posterior * POINTS).sum(axis=1)
        variance = (posterior * POINTS**2).sum(axis=1) - mean**2
        known = np.clip(1.0 - variance / covariance[g, g], 0.0, 1.0) * spoken
        silent = (1.0 - known) * spoken
        if known.sum() >= FEWEST_SPOKEN and silent.sum() > 1e-9:
            lower[g] = _carried(share, mean, known, silent)
    return lower


def _carried(share: Floats, mean: Floats, known: Floats, silent: Floats) -> float:
    total = known.sum()
    at, level = (known * share).sum() / total, (known * mean).sum() / total
    spread = max((known * (share - at) ** 2).sum(), 1e-9)
    slope = max((known * (share - at) * (mean - level)).sum() / spread, 0.0)
    unsure = (known * (mean - level - slope * (share - at)) ** 2).sum() / total / spread
    slope *= slope**2 / (slope**2 + unsure + 1e-12)
    return float(max(0.0, slope * (at - (silent * share).sum() / silent.sum())))
