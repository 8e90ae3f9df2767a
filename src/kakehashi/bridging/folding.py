"""New voters between two fits: where they stand and to which camp they belong, from their own votes, items held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kakehashi.bridging.engine import ballots_of, half_of
from kakehashi.bridging.half import Side
from kakehashi.bridging.ids import UNKNOWN, joined_ids, places_of
from kakehashi.bridging.learned import Learned, Voters, levels
from kakehashi.bridging.mixture import softmax
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.votes import Votes

# Who is known from fewer votes and has more by now was met in the middle of voting.
SETTLED = 40


def with_new_voters(learned: Learned, votes: Votes, engine: str) -> Learned:
    """`learned` and those voters of `votes` whom it does not know, or from the beginning of their votes only.

    All others stay as they are.
    """
    known = learned.voters
    at = places_of(votes.voter_ids, known.ids)
    is_new = at == UNKNOWN
    met = np.flatnonzero(~is_new)
    before = known.n[at[met]]
    is_new[met] = (before < SETTLED) & (votes.by_voter.counts[met] > before)
    new = votes.of_voters(is_new)
    if new.n_voters == 0:
        return learned
    others = np.setdiff1d(np.arange(len(known.ids)), at[is_new])
    return replace(learned, voters=_together(known.at(others), _folded_in(new, learned, engine)))


def _folded_in(votes: Votes, learned: Learned, engine: str) -> Voters:
    """Unknown items tell nothing of a position, but count in the number of votes."""
    half = half_of(votes.by_voter, votes.n_items, engine)
    at = places_of(votes.item_ids, learned.item_ids)
    known = at != UNKNOWN
    items = Side.unknown(votes.n_items, learned.shared.tau_item)
    items.mean[known], items.cov[known] = learned.items.mean[at[known]], learned.items.cov[at[known]]
    side, _ = half.update(items, learned.shared.mu, learned.shared.s2, learned.shared.tau_voter)
    table = np.zeros((votes.n_items, *learned.camps.table.shape[1:]))
    table[known] = learned.camps.table[at[known]]
    tells = ballots_of(votes, levels(side, learned.shared.s2), engine).voter_sums(table)
    membership = softmax(tells + np.log(learned.camps.share))
    membership[half.n < 2] = learned.camps.share
    return Voters(votes.voter_ids, side, half.n, membership)


def _together(one: Voters, other: Voters) -> Voters:
    ids, (at_one, at_other) = joined_ids(one.ids, other.ids)

    def both(first: Floats, second: Floats) -> Floats:
        out = np.empty((len(ids), *first.shape[1:]), first.dtype)
        out[at_one], out[at_other] = first, second
        return out

    side = Side(both(one.side.mean, other.side.mean), both(one.side.cov, other.side.cov))
    return Voters(ids, side, both(one.n, other.n), both(one.membership, other.membership))
