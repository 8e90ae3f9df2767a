"""The way in which Community Notes solves its objective: gradients over all votes at once, steps by Adam.

The loss is that of `CommunityNotesRanker`: mean e^2 + l_b (mu^2 + mean a^2 + mean b^2) + l_f (mean x^2 + mean y^2). Rate,
start and end are those of its published scorer: steps of 0.2, small random factors, until an epoch gains less than 1e-7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.ranking.stored import Stored

Floats = NDArray[np.float64]
BIAS_PENALTY, FACTOR_PENALTY = 0.15, 0.03
_RATE, _FIRST, _SECOND, _SMALL = 0.2, 0.9, 0.999, 1e-8
_ENOUGH, _MOST_EPOCHS = 1e-7, 400


def solve(votes: Stored, seed: int = 0) -> tuple[Floats, float, int]:
    """Item intercepts, the loss reached, and how many epochs that took."""
    voters, items = int(votes.voter.max()) + 1, int(votes.item.max()) + 1
    rng = np.random.default_rng(seed)
    parts = [np.zeros(1), np.zeros(voters), np.zeros(items), rng.standard_normal(voters), rng.standard_normal(items)]
    steps = [_Steps(part) for part in parts]
    rate, before = (votes.value > 0).astype(float), np.inf
    for epoch in range(1, _MOST_EPOCHS + 1):
        loss, gradients = _gradients(votes, rate, parts)
        if abs(before - loss) < _ENOUGH:
            break
        before = loss
        for step, gradient in zip(steps, gradients, strict=True):
            step.go(gradient, epoch)
    return parts[2], float(loss), epoch


class _Steps:
    """Adam's steps of one array, in place (Kingma and Ba, 2015)."""

    def __init__(self, part: Floats) -> None:
        self.part, self.mean, self.square = part, np.zeros_like(part), np.zeros_like(part)

    def go(self, gradient: Floats, epoch: int) -> None:
        self.mean += (1 - _FIRST) * (gradient - self.mean)
        self.square += (1 - _SECOND) * (gradient**2 - self.square)
        spread = np.sqrt(self.square / (1 - _SECOND**epoch)) + _SMALL
        self.part -= _RATE * (self.mean / (1 - _FIRST**epoch)) / spread


def _gradients(votes: Stored, rate: Floats, parts: list[Floats]) -> tuple[float, list[Floats]]:
    mu, a, b, x, y = parts
    voter, item = votes.voter, votes.item
    x_of, y_of = x[voter], y[item]
    error = mu + a[voter] + b[item] + x_of * y_of - rate
    step = 2 * error / len(rate)
    bias, factor = 2 * BIAS_PENALTY, 2 * FACTOR_PENALTY
    gradients = [
        step.sum() + bias * mu,
        np.bincount(voter, step, len(a)) + bias * a / len(a),
        np.bincount(item, step, len(b)) + bias * b / len(b),
        np.bincount(voter, step * y_of, len(x)) + factor * x / len(x),
        np.bincount(item, step * x_of, len(y)) + factor * y / len(y),
    ]
    penalty = BIAS_PENALTY * (float(mu[0] ** 2) + np.mean(a**2) + np.mean(b**2))
    penalty += FACTOR_PENALTY * (np.mean(x**2) + np.mean(y**2))
    return float(np.mean(error**2) + penalty), gradients
