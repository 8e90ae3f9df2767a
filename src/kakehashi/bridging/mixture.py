"""Who belongs to which of K camps: a mixture in which items are integrated out on the grid.

Each voter belongs to one of the camps, each item has an approval in each of them, and a vote depends on its voter's camp and
leniency. Memberships are found by variational expectation-maximisation from a first guess; `bound` is the evidence bound in
nats, by which numbers of camps are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.ballots import Ballots
from kakehashi.bridging.grid import SUMS, likelihood
from kakehashi.bridging.prior import Prior, learn_line
from kakehashi.bridging.rows import Floats, Ints

ENOUGH = 1e-3
FIRST_ROUNDS, NEXT_ROUNDS = 25, 3
SMALLEST_SHARE = 0.02
# The mixture's prior is learned from at most so many items.
MOST_ITEMS = 600


@dataclass
class Mixture:
    """`membership` (R, K); `share` (K,) of the voters; `table` (M, SUMS, K), expected log-likelihoods of votes in each camp."""

    membership: Floats
    share: Floats
    table: NDArray[np.float32]
    prior: Prior
    bound: float


def mixture(ballots: Ballots, guess: Floats, taking_part: Floats, rounds: int, prior: Prior | None = None) -> Mixture:
    """K camps from a first `guess` (R, K) of memberships. `taking_part` (R,) weighs voters; 0 leaves one out."""
    membership = guess
    sample = representative(ballots.item_sums(taking_part[:, None])[:, 0], MOST_ITEMS)
    share, table, prior, evidence = _items(ballots, membership, taking_part, sample, prior)
    for _ in range(rounds):
        before, membership = membership, softmax(ballots.voter_sums(table) + np.log(share))
        membership[taking_part == 0] = share
        share, table, prior, evidence = _items(ballots, membership, taking_part, sample, prior)
        if (np.abs(membership - before).sum(axis=1) * taking_part).sum() < 2.0 * ENOUGH * taking_part.sum():
            break
    q = np.clip(membership, 1e-12, 1.0)
    entropy = float(((q * np.log(share / q)).sum(axis=1) * taking_part).sum())
    return Mixture(membership, share, table, prior, evidence + entropy)


def _items(
    ballots: Ballots, membership: Floats, taking_part: Floats, sample: Ints, prior: Prior | None
) -> tuple[Floats, NDArray[np.float32], Prior, float]:
    """What memberships say: shares of the camps, the table of the items, their prior (from a `sample`), and the evidence."""
    sums = ballots.item_sums(membership * taking_part[:, None])
    seen = [likelihood(sums[sample, g])[0] for g in range(sums.shape[1])]
    prior = learn_line(seen, prior, NEXT_ROUNDS if prior else FIRST_ROUNDS)
    table, evidence = ballots.tables(sums, prior)
    return shares(membership, taking_part), table, prior, evidence


def shares(membership: Floats, taking_part: Floats) -> Floats:
    """Share (K,) of each camp in those who take part; none is smaller than `SMALLEST_SHARE`."""
    share = np.clip((membership * taking_part[:, None]).sum(axis=0) / taking_part.sum(), SMALLEST_SHARE, 1.0)
    return np.asarray(share / share.sum())


def softmax(logs: Floats) -> Floats:
    """Probabilities (R, K) from their logarithms up to a constant."""
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def representative(sums: Floats, most: int) -> Ints:
    """At most `most` of items with `sums` (M, SUMS): every k-th in an order that hangs on votes, not on ids."""
    if len(sums) <= most:
        return np.arange(len(sums))
    votes, ups = sums.sum(axis=1), sums[:, ::2].sum(axis=1)
    spread = (sums * np.arange(SUMS)).sum(axis=1)
    order = np.lexsort([np.round(spread, 6), np.round(ups, 6), np.round(votes, 6)])
    return np.sort(order[np.linspace(0, len(order) - 1, most).astype(np.int64)])
