"""Who belongs to which of two camps, and whether the votes show two camps at all.

A mixture: each voter belongs to one of two camps, each item has an approval in each of them, and a vote depends on its
voter's camp and leniency. Items are integrated out on the grid, memberships found by variational expectation-maximisation
from a first guess. `gain` is what two camps explain more than one (the difference of the evidence bounds, in nats): on
votes permuted within each item, which show no camps, it was at most 1.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from kakehashi.bridging.ballots import Ballots
from kakehashi.bridging.grid import LOG_VOTE, likelihood, sigmoid, times
from kakehashi.bridging.prior import gauss, learn_one, learn_pair
from kakehashi.bridging.rows import Floats

ROUNDS, ENOUGH = 15, 1e-3
FIRST_ROUNDS, NEXT_ROUNDS = 30, 4
SMALLEST_SHARE = 0.02
# The prior is learned from at most so many items.
MOST_ITEMS = 2000


@dataclass
class Split:
    """Two camps: `second` (R,) is each voter's probability of the second one, `share` that of a voter at large.

    `table` (M, SUMS) is what a vote adds to the log-odds of its voter's belonging to the second camp.
    """

    second: Floats
    share: float
    table: Floats
    gain: float


def first_guess(position: Floats, variance: Floats, taking_part: Floats) -> Floats:
    """Probability of standing above the threshold that splits the line into two groups best."""
    seen = taking_part > 0
    threshold = two_means(position[seen])
    guess: Floats = ndtr((position - threshold) / np.sqrt(np.maximum(variance, 1e-12)))
    return guess


def split(ballots: Ballots, guess: Floats, taking_part: Floats) -> Split:
    """Find two camps from a first `guess` of the second one's members. `taking_part` (R,) weighs voters in; 0 leaves out."""
    whole = ballots.item_sums(taking_part[:, None])[:, 0]
    sample = representative(whole)
    second, learned = guess, None
    for _ in range(ROUNDS):
        share = float(np.clip((second * taking_part).sum() / taking_part.sum(), SMALLEST_SHARE, 1 - SMALLEST_SHARE))
        sums = ballots.item_sums(np.stack([1.0 - second, second], axis=1) * taking_part[:, None])
        (a, top_a), (b, top_b) = likelihood(sums[:, 0]), likelihood(sums[:, 1])
        learned = learn_pair(a[sample], b[sample], learned, NEXT_ROUNDS if learned else FIRST_ROUNDS)
        table, evidence = _table(a, b, gauss(*learned))
        before = second
        second = sigmoid(ballots.voter_sums(table[:, :, None])[:, 0] + np.log(share / (1.0 - share)))
        if (np.abs(second - before) * taking_part).sum() < ENOUGH * taking_part.sum():
            break
    two = float(np.log(evidence).sum() + top_a.sum() + top_b.sum()) + _entropy(second, share, taking_part)
    one, top = likelihood(whole)
    one_mean, one_variance = learn_one(one[sample])
    alone = float(np.log(times(one, gauss(one_mean, one_variance)[:, None])).sum() + top.sum())
    return Split(second, share, table, two - alone)


def representative(sums: Floats) -> np.ndarray:
    """At most `MOST_ITEMS` items: every k-th in an order that hangs on votes, not on ids."""
    if len(sums) <= MOST_ITEMS:
        return np.arange(len(sums))
    votes, ups = sums.sum(axis=1), sums[:, ::2].sum(axis=1)
    spread = (sums * np.arange(sums.shape[1])).sum(axis=1)
    order = np.lexsort([np.round(spread, 6), np.round(ups, 6), np.round(votes, 6)])
    return np.sort(order[np.linspace(0, len(order) - 1, MOST_ITEMS).astype(np.int64)])


def _table(a: Floats, b: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """Expected log-likelihood of a vote, the second camp less the first (M, SUMS); evidence of each item."""
    weighted = times(a, prior)
    evidence = (weighted * b).sum(axis=1)
    difference = b * weighted - a * times(b, np.ascontiguousarray(prior.T))
    difference /= evidence[:, None]
    return times(difference, np.ascontiguousarray(LOG_VOTE.T)), evidence


def _entropy(second: Floats, share: float, taking_part: Floats) -> float:
    """- KL of memberships from the camps' shares."""
    q = np.clip(second, 1e-12, 1.0 - 1e-12)
    each = q * np.log(share / q) + (1.0 - q) * np.log((1.0 - share) / (1.0 - q))
    return float((each * taking_part).sum())


def two_means(x: Floats) -> float:
    """The threshold that splits the line into the two groups of least variance (exact)."""
    if len(x) < 2:
        return 0.0
    line = np.sort(x)
    total, count = np.cumsum(line), np.arange(1, len(line))
    between = total[:-1] ** 2 / count + (total[-1] - total[:-1]) ** 2 / (len(line) - count)
    at = int(np.argmax(between))
    return float(line[at] + line[at + 1]) / 2.0
