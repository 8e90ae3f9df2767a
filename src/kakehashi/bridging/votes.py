"""Votes as the model reads them: checked once, here, and grouped by voter and by item."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import VotesError
from kakehashi.bridging.ids import UNKNOWN, dense_ids, joined_ids
from kakehashi.bridging.rows import LARGEST_INDEX, Floats, Rows, grouped, stable_order


@dataclass(frozen=True)
class Votes:
    """Votes of voters on items, at most one for each voter and item.

    `voter_ids` (U,) and `item_ids` (M,) are sorted, so nothing depends on the order of the input. Voters are the rows
    of `by_voter` and the columns of `by_item`; rows U and beyond are unknown voters, one for each of their votes.
    `time` (one for each vote, in the order of `by_voter`) is None where no timestamps were given.
    """

    voter_ids: NDArray[Any]
    item_ids: NDArray[Any]
    by_voter: Rows
    by_item: Rows
    time: Floats | None = None

    @classmethod
    def of(
        cls,
        voter: Iterable[Hashable],
        item: Iterable[Hashable],
        value: Iterable[float],
        timestamp: Iterable[float] | None = None,
        *,
        unknown: int | None = None,
    ) -> Votes:
        """Check and group votes given as columns of equal length.

        Ids are integers (an integer array is fastest) or anything hashable. A value is +1 or -1, or 1, 0.5 or 0: one
        of the two scales in a call. Of several votes of a voter on an item the last one counts: the latest by
        `timestamp` (any number that grows with time), among equal ones and without timestamps the last in order.
        A voter of None, or of the integer `unknown`, is somebody of whom nothing is known: each such vote counts.

        Raises `VotesError`, which names the first vote to blame.

        >>> votes = Votes.of(["ann", "bo", "bo"], ["x", "x", "y"], [1, -1, 1])
        >>> len(votes), votes.n_voters, votes.n_items
        (3, 2, 2)
        """
        voter_ids, voters = dense_ids(voter, "voter", unknown=unknown, may_be_unknown=True)
        item_ids, items = dense_ids(item, "item")
        halves = _halves(value)
        times = None if timestamp is None else _times(timestamp)
        _check_lengths(len(voters), len(items), len(halves), times)
        return _grouped(voter_ids, item_ids, voters, items, halves, times)

    def __len__(self) -> int:
        return len(self.by_voter.packed)

    @property
    def n_voters(self) -> int:
        """Known voters."""
        return len(self.voter_ids)

    @property
    def n_items(self) -> int:
        return len(self.item_ids)

    def of_voters(self, keep: NDArray[np.bool_]) -> Votes:
        """The votes of those known voters (U,) that `keep` marks; unknown voters are left out."""
        row = self.by_voter.row
        marked = np.zeros(len(self.by_voter), bool)
        marked[: self.n_voters] = keep[: self.n_voters]
        chosen = marked[row]
        item = self.by_voter.column[chosen]
        items, item_at = np.unique(item, return_inverse=True)
        voter_at = np.cumsum(marked) - 1
        time = None if self.time is None else self.time[chosen]
        ids = self.voter_ids[marked[: self.n_voters]]
        return _grouped(ids, self.item_ids[items], voter_at[row[chosen]], item_at, self.by_voter.halves[chosen], time)

    def with_later(self, later: Votes) -> Votes:
        """These votes and `later` ones together; where both hold a voter's vote on an item, `later` counts."""
        voter_ids, voters = joined_ids(self.voter_ids, later.voter_ids)
        item_ids, items = joined_ids(self.item_ids, later.item_ids)
        parts = []
        for votes, voter_at, item_at in zip((self, later), voters, items, strict=True):
            row = votes.by_voter.row
            known = row < votes.n_voters
            voter = np.where(known, voter_at[np.where(known, row, 0)] if votes.n_voters else UNKNOWN, UNKNOWN)
            parts.append((voter, item_at[votes.by_voter.column], votes.by_voter.halves))
        voter, item, halves = (np.concatenate(column) for column in zip(*parts, strict=True))
        time = None
        if self.time is not None and later.time is not None:
            time = np.concatenate([self.time, later.time])
        return _grouped(voter_ids, item_ids, voter, item, halves, time)


