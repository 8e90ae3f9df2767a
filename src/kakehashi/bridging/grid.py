"""Approval on a grid of log-odds, and what votes say about it.

A voter votes up with probability sigmoid(z + l): z is the item's approval in the voter's camp as log-odds, l the voter's
leniency. Leniencies are rounded to classes, so all that an item's votes say about z are two sums for each class: of
up-votes and of down-votes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.rows import Floats

POINTS = np.linspace(-5.5, 5.5, 25)
APPROVAL = 1.0 / (1.0 + np.exp(-POINTS))
STEP, CLASSES = 0.5, 11
NEUTRAL = CLASSES // 2
LENIENCIES = STEP * (np.arange(CLASSES) - NEUTRAL)
# Sums of an item and camp: for each class its up-votes, then its down-votes.
SUMS = 2 * CLASSES

_shifted = POINTS + LENIENCIES[:, None]
# Log-likelihood (SUMS, points) of one vote: an up-vote and a down-vote of each class.
LOG_VOTE = np.stack([-np.log1p(np.exp(-_shifted)), -np.log1p(np.exp(_shifted))], axis=1).reshape(SUMS, len(POINTS))

# No likelihood is smaller, so no product of a few of them with the prior vanishes.
LOG_SMALLEST = -300.0

# Products of so few numbers at once are taken on one thread, in an order that does not depend on how many there are.
_ONE_THREAD = 250_000


def classes_of(leniency: Floats) -> NDArray[np.int8]:
    """Class (0 to CLASSES - 1) of each leniency in log-odds."""
    return np.asarray(np.clip(np.rint(leniency / STEP) + NEUTRAL, 0, CLASSES - 1), np.int8)


def likelihood(sums: Floats) -> tuple[Floats, Floats]:
    """Likelihood (M, points) of items with `sums` (M, SUMS), its largest value 1; and the logarithm of that value (M,)."""
    logs = times(sums, LOG_VOTE)
    top = logs.max(axis=1)
    logs -= top[:, None]
    np.maximum(logs, LOG_SMALLEST, out=logs)
    return np.exp(logs, out=logs), top


def times(rows: Floats, matrix: Floats) -> Floats:
    """rows @ matrix, with the same bits whatever the number of threads."""
    size = max(1, _ONE_THREAD // matrix.size)
    if len(rows) <= size:
        return np.asarray(rows @ matrix)
    out = np.empty((len(rows), matrix.shape[1]))
    for at in range(0, len(rows), size):
        np.matmul(rows[at : at + size], matrix, out=out[at : at + size])
    return out


def sigmoid(x: Floats) -> Floats:
    halved: Floats = 0.5 * (1.0 + np.tanh(0.5 * x))
    return halved
