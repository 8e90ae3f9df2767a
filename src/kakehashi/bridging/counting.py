"""From votes on items to counts, weighted and plain, and from these to scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.engine import ballots_of, half_of, scores_by
from kakehashi.bridging.half import Half
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import Electorate, Learned, Voters, electorate
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Ints, Rows
from kakehashi.bridging.scores import DECIMALS, Scores
from kakehashi.bridging.scoring import with_pile
from kakehashi.bridging.votes import Votes


@dataclass
class Tally:
    """Votes on M items by K camps: weighted `sums` (M, K, SUMS), and plain numbers of clear members, `ups` of `counts`."""

    sums: Floats
    ups: Ints
    counts: Ints


def tallied(votes: Votes, who: Electorate, share: Floats, engine: str, half: Half | None = None) -> Tally:
    """Count the votes on each item; `who` (rows as `by_voter`) gave them. `half` of the items saves making it anew."""
    half = half or half_of(votes.by_item, len(votes.by_voter), engine)
    n_camps = len(share)
    table = np.concatenate([who.rest, who.clear], axis=1)
    up, down = half.of_ups(table), half.of_downs(table)
    sums = ballots_of(votes, who.level, engine).item_sums(who.weight)
    counts = up[:, n_camps:] + down[:, n_camps:]
    ups = up[:, n_camps:]
    only_ups = _only_ups(votes.by_item)
    if only_ups is not votes.by_item:
        ups = half_of(only_ups, len(votes.by_voter), engine).of_ups(who.clear.astype(np.float64))
    sums = with_pile(sums, up[:, :n_camps], down[:, :n_camps], share)
    return Tally(sums, ups.astype(np.int64), counts.astype(np.int64))


def scores_of(votes: Votes, learned: Learned, engine: str) -> Scores:
    """Scores of the items of `votes` from all votes on them, with voters as `learned` knows them."""
    known = electorate(learned.voters, learned.shared, learned.camps, learned.weighing)
    who = known.at(known_of(votes, learned.voters))
    return scores_from(votes, tallied(votes, who, learned.camps.share, engine), learned.prior, engine)


def known_of(votes: Votes, voters: Voters) -> Ints:
    """For each row of `by_voter` its place in an electorate of `voters`: after the last where nothing is known."""
    at = np.full(len(votes.by_voter), len(voters.ids), np.int64)
    found = places_of(votes.voter_ids, voters.ids)
    at[: votes.n_voters] = np.where(found == UNKNOWN, len(voters.ids), found)
    return at


def scores_from(votes: Votes, tally: Tally, prior: Prior, engine: str) -> Scores:
    score, lower, approval = scores_by(engine, len(votes))(tally.sums, prior)
    return Scores(
        votes.item_ids, np.round(score, DECIMALS), np.round(lower, DECIMALS), approval, tally.ups, tally.counts
    )


def _only_ups(rows: Rows) -> Rows:
    """The same votes, neither-nor taken as not up."""
    neither = (rows.packed & 3) == 1
    return Rows(rows.start, rows.packed & ~np.uint32(1)) if neither.any() else rows
