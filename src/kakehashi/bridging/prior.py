"""What is known of an item before its votes: how approval in the camps varies, and varies together, over items.

Learned by expectation-maximisation (Dempster, Laird and Rubin 1977) from the likelihoods of items on the grid.
"""

from __future__ import annotations

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
FEWEST_SPOKEN = 5.0


@dataclass
class Prior:
    """Log-odds of approval in K camps: Gaussian with `mean` (K,), `variance` (K,) and one `correlation` >= 0 of any two.

    With such a covariance a vote that speaks for an item in one camp cannot speak against it in another (see `scoring`).
    """

    mean: Floats
    variance: Floats
    correlation: float

    @property
    def loading(self) -> Floats:
        """What the camps share: z_g = mean_g + loading_g c + own part, c ~ N(0, 1)."""
        return np.sqrt(self.correlation * self.variance)

    @classmethod
    def of(cls, mean: Floats, covariance: Floats) -> Prior:
        """The nearest prior to a covariance of any sign.

        Negative covariance is cut to 0 and paid for by the mean: a camp that has not spoken is taken to be as critical
        as the most critical of K camps usually is, E[mean - min] = sd(z_g - z_h) e_K / sqrt(2).
        """
        count = len(mean)
        variance = np.maximum(np.diag(covariance), SMALLEST_VARIANCE)
        if count == 1:
            return cls(mean, variance, 0.0)
        g, h = np.triu_indices(count, 1)
        apart = np.maximum(covariance[g, g] + covariance[h, h] - 2.0 * covariance[g, h], 0.0)
        gap = float(np.sqrt(apart).mean()) * _expected_largest(count) / np.sqrt(2.0)
        shared = float((covariance[g, h] / np.sqrt(variance[g] * variance[h])).mean())
        most = float((1.0 - SMALLEST_OWN / variance).min())
        return cls(mean - gap, variance, min(max(shared, 0.0), most))


def _expected_largest(count: int) -> float:
    """Mean of the largest of `count` standard normal numbers."""
    x = np.linspace(-8.0, 8.0, 4001)
    density = np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    below = np.cumsum(density) * (x[1] - x[0])
    return float((x * count * density * below ** (count - 1)).sum() * (x[1] - x[0]))


def gauss(mean: Floats, covariance: Floats) -> Floats:
    """A Gaussian of one or two camps on the grid, summing to 1."""
    weight = np.linalg.inv(covariance)
    if len(mean) == 1:
        logs = -0.5 * weight[0, 0] * (POINTS - mean[0]) ** 2
    else:
        a, b = (POINTS - mean[0])[:, None], (POINTS - mean[1])[None, :]
        logs = -0.5 * (weight[0, 0] * a * a + weight[1, 1] * b * b + 2.0 * weight[0, 1] * a * b)
    density = np.exp(logs - logs.max())
    return np.asarray(density / density.sum())


_ORDINARY_PAIR = gauss(np.array([0.3, 0.3]), np.array([[1.0, 0.5], [0.5, 1.0]]))


def learn_pair(
    first: Floats, second: Floats, start: tuple[Floats, Floats] | None = None, rounds: int = 30
) -> tuple[Floats, Floats]:
    """Mean (2,) and covariance (2, 2), of any sign, of items with these likelihoods (M, points) in two camps."""
    mean, covariance = start or (np.zeros(2), np.array([[1.0, 0.3], [0.3, 1.0]]))
    for _ in range(rounds):
        prior = gauss(mean, covariance)
        evidence = (times(first, prior) * second).sum(axis=1)
        seen = prior * np.einsum("ma,mb->ab", first / evidence[:, None], second, optimize=False)
        seen = (seen + ORDINARY * _ORDINARY_PAIR) / (len(first) + ORDINARY)
        old = mean, covariance
        mean, covariance = _moments(seen)
        if np.abs(mean - old[0]).sum() + np.abs(covariance - old[1]).sum() < ENOUGH:
            break
    return mean, covariance


def learn_one(likelihood: Floats, rounds: int = 40) -> tuple[Floats, Floats]:
    """Mean (1,) and variance (1, 1) of items with this likelihood (M, points)."""
    mean, variance = np.zeros(1), np.ones((1, 1))
    ordinary = _ORDINARY_PAIR.sum(axis=0)
    for _ in range(rounds):
        prior = gauss(mean, variance)
        evidence = times(likelihood, prior[:, None])
        seen = (prior * (likelihood / evidence).sum(axis=0) + ORDINARY * ordinary) / (len(likelihood) + ORDINARY)
        old = mean, variance
        mean = np.array([(seen * POINTS).sum()])
        variance = np.array([[(seen * POINTS**2).sum() - mean[0] ** 2 + ENOUGH]])
        if abs(mean - old[0])[0] + abs(variance - old[1])[0, 0] < ENOUGH:
            break
    return mean, variance


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
