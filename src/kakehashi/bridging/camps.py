"""Camps: groups of voters whose positions lie together, and how surely each voter belongs to one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from kakehashi.bridging.rows import Floats


@dataclass
class Camps:
    """`threshold` splits the first axis; `centre` (K, D) is where a camp's members stand on each axis."""

    threshold: float
    centre: Floats

    @classmethod
    def none(cls, n_axes: int = 0) -> Camps:
        """Everybody in one camp."""
        return cls(0.0, np.zeros((1, n_axes)))

    def __len__(self) -> int:
        return len(self.centre)

    def membership(self, position: Floats, variance: Floats) -> Floats:
        """Probability (U, K) that a voter at `position` (U, D), known up to `variance` (U, D), belongs to each camp."""
        if len(self) == 1:
            return np.ones((len(position), 1))
        upper = ndtr((position[:, 0] - self.threshold) / np.sqrt(np.maximum(variance[:, 0], 1e-12)))
        second = self.centre[1, 0] >= self.centre[0, 0]
        return np.stack([1.0 - upper, upper] if second else [upper, 1.0 - upper], axis=1)


def find_camps(position: Floats, variance: Floats) -> Camps:
    """The two camps of the voters at `position` (U, 1); the larger one first."""
    x, vx = position[:, 0], variance[:, 0]
    threshold = two_means(x)
    camps = Camps(threshold, np.array([[-1.0], [1.0]]))
    share = camps.membership(position, variance)
    # Positions of rarely seen voters are shrunk to 0, which this mean undoes.
    known = np.clip(1.0 - vx, 0.0, 1.0)
    centre = (share.T @ (known * x)) / np.maximum(share.T @ (known * known), 1e-9)
    order = np.argsort(-share.sum(axis=0), kind="stable")
    return Camps(threshold, centre[order, None])


def two_means(x: Floats) -> float:
    """The threshold that splits the line into the two groups of least variance (exact)."""
    if len(x) < 2:
        return 0.0
    line = np.sort(x)
    total, count = np.cumsum(line), np.arange(1, len(line))
    between = total[:-1] ** 2 / count + (total[-1] - total[:-1]) ** 2 / (len(line) - count)
    at = int(np.argmax(between))
    return float(line[at] + line[at + 1]) / 2.0
