"""Where leanings begin: the leading directions of what the general approval of items and voters leaves unexplained.

x = y = 0 is a saddle of the fit, and on sparse votes it has several optima. A start drawn by chance or from the ids would
make scores depend on names; this one depends on the votes alone. Found by subspace iteration (Golub and Van Loan, Matrix
Computations, 2013, chapter 8.2) on a block of directions at once, so each pass over the votes serves all of them.
"""

from __future__ import annotations

import numpy as np

from kakehashi.bridging.fit import Fit, Fitter
from kakehashi.bridging.rows import Floats

ITERATIONS = 8
BLOCK = 3


def leading_directions(fitter: Fitter, fit: Fit) -> tuple[Floats, Floats]:
    """Directions (M, at most `BLOCK`) along which the residuals of `fit` vary most, and how much; the largest first.

    Leanings of mean square 1. Rows count by the square root of their votes, or the busiest alone would be the direction.
    """
    residuals = _Residuals(fitter, fit)
    block = _orthonormal(_starts(fitter, residuals))
    for _ in range(ITERATIONS):
        block = _orthonormal(residuals.to_items(residuals.to_voters(block)))
        if block.shape[1] == 0:
            return np.zeros((len(fitter.items.n), 0)), np.zeros(0)
    image = residuals.to_voters(block)
    strength, turn = np.linalg.eigh(np.einsum("uk,ul->kl", image, image))
    leanings = np.einsum("mk,kl->ml", block, turn[:, ::-1]) * residuals.item_weight[:, None]
    size = np.sqrt(np.einsum("mk,mk->k", leanings, leanings) / len(leanings))
    return leanings / np.maximum(size, 1e-300), np.sqrt(np.maximum(strength[::-1], 0.0))


def second_axis(fitter: Fitter, fit: Fit) -> Floats:
    """Voters (R,) along the direction that the axis of `fit` leaves unexplained most."""
    leanings, _ = leading_directions(fitter, fit)
    if leanings.shape[1] == 0:
        return np.zeros(len(fitter.voters.n))
    residuals = _Residuals(fitter, fit)
    return residuals.to_voters(leanings[:, :1])[:, 0]


class _Residuals:
    """(r - mu - a - b - x y) of all votes, both sides weighted, as a linear map that is never written out."""

    def __init__(self, fitter: Fitter, fit: Fit) -> None:
        self.fitter, self.fit = fitter, fit
        self.voter_weight = 1.0 / np.sqrt(fitter.voters.n + 1.0)
        self.item_weight = 1.0 / np.sqrt(fitter.items.n + 1.0)

    def to_voters(self, block: Floats) -> Floats:
        voters, items = self.fit.voters.mean, self.fit.items.mean
        table = block * self.item_weight[:, None]
        return self.fitter.voters.of_residuals(self.fit.shared.mu, voters, items, table) * self.voter_weight[:, None]

    def to_items(self, block: Floats) -> Floats:
        voters, items = self.fit.voters.mean, self.fit.items.mean
        table = block * self.voter_weight[:, None]
        return self.fitter.items.of_residuals(self.fit.shared.mu, items, voters, table) * self.item_weight[:, None]


def _starts(fitter: Fitter, residuals: _Residuals) -> Floats:
    """Directions as if by chance, drawn from what was voted and not from ids: equal votes under other names give the same.

    A mark of each item from how many voted on it and how, a mark of each voter from the marks of what the voter rated up.
    """
    items = np.cos(37.1 * fitter.items.n + 91.7 * fitter.items.rates)
    voters = fitter.voters.of_ups(items[:, None]) + np.sqrt(fitter.voters.n)[:, None]
    return residuals.to_items(np.sin(voters * (17.0 + 29.0 * np.arange(BLOCK))))


def _orthonormal(block: Floats) -> Floats:
    """The columns made orthonormal one after the other (Gram-Schmidt, twice); those that vanish are left out."""
    kept: list[Floats] = []
    for direction in block.T:
        column = direction
        start = np.sqrt(np.einsum("m,m->", column, column))
        for _ in range(2):
            for one in kept:
                column = column - np.einsum("m,m->", one, column) * one
        length = np.sqrt(np.einsum("m,m->", column, column))
        if length > 1e-9 * max(start, 1e-3):
            kept.append(column / length)
    return np.stack(kept, axis=1) if kept else np.zeros((len(block), 0))
