"""One side of the votes: sums over each row, and the row's Gaussian given the other side's. NumPy and SciPy only.

Sums run over a row's votes in the order of their columns, one row after the other, so they are the same bits on every
machine with the same arithmetic, whatever the number of threads; no BLAS, whose order depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse

from kakehashi.bridging.rows import Floats, Rows


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

    def rescale(self, by: Floats) -> None:
        """Multiply each of the 1 + D numbers of every row by `by` (1 + D,)."""
        self.mean *= by
        self.cov *= by[:, None] * by[None, :]


@dataclass
class Errors:
    """Over all votes, what an update adds to the sum of E[e^2] (`squares`, the level apart), and the sum of e (`plain`)."""

    squares: float
    plain: float


@dataclass
class RidgeSums:
    """Sums over the votes of each row (R, 4) of t, t x, x and x^2, where t is the rate less the other side's bias and x the
    other side's factor, and over all votes of t^2 (`squares`)."""

    rows: Floats
    squares: float


class Half:
    """The votes by one of their sides, with everything that stays the same while Gaussians change."""

    def __init__(self, rows: Rows, n_columns: int) -> None:
        self.rows, self.n_columns = rows, n_columns
        self.n_votes = len(rows.packed)
        self.n = rows.counts.astype(np.float64)

    @cached_property
    def rates(self) -> Floats:
        """Ups of each row, neither-nor counting half."""
        return self.rows.totals(self.rows.halves) / 2.0

    @cached_property
    def squared_rates(self) -> float:
        return float(np.square(self.rows.halves, dtype=np.float64).sum()) / 4.0

    def of(self, table: Floats) -> Floats:
        """Sum of table[other side] over all votes of each row: (rows, table's width)."""
        return np.asarray(self._votes @ table)

    def of_ups(self, table: Floats) -> Floats:
        """The same, each vote weighted by its rate."""
        return np.asarray(self._ups @ table)

    def of_downs(self, table: Floats) -> Floats:
        """The same, each vote weighted by 1 - its rate."""
        return np.asarray(self._downs @ table)

    def of_residuals(self, mu: float, own: Floats, other: Floats, table: Floats) -> Floats:
        """The same, each vote weighted by its residual r - mu - a - b - x y; `own` and `other` are (R or C, 1 + D)."""
        factors = np.concatenate([np.ones((len(other), 1)), other], axis=1)
        width, block = factors.shape[1], table.shape[1]
        sums = self.of((factors[:, :, None] * table[:, None, :]).reshape(len(table), width * block))
        by = np.concatenate([mu + own[:, :1], np.ones((len(own), 1)), own[:, 1:]], axis=1)
        explained: Floats = np.einsum("rw,rwb->rb", by, sums.reshape(len(own), width, block))
        return self.of_ups(table) - explained

    def ridge_sums(self, other: Floats) -> RidgeSums:
        """What a ridge regression of each row on the other side's (bias, factor) (C, 2) needs."""
        bias, factor = other.T
        plain = self.of(np.stack([bias, factor, factor * factor, bias * factor, bias * bias], axis=1))
        rated = self.of_ups(other)
        rows = np.stack([self.rates - plain[:, 0], rated[:, 1] - plain[:, 3], plain[:, 1], plain[:, 2]], axis=1)
        return RidgeSums(rows, float(self.squared_rates - 2.0 * rated[:, 0].sum() + plain[:, 4].sum()))

    def update(self, other: Side, mu: float, s2: float, tau: Floats) -> tuple[Side, Errors]:
        """This side's Gaussians given the `other` side's, level `mu`, noise `s2` and the prior variances `tau` (1 + D,)."""
        gram, pull = self._moments(other, mu)
        cov = inverse(gram / s2 + np.diag(1.0 / tau))
        mean = np.einsum("rij,rj->ri", cov, pull) / s2
        side = Side(mean, cov)
        squares = np.einsum("rij,rij->", side.second(), gram) - 2.0 * np.einsum("ri,ri->", mean, pull)
        plain = pull[:, 0].sum() - np.einsum("ri,ri->", gram[:, 0, :], mean)
        return side, Errors(float(squares), float(plain))

    def level(self, side: Side, mu: float) -> float:
        """Sum over all votes of E[(r - mu - bias)^2], the bias being this side's."""
        at = mu + side.mean[:, 0]
        squares = np.einsum("r,r->", self.n, at * at + side.cov[:, 0, 0])
        return float(self.squared_rates - 2.0 * np.einsum("r,r->", at, self.rates) + squares)

    def _moments(self, other: Side, mu: float) -> tuple[Floats, Floats]:
        """For each row: sum of E[f f'] and of E[(r - mu - bias) f] over its votes, f = (1, the other side's positions)."""
        width = other.mean.shape[1]
        lower, upper = np.triu_indices(width - 1)
        second = other.second()
        sums = self.of(np.concatenate([other.mean, second[:, 1 + lower, 1 + upper], second[:, 0, 1:]], axis=1))
        square = sums[:, width : width + len(lower)]
        gram = np.empty((len(self.n), width, width))
        gram[:, 0, 0] = self.n
        gram[:, 0, 1:] = gram[:, 1:, 0] = sums[:, 1:width]
        gram[:, 1 + lower, 1 + upper] = gram[:, 1 + upper, 1 + lower] = square
        pull = np.empty((len(self.n), width))
        pull[:, 0] = self.rates - mu * self.n - sums[:, 0]
        if width > 1:
            rated = self.of_ups(np.ascontiguousarray(other.mean[:, 1:]))
            pull[:, 1:] = rated - mu * gram[:, 0, 1:] - sums[:, width + len(lower) :]
        return gram, pull

    @cached_property
    def _votes(self) -> Any:
        shape = (len(self.rows), self.n_columns)
        return scipy.sparse.csr_array((np.ones(self.n_votes), self.rows.column, self.rows.start), shape=shape)

    @cached_property
    def _ups(self) -> Any:
        return self._weighted_votes(self.rows.halves * np.float64(0.5))

    @property
    def _downs(self) -> Any:
        return self._weighted_votes(1.0 - self.rows.halves * np.float64(0.5))

    def _weighted_votes(self, weight: Floats) -> Any:
        """The matrix of votes with other entries; it shares their places."""
        votes = self._votes
        return scipy.sparse.csr_array((weight, votes.indices, votes.indptr), shape=votes.shape)


def inverse(matrices: Floats) -> Floats:
    """Inverses of small symmetric positive definite matrices (R, n, n), by formula up to 2 x 2."""
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
    return np.asarray(np.linalg.inv(matrices), np.float64)
