"""A part of many votes that shows camps as well as all of them: the items with most votes, and voters spread evenly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kakehashi.bridging.rows import Floats, Ints, Rows, grouped, stable_order

# Votes on the items chosen, and votes of the voters chosen among them.
MOST_ON_ITEMS, MOST_VOTES = 3_000_000, 200_000
FEWEST_ITEMS = 200


@dataclass
class Excerpt:
    """Votes of `voters` on `items` (places in the whole), as rows of either side."""

    voters: Ints
    items: Ints
    by_voter: Rows
    by_item: Rows


def excerpt(by_item: Rows, n_voters: int, position: Floats) -> Excerpt:
    """At most about `MOST_VOTES` votes; `position` (R,) of all voters puts them in an order that does not hang on ids."""
    counts = by_item.counts
    most = np.argsort(-counts, kind="stable")
    enough = int(np.searchsorted(np.cumsum(counts[most]), MOST_ON_ITEMS))
    items = np.sort(most[: max(enough, FEWEST_ITEMS)])
    packed = np.concatenate([by_item.packed[by_item.start[i] : by_item.start[i + 1]] for i in items.tolist()])
    item, voter = np.repeat(np.arange(len(items)), counts[items]), (packed >> np.uint32(2)).astype(np.int64)
    given = np.bincount(voter, minlength=n_voters)
    able = np.flatnonzero(given > 1)
    able = able[np.argsort(position[able], kind="stable")]
    voters = np.sort(able[:: max(1, round(given[able].sum() / MOST_VOTES))])
    at = np.full(n_voters, -1)
    at[voters] = np.arange(len(voters))
    chosen = at[voter] >= 0
    voter, item, halves = at[voter[chosen]], item[chosen], (packed[chosen] & 3).astype(np.uint8)
    order = stable_order(voter, len(voters))
    rows_of_voters = grouped(voter[order], item[order], halves[order], len(voters))
    return Excerpt(voters, items, rows_of_voters, grouped(item, voter, halves, len(items)))
