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
from typing import Protocol

import numpy as np

from kakehashi.bridging.rows import Floats, Rows

SMALLEST_BIAS_VARIANCE = 1e-4
SMALLEST_LEANING_VARIANCE = 1e-6
# The variances lean on this value with the weight of this many votes or rows: two votes do not make a certainty.
NOISE_BELIEVED, BIAS_BELIEVED, WEIGHT_OF_BELIEF = 0.2, 0.03, 2.0


class Sums(Protocol):
    """Sums over the votes of each row, of a table with one line for each index of the other side."""

    def of(self, table: Floats) -> Floats: ...
    def of_ups(self, table: Floats) -> Floats: ...
    def of_downs(self, table: Floats) -> Floats: ...


@dataclass
class Side:
    """Gaussians of one side, voters or items: `mean` (R, 1 + D) of (bias, position on each axis), `cov` (R, 1 + D, 1 + D)."""

    mean: Floats
    cov: Floats

    @classmethod
    def unknown(cls, n_rows: int, variances: Floats) -> Side:
        """Rows of which nothing is known but the prior variances."""
        return cls(np.zeros((n_rows, len(variances))), np.tile(np.diag(variances), (n_rows, 1, 1)))

    def second(self) -> Floats:
        """E[v v'] of each row."""
        second: Floats = self.mean[:, :, None] * self.mean[:, None, :] + self.cov
        return second


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


class Half:
    """One side's update from the other side; keeps what stays the same over all sweeps."""

    def __init__(self, rows: Rows, sums: Sums) -> None:
        self.sums = sums
        self.n = rows.counts.astype(np.float64)
        halves = rows.halves
        self.n_votes = len(halves)
        self.rates = rows.totals(halves) / 2.0
        self.squares = float(np.square(halves, dtype=np.float64).sum()) / 4.0

    def update(self, other: Side, shared: Shared, tau: Floats) -> tuple[Side, Floats, Floats]:
        """This side's Gaussians given the `other` side's, and the sums they come from (`gram` and `pull` below)."""
        gram, pull = self._moments(other, shared)
        cov = inverse(gram / shared.s2 + np.diag(1.0 / tau))
        mean = np.einsum("rij,rj->ri", cov, pull) / shared.s2
        return Side(mean, cov), gram, pull

    def _moments(self, other: Side, shared: Shared) -> tuple[Floats, Floats]:
        """For each row: sum of E[f f'] and of E[(r - mu - bias) f] over its votes, f = (1, the other side's positions)."""
        width = other.mean.shape[1]
        lower, upper = np.triu_indices(width - 1)
        second = other.second()
        table = np.concatenate([other.mean, second[:, 1 + lower, 1 + upper], second[:, 0, 1:]], axis=1)
        sums = self.sums.of(table)
        square = sums[:, width : width + len(lower)]
        gram = np.empty((len(self.n), width, width))
        gram[:, 0, 0] = self.n
        gram[:, 0, 1:] = gram[:, 1:, 0] = sums[:, 1:width]
        gram[:, 1 + lower, 1 + upper] = gram[:, 1 + upper, 1 + lower] = square
        pull = np.empty((len(self.n), width))
        pull[:, 0] = self.rates - shared.mu * self.n - sums[:, 0]
        if width > 1:
            rated = self.sums.of_ups(np.ascontiguousarray(other.mean[:, 1:]))
            pull[:, 1:] = rated - shared.mu * gram[:, 0, 1:] - sums[:, width + len(lower) :]
        return gram, pull

    def level(self, side: Side, mu: float) -> float:
        """Sum over all votes of E[(r - mu - bias)^2], the bias being this side's."""
        at = mu + side.mean[:, 0]
        return self.squares - 2.0 * float(at @ self.rates) + float(self.n @ (at * at + side.cov[:, 0, 0]))


