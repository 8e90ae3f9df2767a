"""A warm fit goes part of the way from the earlier one to what it finds: scores move with votes, not by fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.grid import NEUTRAL
from kakehashi.bridging.grid import STEP as LENIENCY_STEP
from kakehashi.bridging.half import Side
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import SMALLEST_NOISE, Learned, Voters, Weighing, levels
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.votes import Votes

# So much of the way is gone in one fit.
STEP = 0.2
# Leniency comes in classes: a voter changes to the next beyond so many half widths of the former one.
INSIDE, BEYOND = 0.999, 1.2


def earlier_membership(votes: Votes, earlier: Learned) -> Floats:
    """Membership (R, K) in the earlier camps of each row of `by_voter`; the shares of the camps for whom it does not know."""
    membership = np.tile(earlier.camps.share, (len(votes.by_voter), 1))
    found = places_of(votes.voter_ids, earlier.voters.ids)
    known = np.flatnonzero(found != UNKNOWN)
    membership[known] = earlier.voters.membership[found[known]]
    return membership


def voters_on_the_way(voters: Voters, s2: float, earlier: Learned) -> Voters:
    """Known voters move by `STEP`, and by more where votes have been added to those by which they were known.

    `s2` is the noise of the fit that found `voters`.
    """
    found = places_of(voters.ids, earlier.voters.ids)
    known = np.flatnonzero(found != UNKNOWN)
    if not len(known):
        return voters
    old = earlier.voters.at(found[known])
    step = 1.0 - (1.0 - STEP) * np.minimum(old.n / np.maximum(voters.n[known], 1.0), 1.0)
    # Of somebody who voted once no camp was known.
    step[old.n < 2.0] = 1.0
    side = Side(voters.side.mean.copy(), voters.side.cov.copy())
    membership = voters.membership.copy()
    for now, then in ((membership, old.membership), (side.mean, old.side.mean), (side.cov, old.side.cov)):
        by = step.reshape(-1, *[1] * (now.ndim - 1))
        now[known] = then + by * (now[known] - then)
    side.mean[known, 0] = _in_class(side.mean[known, 0], s2, levels(old.side, earlier.shared.s2))
    return replace(voters, side=side, membership=membership)


def _in_class(bias: Floats, s2: float, level: NDArray[np.int8]) -> Floats:
    """Biases just beyond their former class of leniency, `level`, are put inside it."""
    centre = (level - float(NEUTRAL)) * LENIENCY_STEP * max(s2, SMALLEST_NOISE)
    half = 0.5 * LENIENCY_STEP * max(s2, SMALLEST_NOISE)
    inside = centre + np.clip(bias - centre, -INSIDE * half, INSIDE * half)
    return np.where(np.abs(bias - centre) < BEYOND * half, inside, bias)


def weighing_on_the_way(weighing: Weighing, earlier: Weighing) -> Weighing:
    """Part of the way to `weighing`."""
    return Weighing(*(_between(getattr(earlier, name), getattr(weighing, name)) for name in ("k0", "typical", "power")))


def prior_on_the_way(prior: Prior, earlier: Prior) -> Prior:
    """Part of the way to `prior`; no loading that was 0 or above falls below 0 by it."""
    return Prior(*(_between(getattr(earlier, name), getattr(prior, name)) for name in ("mean", "loading", "own")))


def _between(then: Any, now: Any) -> Any:
    return then + STEP * (now - then)