def _check_lengths(voters: int, items: int, values: int, times: Floats | None) -> None:
    lengths = {"voters": voters, "items": items, "values": values}
    if times is not None:
        lengths["timestamps"] = len(times)
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{count} {name}" for name, count in lengths.items())
        raise VotesError(f"The columns must be equally long, but there are {given}.")


def _halves(value: Iterable[float]) -> NDArray[np.uint8]:
    """Twice the rate of each vote: 0 down, 1 neither, 2 up."""
    try:
        given = np.asarray(value if isinstance(value, np.ndarray | list | tuple) else list(value))
        if given.dtype.kind not in "biuf":
            given = given.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise VotesError("The values must be numbers: +1 and -1, or 1, 0.5 and 0.") from error
    if given.ndim != 1:
        raise VotesError(f"The values must be one column, but they have {given.ndim} dimensions.")
    up, down = given == 1, given == -1
    if (up | down).all():
        return np.where(up, np.uint8(2), np.uint8(0))
    allowed = up | (given == 0) | (given == 0.5)
    if down.any():
        row = int(np.argmin(up | down))
        if allowed[row]:
            raise VotesError(f"the value {given[row]} does not go with -1: give +1 and -1, or 1, 0.5 and 0.", row)
        raise VotesError(f"the value {given[row]} is neither +1 nor -1.", row)
    if not allowed.all():
        row = int(np.argmin(allowed))
        raise VotesError(f"the value {given[row]} is none of +1 and -1, or 1, 0.5 and 0.", row)
    return np.asarray(given * 2, np.uint8)


def _times(timestamp: Iterable[float]) -> Floats:
    try:
        times = np.asarray(timestamp if isinstance(timestamp, np.ndarray | list | tuple) else list(timestamp))
        if times.dtype.kind == "M":
            times = times.astype("datetime64[us]").astype(np.int64)
        times = times.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise VotesError("The timestamps must be numbers, for example seconds since 1970.") from error
    if times.ndim != 1:
        raise VotesError(f"The timestamps must be one column, but they have {times.ndim} dimensions.")
    if not np.isfinite(times).all():
        row = int(np.argmin(np.isfinite(times)))
        raise VotesError(f"the timestamp {times[row]} is not a finite number.", row)
    return times


def _grouped(
    voter_ids: NDArray[Any],
    item_ids: NDArray[Any],
    voter: NDArray[np.integer],
    item: NDArray[np.integer],
    halves: NDArray[np.uint8],
    time: Floats | None,
) -> Votes:
    """Sort by voter and item, keep the last vote of each pair, give each unknown vote a row of its own."""
    n_known, n_items = len(voter_ids), len(item_ids)
    if time is not None and len(time) and (np.diff(time) < 0).any():
        by_time = np.argsort(time, kind="stable")
        voter, item, halves, time = voter[by_time], item[by_time], halves[by_time], time[by_time]
    unknown = voter < 0
    n_unknown = int(unknown.sum())
    if max(n_known + n_unknown, n_items) > LARGEST_INDEX:
        raise VotesError(f"More than {LARGEST_INDEX} voters or items cannot be told apart.")
    if n_unknown:
        # In an order that does not depend on the input's: they differ by item and value only.
        voter = voter.copy()
        places = np.flatnonzero(unknown)
        places = places[np.lexsort((halves[places], item[places]))]
        voter[places] = n_known + np.arange(n_unknown)
    n_rows = n_known + n_unknown
    order = stable_order(item, n_items)
    order = order[stable_order(voter[order], n_rows)]
    voter, item = voter[order], item[order]
    last = np.ones(len(voter), bool)
    last[:-1] = (voter[1:] != voter[:-1]) | (item[1:] != item[:-1])
    if not last.all():
        voter, item, order = voter[last], item[last], order[last]
    halves = halves[order]
    by_voter = grouped(voter, item, halves, n_rows)
    by_item_order = stable_order(item, n_items)
    by_item = grouped(item[by_item_order], voter[by_item_order], halves[by_item_order], n_items)
    return Votes(voter_ids, item_ids, by_voter, by_item, None if time is None else time[order])
