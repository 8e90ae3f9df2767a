"""Scores kept up to date vote by vote: each item's counts stay, and a vote changes those of its own item only."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable

import numpy as np

from kakehashi.bridging.counting import known_of
from kakehashi.bridging.engine import ballots_of, half_of, uses_numba
from kakehashi.bridging.errors import VotesError
from kakehashi.bridging.grid import SUMS
from kakehashi.bridging.learned import Learned, electorate
from kakehashi.bridging.one_item import OneItem
from kakehashi.bridging.rows import RATE_BITS
from kakehashi.bridging.scores import DECIMALS
from kakehashi.bridging.votes import Votes

# What a vote adds to the ups and to the downs; None is no vote.
_NOTHING = (0.0, 0.0)
_SAID = {None: _NOTHING, 1: (1.0, 0.0), 0.5: (0.5, 0.5), 0: (0.0, 1.0), -1: (0.0, 1.0)}
_BY_HALVES = (_SAID[0], _SAID[0.5], _SAID[1])


class Running:
    """Scores of `votes` and of what comes later, voters held as `learned` knows them; others count as unknown ones.

    At any time the scores are those of `BridgingModel.score_items` for all votes so far. Not for several threads at once.
    """

    def __init__(self, votes: Votes, learned: Learned, engine: str) -> None:
        who = electorate(learned.voters, learned.shared, learned.camps, learned.weighing)
        voted = who.at(known_of(votes, learned.voters))
        half = half_of(votes.by_item, len(votes.by_voter), engine)
        self._level = who.level
        self._weight, self._rest = np.ascontiguousarray(who.weight), np.ascontiguousarray(who.rest)
        self._sums = ballots_of(votes, voted.level, engine).item_sums(voted.weight)
        self._pile = np.stack([half.of_ups(voted.rest), half.of_downs(voted.rest)], axis=1)
        self._voters = {one: row for row, one in enumerate(learned.voters.ids.tolist())}
        self._items = {one: place for place, one in enumerate(votes.item_ids.tolist())}
        self._rows = {one: row for row, one in enumerate(votes.voter_ids.tolist())}
        self._old_items = votes.n_items
        # Views of single numbers, which NumPy's arrays give out slowly.
        self._start, self._packed = votes.by_voter.start.data, votes.by_voter.packed.data
        self._later: dict[tuple[Hashable, int], tuple[float, float]] = {}
        self._one = OneItem.by(uses_numba(engine, len(votes)), learned.prior, learned.camps.share)

    def vote(self, voter: Hashable, item: Hashable, value: float | None) -> float:
        """The item's score after the vote: 1, 0.5, or 0 or -1, in place of an earlier one; None takes that back.

        The same vote again changes nothing. A voter of None is somebody else each time.
        """
        try:
            said = _SAID[value]
        except KeyError:
            raise VotesError(f"the value {value} is none of +1 and -1, or 1, 0.5 and 0.") from None
        place = self._place(item)
        before = _NOTHING if voter is None else self._before(voter, place)
        up, down = said[0] - before[0], said[1] - before[1]
        if up or down:
            row = -1 if voter is None else self._voters.get(voter, -1)
            if voter is not None:
                self._later[voter, place] = said
            score = self._one.changed(
                self._sums, self._pile, place, self._level[row], self._weight[row], self._rest[row], up, down
            )
        else:
            score = self._one.score(self._sums, self._pile, place)
        return round(score, DECIMALS)

    def score(self, item: Hashable) -> float:
        """The item's score as it is now; that of an item without votes where it is new."""
        place = self._place(item)
        return round(self._one.score(self._sums, self._pile, place), DECIMALS)

    def _before(self, voter: Hashable, place: int) -> tuple[float, float]:
        """What the voter said last of the item at `place`."""
        later = self._later.get((voter, place))
        if later is not None:
            return later
        row = self._rows.get(voter)
        if row is None or place >= self._old_items:
            return _NOTHING
        end = self._start[row + 1]
        at = bisect_left(self._packed, place << RATE_BITS, self._start[row], end)
        if at == end or self._packed[at] >> RATE_BITS != place:
            return _NOTHING
        return _BY_HALVES[self._packed[at] & 3]

    def _place(self, item: Hashable) -> int:
        place = self._items.get(item)
        if place is None:
            place = self._items[item] = len(self._items)
            if place >= len(self._sums):
                more = max(16, place)
                self._sums = np.concatenate([self._sums, np.zeros((more, self._sums.shape[1], SUMS))])
                self._pile = np.concatenate([self._pile, np.zeros((more, 2, self._pile.shape[2]))])
        return place
