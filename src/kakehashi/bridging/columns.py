"""Votes as they come out of a file, a block at a time, gathered in compact arrays.

A vote takes 17 bytes here (9 without a timestamp), each different id about 100. Ids are texts, whatever they look like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import VotesError
from kakehashi.bridging.votes import Votes

UNKNOWN = -1
REQUIRED = ("voter_id", "item_id", "value")
TIMESTAMP = "timestamp"
# What a value may be, as twice the value.
_DOWN, _ZERO, _HALF, _UP = -2, 0, 1, 2


class FileError(VotesError):
    """What is wrong with a file, and where: its name and the line are in the message."""


class Names:
    """Texts as numbers, counted from 0 in the order in which they came."""

    def __init__(self, *, may_be_empty: bool = False) -> None:
        self._places: defaultdict[str, int] = defaultdict(count().__next__)
        self._nobody = {"": UNKNOWN} if may_be_empty else {}
        self._places.update(self._nobody)

    def places(self, names: Iterable[str], length: int) -> NDArray[np.int32]:
        return np.fromiter(map(self._places.__getitem__, names), np.int32, length)

    def in_order(self) -> tuple[NDArray[np.object_], NDArray[np.int32]]:
        """All names in the order of the alphabet, and for each number its place there."""
        names = [name for name in self._places if name not in self._nobody]
        order = sorted(range(len(names)), key=names.__getitem__)
        ordered = np.empty(len(names), object)
        ordered[:] = [names[number] for number in order]
        place = np.empty(len(names), np.int32)
        place[order] = np.arange(len(names), dtype=np.int32)
        return ordered, place


@dataclass(frozen=True)
class Block:
    """Some votes of a file: numbers of voters and items, twice the values, seconds; `where` names a row's line."""

    voter: NDArray[np.int32]
    item: NDArray[np.int32]
    twice: NDArray[np.int8]
    time: NDArray[np.float64] | None
    where: Callable[[int], str]


class Columns:
    """All blocks of a file. `is_passing` leaves out rows of value 0 where 1 and -1 are the scale: they are no votes."""

    def __init__(self, *, is_passing: bool = False) -> None:
        self.voters, self.items, self.is_passing = Names(may_be_empty=True), Names(), is_passing
        self.rows = 0
        self._parts: dict[str, list[NDArray[Any]]] = {"voter": [], "item": [], "twice": [], "time": []}
        self._where: list[Callable[[int], str]] = []

    def add(self, block: Block) -> None:
        self.rows += len(block.twice)
        for name, part in self._parts.items():
            column = getattr(block, name)
            if column is not None:
                part.append(column)
        self._where.append(block.where)

    def votes(self, name: str) -> Votes:
        """All of them, checked; `name` is the file's. Nothing is left in the columns."""
        if not self.rows:
            raise FileError(f"{name} holds no votes.")
        has_downs, has_times = self._check_scale(), self._check_times()
        voter_ids, voter_place = self.voters.in_order()
        item_ids, item_place = self.items.in_order()
        twice = self._take("twice")
        keep = twice != _ZERO if has_downs and self.is_passing else slice(None)
        twice = twice[keep]
        votes = Votes.of(
            np.append(voter_place, np.int32(UNKNOWN))[self._take("voter")[keep]],
            item_place[self._take("item")[keep]],
            np.sign(twice) if has_downs else twice / np.float32(2),
            self._take("time")[keep] if has_times else None,
            unknown=UNKNOWN,
        )
        if not len(votes):
            raise FileError(f"{name} holds no votes: all its rows are passes.")
        return replace(votes, voter_ids=voter_ids[votes.voter_ids], item_ids=item_ids[votes.item_ids])

    def _take(self, column: str) -> NDArray[Any]:
        return np.concatenate(self._parts.pop(column))

    def _first(self, column: str, is_such: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> str | None:
        """Where the first row stands that is such in the column."""
        for part, where in zip(self._parts[column], self._where, strict=True):
            such = is_such(part)
            if such.any():
                return where(int(np.argmax(such)))
        return None

    def _check_scale(self) -> bool:
        """Whether the scale is 1 and -1."""
        down = self._first("twice", lambda twice: twice == _DOWN)
        if down is None:
            return False
        no_vote = (_HALF,) if self.is_passing else (_HALF, _ZERO)
        other = self._first("twice", lambda twice: np.isin(twice, no_vote))
        if other is not None:
            raise FileError(
                f"{other}: the value goes with the scale 1, 0.5 and 0, but {down.rpartition(', ')[2]} has -1. "
                "Where 0 is a pass and no vote, leave such rows out (--ignore-passes)."
            )
        return True

    def _check_times(self) -> bool:
        """Whether the rows have times: all, or none."""
        if not self._parts["time"]:
            return False
        empty = self._first("time", np.isnan)
        if empty is None:
            return True
        if self._first("time", lambda time: ~np.isnan(time)) is not None:
            raise FileError(f"{empty}: the timestamp is missing; give one in every row or in none.")
        return False
