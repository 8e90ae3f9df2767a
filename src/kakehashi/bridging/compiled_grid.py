"""Scores and tables of items on the grid, compiled by Numba, on all cores. Importing this module imports Numba.

Item by item the formulas of `scoring` and `mixture`, without arrays between; each item is one thread's.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from kakehashi.bridging.grid import APPROVAL, LOG_SMALLEST, LOG_VOTE, POINTS, SUMS
from kakehashi.bridging.prior import WEIGHTS, Prior
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.scoring import LOWER

_compiled = njit(parallel=True, cache=True, nogil=True, boundscheck=False)
_inlined = njit(cache=True, nogil=True, boundscheck=False)


def scores(sums: Floats, prior: Prior) -> tuple[Floats, Floats, Floats]:
    """`scoring.scores`."""
    count, camps = sums.shape[:2]
    score, lower, approval = np.empty(count), np.empty(count), np.empty((count, camps))
    _scores(sums, LOG_VOTE, prior.conditional(), WEIGHTS, APPROVAL, POINTS, 1.0 - LOWER, score, lower, approval)
    return score, lower, approval


def tables(sums: Floats, prior: Prior) -> tuple[NDArray[np.float32], float]:
    """`mixture.tables`."""
    count, camps = sums.shape[:2]
    table, evidence = np.empty((count, SUMS, camps), np.float32), np.empty(count)
    _tables(sums, LOG_VOTE, np.ascontiguousarray(LOG_VOTE.T), *_either_way(prior), WEIGHTS, table, evidence)
    return table, float(evidence.sum())


def _either_way(prior: Prior) -> tuple[Floats, Floats]:
    """P(z | c) as (K, nodes, points) and as (K, points, nodes): the innermost loops then run along memory."""
    conditional = prior.conditional()
    return conditional, np.ascontiguousarray(conditional.transpose(0, 2, 1))


@_inlined
def likelihood(sums, log_vote, seen):  # type: ignore[no-untyped-def]
    """Likelihood on the grid into `seen` (points,), its largest value 1; the logarithm of that value."""
    points = len(seen)
    seen[:] = 0.0
    for k in range(len(sums)):
        if sums[k] != 0.0:
            for z in range(points):
                seen[z] += sums[k] * log_vote[k, z]
    top = seen.max()
    for z in range(points):
        seen[z] = np.exp(max(seen[z] - top, LOG_SMALLEST))
    return top


@_inlined
def _rated(weights, total, mean):  # type: ignore[no-untyped-def]
    value = 0.0
    for c in range(len(weights)):
        weight = weights[c]
        for g in range(len(total)):
            weight *= total[g, c]
        value += weight * mean[c]
    return value


@_inlined
def _exceeded(tail, points, level):  # type: ignore[no-untyped-def]
    """Approval that the minimum exceeds with probability `level`."""
    below, last = 0, len(tail) - 1
    while below < last and tail[below + 1] >= level:
        below += 1
    above = min(below + 1, last)
    step = (tail[below] - level) / max(tail[below] - tail[above], 1e-12)
    at = points[below] + min(max(step, 0.0), 1.0) * (points[above] - points[below])
    return 0.5 * (1.0 + np.tanh(0.5 * at))


@_compiled
def _scores(sums, log_vote, conditional, weights, rate, points, level, score, lower, approval):  # type: ignore[no-untyped-def]
    camps, nodes, size = conditional.shape
    for item in prange(len(sums)):
        seen = np.empty((camps, size))
        total, mean = np.ones((camps, nodes)), np.empty((camps, nodes))
        tail = np.zeros(size)
        for g in range(camps):
            likelihood(sums[item, g], log_vote, seen[g])
        for c in range(nodes):
            every = np.full(size, weights[c])
            for g in range(camps):
                above, rated = 0.0, 0.0
                for z in range(size - 1, -1, -1):
                    joint = seen[g, z] * conditional[g, c, z]
                    above += joint
                    rated += joint * rate[z]
                    every[z] *= above
                total[g, c], mean[g, c] = above, rated / above
            for z in range(size):
                tail[z] += every[z]
        whole, expected = tail[0], rate[0]
        for z in range(size):
            tail[z] /= whole
            if z > 0:
                expected += tail[z] * (rate[z] - rate[z - 1])
        score[item] = expected
        for g in range(camps):
            approval[item, g] = _rated(weights, total, mean[g]) / whole
        lower[item] = _exceeded(tail, points, level)


@_inlined
def _given(seen, nodes_last, given):  # type: ignore[no-untyped-def]
    """P(seen | c) into `given` (nodes,)."""
    given[:] = 0.0
    for z in range(len(seen)):
        for c in range(len(given)):
            given[c] += seen[z] * nodes_last[z, c]


@_inlined
def _told(weight, conditional, seen, votes, out):  # type: ignore[no-untyped-def]
    """Expected log-likelihood of each kind of vote under one camp's posterior."""
    nodes, size = conditional.shape
    post, told = np.zeros(size), np.zeros(votes.shape[1])
    for c in range(nodes):
        for z in range(size):
            post[z] += weight[c] * conditional[c, z]
    for z in range(size):
        chance = post[z] * seen[z]
        for k in range(len(told)):
            told[k] += chance * votes[z, k]
    out[:] = told


@_compiled
def _tables(sums, log_vote, votes, conditional, nodes_last, weights, table, evidence):  # type: ignore[no-untyped-def]
    camps, nodes, size = conditional.shape
    for item in prange(len(sums)):
        seen, given = np.empty((camps, size)), np.empty((camps, nodes))
        every = weights.copy()
        tops = 0.0
        for g in range(camps):
            tops += likelihood(sums[item, g], log_vote, seen[g])
            _given(seen[g], nodes_last[g], given[g])
            every *= given[g]
        found = every.sum()
        evidence[item] = np.log(found) + tops
        for g in range(camps):
            _told(every / (given[g] * found), conditional[g], seen[g], votes, table[item, :, g])
