"""From votes on items to weighted counts, and from these to scores."""

from __future__ import annotations

import numpy as np

from kakehashi.bridging.camps import Camps
from kakehashi.bridging.engine import half_of
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import Learned, Voters, Weighing
from kakehashi.bridging.rows import Floats, Ints, Rows
from kakehashi.bridging.scores import DECIMALS, Scores
from kakehashi.bridging.scoring import Prior, approvals, lower_bound
from kakehashi.bridging.votes import Votes

CLEAR = 2.0 / 3.0
Z_SHOWN = 1.64


def weighted_counts(
    votes: Votes, voters: Voters, nobody: Voters, weighing: Weighing, camps: Camps, engine: str
) -> Floats:
    """Weighted up- and down-votes (2, M, K) of each item of `votes`; who is not among `voters` is `nobody`."""
    known, unknown = weighing.tables(voters, camps), weighing.tables(nobody, camps)
    at = _places(votes, voters)
    half = half_of(votes.by_item, len(votes.by_voter), engine)
    up, down = (np.concatenate([of_known, of_nobody])[at] for of_known, of_nobody in zip(known, unknown, strict=True))
    return np.stack([half.of_ups(up), half.of_downs(down)])


def plain_counts(votes: Votes, voters: Voters, camps: Camps, engine: str) -> tuple[Ints, Ints]:
    """For each item and camp, voters who clearly belong to it and who of these rated the item up: (ups, counts), (M, K)."""
    at = _places(votes, voters)
    share = camps.membership(voters.position, voters.variance)
    clear = np.concatenate([share >= CLEAR, np.zeros((1, len(camps)), bool) | (len(camps) == 1)])[at]
    table = clear.astype(np.float64)
    counts = half_of(votes.by_item, len(votes.by_voter), engine).of(table)
    ups = half_of(_only_ups(votes.by_item), len(votes.by_voter), engine).of_ups(table)
    return ups.astype(np.int64), counts.astype(np.int64)


def scores_of(votes: Votes, learned: Learned, z: float, engine: str) -> Scores:
    """Scores of the items of `votes` from all votes on them, with voters as `learned` knows them."""
    up, down = weighted_counts(votes, learned.voters, learned.nobody(), learned.weighing, learned.camps, engine)
    ups, all_votes = approvals(up, down, learned.prior)
    plain_ups, counts = plain_counts(votes, learned.voters, learned.camps, engine)
    return Scores(
        votes.item_ids,
        worst_bound(ups, all_votes, z),
        worst_bound(ups, all_votes, Z_SHOWN),
        ups / all_votes,
        plain_ups,
        counts,
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
