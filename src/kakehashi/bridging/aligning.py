"""Signs of axes and order of camps mean nothing by themselves: here they are made those of an earlier model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kakehashi.bridging.half import Side
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import Camps, Learned
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Ints


def aligned(learned: Learned, before: Learned) -> tuple[Learned, Ints]:
    """The same model with each axis pointing, and the camps ordered, as `before` has them for the voters known to both;
    with it the order (K,): which of its former camps is now the first, the second …

    Where the two have different numbers of camps, or no voter in common, the camps keep their order.
    """
    place = places_of(learned.voters.ids, before.voters.ids)
    both = np.flatnonzero(place != UNKNOWN)
    turned = _turned(learned, before, both, place[both])
    order = _order(learned, before, both, place[both])
    camps, prior = learned.camps, learned.prior
    voters = replace(turned.voters, membership=turned.voters.membership[:, order])
    camps = Camps(camps.share[order], camps.table[:, :, order])
    prior = Prior(prior.mean[order], prior.loading[order], prior.own[order])
    return replace(turned, voters=voters, camps=camps, prior=prior), order


def _turned(learned: Learned, before: Learned, mine: Ints, theirs: Ints) -> Learned:
    axes = min(learned.n_axes, before.n_axes)
    now, then = learned.voters.position[mine, :axes], before.voters.position[theirs, :axes]
    signs = np.ones(1 + learned.n_axes)
    signs[1 : 1 + axes] = np.where((now * then).sum(axis=0) < 0, -1.0, 1.0)
    voters = replace(learned.voters, side=_times(learned.voters.side, signs))
    return replace(learned, voters=voters, items=_times(learned.items, signs))


def _times(side: Side, signs: Floats) -> Side:
    return Side(side.mean * signs, side.cov * signs[:, None] * signs[None, :])


def _order(learned: Learned, before: Learned, mine: Ints, theirs: Ints) -> Ints:
    count = len(learned.camps)
    if count != len(before.camps) or not len(mine):
        return np.arange(count)
    shared = np.einsum("ug,uh->gh", before.voters.membership[theirs], learned.voters.membership[mine])
    if count == 2:
        return np.arange(2) if np.trace(shared) >= np.trace(shared[:, ::-1]) else np.array([1, 0])
    # A second of the processor's to load.
    from scipy.optimize import linear_sum_assignment

    order: Ints = linear_sum_assignment(-shared)[1]
    return order
