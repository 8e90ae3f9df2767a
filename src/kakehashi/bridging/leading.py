"""Where leanings begin: the leading direction of what voters' and items' general approval leaves unexplained.

x = y = 0 is a saddle of the fit, and on sparse votes it has several optima. A start drawn by chance or from the ids would
make scores depend on names; this one depends on the votes alone.
"""

from __future__ import annotations

import numpy as np

from kakehashi.bridging.fit import Fit, Fitter, Half
from kakehashi.bridging.rows import Floats

ITERATIONS = 12
N_STARTS = 3


class Residuals:
    """r - mu - a - b - x y of all votes as a linear map between items and voters, never written out."""

    def __init__(self, fitter: Fitter, fit: Fit) -> None:
        self.voters, self.items, self.fit = fitter.voters, fitter.items, fit

    def to_voters(self, y: Floats) -> Floats:
        return self._times(self.voters, self.fit.voters.mean, self.fit.items.mean, y)

    def to_items(self, x: Floats) -> Floats:
        return self._times(self.items, self.fit.items.mean, self.fit.voters.mean, x)

    def _times(self, half: Half, own: Floats, other: Floats, vector: Floats) -> Floats:
        columns = np.concatenate([vector[:, None], other * vector[:, None]], axis=1)
        sums = half.sums.of(columns)
        rated = half.sums.of_ups(np.ascontiguousarray(vector[:, None]))[:, 0]
        explained = (self.fit.shared.mu + own[:, 0]) * sums[:, 0] + sums[:, 1]
        left: Floats = rated - explained - np.einsum("rd,rd->r", own[:, 1:], sums[:, 2:])
        return left


def leading_direction(fitter: Fitter, fit: Fit) -> Floats:
    """Leanings (M,) with a mean square of 1 along which the residuals of `fit` vary most (power iteration)."""
    residuals = Residuals(fitter, fit)
    best, best_length = np.zeros(len(fitter.items.n)), 0.0
    for start in _starts(fitter, residuals):
        y, length = start, 0.0
        for _ in range(ITERATIONS):
            # Divided by the square root of the counts, or the busiest rows alone would be the direction.
            x = residuals.to_voters(y / np.sqrt(fitter.items.n + 1.0)) / np.sqrt(fitter.voters.n + 1.0)
            y = residuals.to_items(x / np.sqrt(fitter.voters.n + 1.0)) / np.sqrt(fitter.items.n + 1.0)
            length = float(np.sqrt(y @ y))
            if length < 1e-12:
                break
            y = y / length
        if length > best_length * (1 + 1e-9):
            best, best_length = y, length
    leaning = best / np.sqrt(fitter.items.n + 1.0)
    size = np.sqrt(np.mean(leaning * leaning))
    return leaning / size if size > 0 else leaning


def _starts(fitter: Fitter, residuals: Residuals) -> list[Floats]:
    """The votes of the few busiest voters, whoever they are, on the items: no name and no chance in it."""
    n = fitter.voters.n
    spread = fitter.voters.rates * (n - fitter.voters.rates) / np.maximum(n, 1.0)
    busiest = np.argsort(-spread, kind="stable")[:N_STARTS]
    starts = []
    for voter in busiest:
        x = np.zeros(len(n))
        x[voter] = 1.0
        starts.append(residuals.to_items(x))
    return starts
