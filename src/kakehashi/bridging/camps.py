"""How many camps do the votes show, and who belongs to them.

Two camps are taken where they explain the votes better than one, a further one where it explains much more again: the
evidence bound (nats) of K + 1 camps less that of K. On votes permuted within each item, which show no camps, it was at most
1.6. Real crowds are not made of camps: small further gains are shades, not camps.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from kakehashi.bridging.ballots import Ballots
from kakehashi.bridging.excerpt import excerpt
from kakehashi.bridging.mixture import Mixture, mixture, softmax
from kakehashi.bridging.polis import k_means
from kakehashi.bridging.rows import Floats, Ints

LEAST_GAIN, LEAST_FURTHER, PART_OF_FIRST = 3.0, 5.0, 0.2
# No camp may be smaller: a fringe must not hold a veto over everything.
FRINGE = 0.1
ROUNDS, TRIAL_ROUNDS, ROUNDS_OF_MANY = 15, 4, 3
# A guess that somebody belongs to a camp.
SURE = 0.8
FEWEST_VOTERS = 4


def find_camps(
    ballots: Ballots,
    position: Floats,
    variance: Floats,
    taking_part: Floats,
    max_camps: int,
    earlier: Floats | None = None,
) -> Mixture:
    """The camps of voters at `position` (R, 2), the first axis known up to `variance` (R,).

    Memberships (R, K) of an `earlier` fit are where a search for K camps begins; its camps stay, and in their order,
    as long as the votes speak for each at all and none is half a fringe.
    """
    found = mixture(ballots, np.ones((len(position), 1)), taking_part, 0)
    before = 1 if earlier is None else earlier.shape[1]
    gains: list[float] = []
    for count in range(2, max_camps + 1):
        if earlier is not None and count == before:
            guesses = [earlier]
        elif count == 2:
            above = first_guess(position[:, 0], variance, taking_part)
            guesses = [np.stack([1.0 - above, above], axis=1)]
        else:
            guesses = _further(position, found.membership, taking_part)
        tried = [mixture(ballots, guess, taking_part, TRIAL_ROUNDS) for guess in guesses]
        best = max(tried, key=lambda one: one.bound)
        wanted = max(LEAST_FURTHER, PART_OF_FIRST * gains[0]) if gains else LEAST_GAIN
        smallest = FRINGE
        if count <= before:
            wanted, smallest = 0.0, FRINGE / 2.0
        if count == 2 or best.bound - found.bound > wanted / 2.0:
            best = mixture(ballots, best.membership, taking_part, ROUNDS - TRIAL_ROUNDS, best.prior)
        gain = best.bound - found.bound
        if gain <= wanted or best.share.min() < smallest:
            break
        found = best
        gains.append(gain)
    return found


def find_camps_of_many(
    ballots: Ballots,
    position: Floats,
    variance: Floats,
    taking_part: Floats,
    max_camps: int,
    earlier: Floats | None = None,
) -> Mixture:
    """As `find_camps`: their number from an excerpt, then a few rounds with all votes."""
    part = excerpt(ballots.by_item, len(position), position[:, 0])
    some = part.voters
    few = type(ballots)(part.by_voter, part.by_item, ballots.level[some])
    known = None if earlier is None else earlier[some]
    found = find_camps(few, position[some], variance[some], taking_part[some], max_camps, known)
    count = len(found.share)
    if count == 1:
        return mixture(ballots, np.ones((len(position), 1)), taking_part, 0)
    if earlier is not None and count == earlier.shape[1]:
        guess = earlier
    elif count == 2:
        above = first_guess(position[:, 0], variance, taking_part)
        guess = np.stack([1.0 - above, above], axis=1)
    else:
        table = np.zeros((len(ballots.by_item), *found.table.shape[1:]), np.float32)
        table[part.items] = found.table
        guess = softmax(ballots.voter_sums(table) + np.log(found.share))
    return mixture(ballots, guess, taking_part, ROUNDS_OF_MANY)


def first_guess(position: Floats, variance: Floats, taking_part: Floats) -> Floats:
    """Probability of standing above the threshold that splits the line into two groups best."""
    threshold = two_means(position[taking_part > 0])
    guess: Floats = ndtr((position - threshold) / np.sqrt(np.maximum(variance, 1e-12)))
    return guess


def _further(position: Floats, membership: Floats, taking_part: Floats) -> list[Floats]:
    """Guesses of one camp more: groups in the plane, or each of the camps split by the second axis."""
    seen = taking_part > 0
    count = membership.shape[1] + 1
    plane = position / (position[seen].std(axis=0) + 1e-9)
    _, centres = k_means(plane[seen], count)
    nearest = ((plane[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    guesses = [_soft(nearest, count)]
    own = membership.argmax(axis=1)
    for g in range(count - 1):
        members = seen & (own == g)
        if members.sum() > FEWEST_VOTERS:
            apart = (own == g) & (position[:, 1] > np.median(position[members, 1]))
            guesses.append(_soft(np.where(apart, count - 1, own), count))
    return guesses


def _soft(group: Ints, count: int) -> Floats:
    guess = np.full((len(group), count), (1.0 - SURE) / (count - 1))
    guess[np.arange(len(group)), group] = SURE
    return guess


def two_means(x: Floats) -> float:
    """The threshold that splits the line into the two groups of least variance (exact)."""
    if len(x) < 2:
        return 0.0
    line = np.sort(x)
    total, count = np.cumsum(line), np.arange(1, len(line))
    between = total[:-1] ** 2 / count + (total[-1] - total[:-1]) ** 2 / (len(line) - count)
    at = int(np.argmax(between))
    return float(line[at] + line[at + 1]) / 2.0