class Fitter:
    """Sweeps over one set of votes until the learned variances stand still."""

    def __init__(self, voters: Half, items: Half) -> None:
        self.voters, self.items = voters, items

    def run(self, fit: Fit, *, max_sweeps: int, tolerance: float) -> Fit:
        """Sweep from `fit` on. Voters come first, so only the items' Gaussians of `fit` matter."""
        for sweep in range(1, max_sweeps + 1):
            before = fit.shared
            fit = self.sweep(fit)
            fit.sweeps = sweep
            if _distance(before, fit.shared) < tolerance:
                break
        return fit

    def sweep(self, fit: Fit) -> Fit:
        """Voters from items, items from voters, then what all votes share."""
        shared = fit.shared
        voters, _, _ = self.voters.update(fit.items, shared, shared.tau_voter)
        items, gram, pull = self.items.update(voters, shared, shared.tau_item)
        n_votes = self.items.n_votes
        second = items.second()
        squared = self.voters.level(voters, shared.mu) - 2.0 * np.vdot(items.mean, pull) + np.vdot(second, gram)
        plain = float((pull[:, 0] - np.einsum("rj,rj->r", gram[:, 0, :], items.mean)).sum()) / n_votes
        noise = float(squared) - n_votes * plain * plain
        s2 = (noise + WEIGHT_OF_BELIEF * NOISE_BELIEVED) / (n_votes + WEIGHT_OF_BELIEF)
        return _recentred(fit, voters, items, second, s2, plain)


def _recentred(fit: Fit, voters: Side, items: Side, second: Floats, s2: float, plain: float) -> Fit:
    """Learn the variances; move the means of all biases and of the errors into mu, and the positions to unit scale.

    The three levels mu, mean(a), mean(b) are one slow direction, and so is the scale that positions and leanings
    share: both are closed at once.
    """
    of_voters, of_items = voters.mean[:, 0].mean(), items.mean[:, 0].mean()
    tau_voter = np.einsum("rii->i", voters.second()) / len(voters.mean)
    tau_item = np.einsum("rii->i", second) / len(items.mean)
    for tau, side, mean in ((tau_voter, voters, of_voters), (tau_item, items, of_items)):
        count = len(side.mean)
        tau[0] = (count * (tau[0] - mean * mean) + WEIGHT_OF_BELIEF * BIAS_BELIEVED) / (count + WEIGHT_OF_BELIEF)
        tau[0] = max(tau[0], SMALLEST_BIAS_VARIANCE)
        side.mean[:, 0] -= mean
    scale = np.sqrt(tau_voter)
    scale[0] = 1.0
    _rescale(voters, 1.0 / scale)
    _rescale(items, scale)
    tau_item = tau_item * scale**2
    tau_item[1:] = np.maximum(tau_item[1:], SMALLEST_LEANING_VARIANCE)
    shared = Shared(
        fit.shared.mu + of_voters + of_items + plain, s2, np.r_[tau_voter[0], np.ones(fit.n_axes)], tau_item
    )
    return Fit(shared, voters, items)


def _rescale(side: Side, by: Floats) -> None:
    side.mean *= by
    side.cov *= by[:, None] * by[None, :]


def _distance(one: Shared, other: Shared) -> float:
    return abs(one.s2 - other.s2) + float(np.abs(one.tau_item - other.tau_item).sum())


def start_of(voters: Half, items: Half, axes: Floats | None = None) -> Fit:
    """Where a cold fit begins: items at their shrunk approval, with the leanings `axes` (M, D)."""
    n_axes = 0 if axes is None else axes.shape[1]
    mu = float(items.rates.sum() / max(items.n_votes, 1))
    tau = np.r_[BIAS_BELIEVED, np.full(n_axes, 0.05)]
    side = Side.unknown(len(items.n), tau)
    side.cov[:] = 0.0
    side.mean[:, 0] = (items.rates - mu * items.n) / (items.n + NOISE_BELIEVED / BIAS_BELIEVED)
    if axes is not None:
        side.mean[:, 1:] = axes * np.sqrt(tau[1:])
    shared = Shared(mu, NOISE_BELIEVED, np.r_[BIAS_BELIEVED, np.ones(n_axes)], tau)
    return Fit(shared, Side.unknown(len(voters.n), shared.tau_voter), side)


def inverse(matrices: Floats) -> Floats:
    """Inverses of small symmetric positive definite matrices (R, n, n), by elimination over all rows at once."""
    n = matrices.shape[1]
    if n == 1:
        return 1.0 / matrices
    if n == 2:
        a, b, c = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
        det = a * c - b * b
        out = np.empty_like(matrices)
        out[:, 0, 0], out[:, 1, 1] = c / det, a / det
        out[:, 0, 1] = out[:, 1, 0] = -b / det
        return out
    inverted: Floats = np.asarray(np.linalg.inv(matrices), np.float64)
    return inverted
