"""Stage A: positions of voters and leanings of items by mean-field variational inference.

The model of a vote r (1 up, 0 down) of voter u on item i, with D axes:

    r = mu + a_u + b_i + sum_d x_ud y_id + e
    a ~ N(0, ta)   b ~ N(0, tb)   x_d ~ N(0, 1)   y_d ~ N(0, ty_d)   e ~ N(0, s2)

Each voter's (a, x) and each item's (b, y) get a full Gaussian; all variances are learned (empirical Bayes), so an axis
for which the votes hold no evidence shrinks to ty = 0 by itself (automatic relevance determination: Bishop, Pattern
Recognition and Machine Learning, 2006, chapter 12.2). Sources: the ideal-point model of Poole and Rosenthal (1985),
variational matrix factorisation of Lim and Teh (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.half import Half, Side
from kakehashi.bridging.rows import Floats

SMALLEST_BIAS_VARIANCE = 1e-4
SMALLEST_LEANING_VARIANCE = 1e-6
# The variances lean on these values with the weight of so many votes or rows: two votes do not make a certainty.
NOISE_BELIEVED, BIAS_BELIEVED, WEIGHT_OF_BELIEF = 0.2, 0.03, 2.0
LEANING_AT_START = 0.05


@dataclass
class Shared:
    """What all votes share: level `mu`, noise `s2`, and prior variances of voters `tau_voter` and items `tau_item` (1 + D,)."""

    mu: float
    s2: float
    tau_voter: Floats
    tau_item: Floats


@dataclass
class Fit:
    """A fitted model, its rows in the order of the votes' ids."""

    shared: Shared
    voters: Side
    items: Side
    sweeps: int = 0

    @property
    def n_axes(self) -> int:
        return int(self.items.mean.shape[1]) - 1


class Fitter:
    """Sweeps over one set of votes until the learned variances stand still."""

    def __init__(self, voters: Half, items: Half) -> None:
        self.voters, self.items = voters, items

    def run(self, fit: Fit, *, max_sweeps: int, tolerance: float) -> Fit:
        """Sweep from `fit` on. Voters come first, so only the items' Gaussians of `fit` matter."""
        if not self.items.n_votes:
            return fit
        for sweep in range(1, max_sweeps + 1):
            before = fit.shared
            fit = self.sweep(fit)
            fit.sweeps = sweep
            if _distance(before, fit.shared) < tolerance:
                break
        return fit

    def sweep(self, fit: Fit) -> Fit:
        """Voters from items, items from voters, then what all votes share."""
        mu, s2 = fit.shared.mu, fit.shared.s2
        voters, _ = self.voters.update(fit.items, mu, s2, fit.shared.tau_voter)
        items, errors = self.items.update(voters, mu, s2, fit.shared.tau_item)
        n_votes = self.items.n_votes
        offset = errors.plain / n_votes
        noise = self.voters.level(voters, mu) + errors.squares - n_votes * offset * offset
        noise = (noise + WEIGHT_OF_BELIEF * NOISE_BELIEVED) / (n_votes + WEIGHT_OF_BELIEF)
        return _recentred(mu + offset, noise, voters, items)


def start_of(voters: Half, items: Half, leanings: Floats | None = None) -> Fit:
    """Where a cold fit begins: items at their shrunk approval, with `leanings` (M, D) of mean square 1."""
    n_axes = 0 if leanings is None else leanings.shape[1]
    mu = float(items.rates.sum() / max(items.n_votes, 1))
    tau = np.r_[BIAS_BELIEVED, np.full(n_axes, LEANING_AT_START)]
    side = Side(np.zeros((len(items.n), 1 + n_axes)), np.zeros((len(items.n), 1 + n_axes, 1 + n_axes)))
    side.mean[:, 0] = (items.rates - mu * items.n) / (items.n + NOISE_BELIEVED / BIAS_BELIEVED)
    if leanings is not None:
        side.mean[:, 1:] = leanings * np.sqrt(tau[1:])
    shared = Shared(mu, NOISE_BELIEVED, np.r_[BIAS_BELIEVED, np.ones(n_axes)], tau)
    return Fit(shared, Side.unknown(0, shared.tau_voter), side)


def _recentred(mu: float, noise: float, voters: Side, items: Side) -> Fit:
    """Learn the variances; move the means of all biases into mu and the positions to unit scale.

    The three levels mu, mean(a), mean(b) are one slow direction, and so is the scale that positions and leanings
    share: both are closed at once.
    """
    tau_voter, of_voters = _variances(voters)
    tau_item, of_items = _variances(items)
    scale = np.sqrt(tau_voter)
    scale[0] = 1.0
    voters.rescale(1.0 / scale)
    items.rescale(scale)
    tau_voter[1:] = 1.0
    tau_item[1:] = np.maximum(tau_item[1:] * scale[1:] ** 2, SMALLEST_LEANING_VARIANCE)
    return Fit(Shared(mu + of_voters + of_items, noise, tau_voter, tau_item), voters, items)


def _variances(side: Side) -> tuple[Floats, float]:
    """Mean square of each of a side's 1 + D numbers, after its biases are moved to a mean of 0; that mean."""
    count = len(side.mean)
    offset = float(side.mean[:, 0].mean())
    side.mean[:, 0] -= offset
    squares = np.einsum("ri,ri->i", side.mean, side.mean) + np.einsum("rii->i", side.cov)
    variances = squares / count
    believed = (squares[0] + WEIGHT_OF_BELIEF * BIAS_BELIEVED) / (count + WEIGHT_OF_BELIEF)
    variances[0] = max(believed, SMALLEST_BIAS_VARIANCE)
    return variances, offset


def _distance(one: Shared, other: Shared) -> float:
    return abs(one.s2 - other.s2) + float(np.abs(one.tau_item - other.tau_item).sum())
