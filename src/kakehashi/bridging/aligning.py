"""Signs of axes and order of camps mean nothing by themselves: here they are made those of an earlier model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from kakehashi.bridging.camps import Camps
from kakehashi.bridging.half import Side
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import Learned, Voters
from kakehashi.bridging.rows import Ints
from kakehashi.bridging.scoring import Prior


def aligned(learned: Learned, before: Learned) -> tuple[Learned, Ints]:
    """The same model with each axis pointing, and the camps ordered, as `before` has them for the voters known to both;
    with it the order (K,): which of its former camps is now the first, the second …

    Where the two have different numbers of camps, or no voter in common, the camps keep their order.
    """
    place = places_of(learned.voters.ids, before.voters.ids)
    both = np.flatnonzero(place != UNKNOWN)
    turned = _turned(learned, before, both, place[both])
    order = _order(turned, before, both, place[both])
    prior = turned.prior
    prior = Prior(prior.mean[order], prior.strength[order], prior.cap[np.ix_(order, order)])
    return replace(turned, camps=replace(turned.camps, centre=turned.camps.centre[order]), prior=prior), order


def _turned(learned: Learned, before: Learned, mine: Ints, theirs: Ints) -> Learned:
    axes = min(learned.n_axes, before.n_axes)
    now, then = learned.voters.position[mine, :axes], before.voters.position[theirs, :axes]
    signs = np.ones(1 + learned.n_axes)
    signs[1 : 1 + axes] = np.where((now * then).sum(axis=0) < 0, -1.0, 1.0)
    camps = learned.camps
    threshold = camps.threshold * float(signs[1]) if learned.n_axes else camps.threshold
    voters = replace(learned.voters, side=_times(learned.voters.side, signs))
    turned = replace(camps, threshold=threshold, centre=camps.centre * signs[1:])
    return replace(learned, voters=voters, items=_times(learned.items, signs), camps=turned)


def _times(side: Side, signs: np.ndarray) -> Side:
    return Side(side.mean * signs, side.cov * signs[:, None] * signs[None, :])


def _order(learned: Learned, before: Learned, mine: Ints, theirs: Ints) -> Ints:
    count = len(learned.camps)
    if count != len(before.camps) or not len(mine):
        return np.arange(count)
    shared = _membership(before.camps, before.voters, theirs).T @ _membership(learned.camps, learned.voters, mine)
    order: Ints = linear_sum_assignment(-shared)[1]
    return order


def _membership(camps: Camps, voters: Voters, places: Ints) -> np.ndarray:
    return camps.membership(voters.position[places], voters.variance[places])
