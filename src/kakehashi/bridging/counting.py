"""From votes on items to counts, weighted and plain, and from these to scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.camps import Camps
from kakehashi.bridging.engine import half_of
from kakehashi.bridging.half import Half
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import Learned, Voters, Weighing
from kakehashi.bridging.rows import Floats, Ints, Rows
from kakehashi.bridging.scores import DECIMALS, Scores
from kakehashi.bridging.scoring import Prior, approvals, lower_bound
from kakehashi.bridging.votes import Votes

# Who belongs to a camp with this probability is counted in "34 of 39".
CLEAR = 2.0 / 3.0
Z_SHOWN = 1.64


@dataclass
class Tally:
    """Votes on M items by K camps: weighted `up` and `down`, and plain numbers of clear members, `ups` of `counts`."""

    up: Floats
    down: Floats
    ups: Ints
    counts: Ints


def tallied(
    votes: Votes,
    voters: Voters,
    nobody: Voters,
    weighing: Weighing,
    camps: Camps,
    engine: str,
    half: Half | None = None,
) -> Tally:
    """Count the votes on each item of `votes`; who is not among `voters` is `nobody`. `half` saves making it anew."""
    half = half or half_of(votes.by_item, len(votes.by_voter), engine)
    at = _places(votes, voters)
    n_camps = len(camps)
    clear = camps.membership(voters.position, voters.variance) >= CLEAR
    # Of one camp everybody is a clear member, also those of whom nothing is known.
    clear = np.concatenate([clear, np.full((1, n_camps), n_camps == 1)])
    known, unknown = weighing.tables(voters, camps), weighing.tables(nobody, camps)
    up, down = (
        half_sums(np.concatenate([np.concatenate([of_known, of_nobody]), clear], axis=1)[at])
        for half_sums, of_known, of_nobody in zip((half.of_ups, half.of_downs), known, unknown, strict=True)
    )
    counts = up[:, n_camps:] + down[:, n_camps:]
    only_ups = _only_ups(votes.by_item)
    ups = up[:, n_camps:]
    if only_ups is not votes.by_item:
        ups = half_of(only_ups, len(votes.by_voter), engine).of_ups(clear[at].astype(np.float64))
    return Tally(up[:, :n_camps], down[:, :n_camps], ups.astype(np.int64), counts.astype(np.int64))


def scores_of(votes: Votes, learned: Learned, z: float, engine: str) -> Scores:
    """Scores of the items of `votes` from all votes on them, with voters as `learned` knows them."""
    tally = tallied(votes, learned.voters, learned.nobody(), learned.weighing, learned.camps, engine)
    return scores_from(votes, tally, learned.prior, z)


def scores_from(votes: Votes, tally: Tally, prior: Prior, z: float) -> Scores:
    ups, all_votes = approvals(tally.up, tally.down, prior)
    return Scores(
        votes.item_ids,
        worst_bound(ups, all_votes, z),
        worst_bound(ups, all_votes, Z_SHOWN),
        ups / all_votes,
        tally.ups,
        tally.counts,
    )


def prior_score(prior: Prior, z: float) -> float:
    """The score of an item without votes."""
    nothing = np.zeros((1, len(prior.mean)))
    return float(worst_bound(*approvals(nothing, nothing, prior), z)[0])


def worst_bound(ups: Floats, all_votes: Floats, z: float) -> Floats:
    worst: Floats = np.round(lower_bound(ups, all_votes, z).min(axis=1), DECIMALS)
    return worst


def _places(votes: Votes, voters: Voters) -> Ints:
    """Row of each voter of `votes` among `voters`, or the row after the last for unknown ones."""
    at = np.full(len(votes.by_voter), len(voters.ids), np.int64)
    found = places_of(votes.voter_ids, voters.ids)
    at[: votes.n_voters] = np.where(found == UNKNOWN, len(voters.ids), found)
    return at


def _only_ups(rows: Rows) -> Rows:
    """The same votes, neither-nor taken as not up."""
    neither = (rows.packed & 3) == 1
    return Rows(rows.start, rows.packed & ~np.uint32(1)) if neither.any() else rows
