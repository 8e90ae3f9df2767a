"""Ids of any hashable kind as places in a sorted array of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import VotesError

# The place of a voter of whom nothing is known.
UNKNOWN = -1


def dense_ids(
    given: Iterable[Hashable], what: str, *, unknown: int | None = None, may_be_unknown: bool = False
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different ids, sorted, and for each one given its place among them (`UNKNOWN` for None or `unknown`)."""
    if isinstance(given, str | bytes):
        raise VotesError(f"The {what} ids must be a column of ids, not one text.")
    column: Any = given
    if not isinstance(column, np.ndarray):
        column = list(column)
        if all(type(one) is int for one in column):
            column = _as_integers(column)
    if isinstance(column, np.ndarray):
        if column.ndim != 1:
            raise VotesError(f"The {what} ids must be one column, but they have {column.ndim} dimensions.")
        if column.dtype.kind in "iu" and (column.dtype.kind == "i" or column.dtype.itemsize < 8):
            return _dense_integers(column.astype(np.int64, copy=False), unknown)
        column = column.tolist()
    return _dense_objects(column, what, unknown, may_be_unknown)


def places_of(ids: NDArray[Any], known: NDArray[Any]) -> NDArray[np.int64]:
    """The place of each of `ids` in `known` (sorted as `dense_ids` sorts), `UNKNOWN` where it is not there."""
    if len(known) == 0 or len(ids) == 0:
        return np.full(len(ids), UNKNOWN, np.int64)
    if ids.dtype.kind == "i" and known.dtype.kind == "i":
        place = np.searchsorted(known, ids)
        place[place == len(known)] = 0
        return np.where(known[place] == ids, place, UNKNOWN)
    at = {one: place for place, one in enumerate(known.tolist())}
    return np.array([at.get(one, UNKNOWN) for one in ids.tolist()], np.int64)


def joined_ids(one: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[Any], list[NDArray[np.int64]]]:
    """All ids of both, sorted, and the place of each of `one` and of `other` among them."""
    if one.dtype.kind == "i" and other.dtype.kind == "i":
        ids = np.union1d(one, other)
        return ids, [np.searchsorted(ids, part) for part in (one, other)]
    ids, places = dense_ids([*one.tolist(), *other.tolist()], "")
    return ids, [places[: len(one)], places[len(one) :]]


def _as_integers(column: Sequence[Any]) -> NDArray[np.int64] | list[Any]:
    try:
        return np.array(column, np.int64)
    except OverflowError:
        return list(column)


def _dense_integers(column: NDArray[np.int64], unknown: int | None) -> tuple[NDArray[Any], NDArray[np.int64]]:
    known = None
    if unknown is not None and (column == unknown).any():
        known = column != unknown
        column = column[known]
    if len(column) == 0:
        ids, place = np.zeros(0, np.int64), np.zeros(0, np.int64)
    else:
        least, most = int(column.min()), int(column.max())
        if most - least < 4 * len(column) + 1000:
            # Ids of a database lie close together: mark those that occur, without sorting.
            occurs = np.zeros(most - least + 1, bool)
            occurs[column - least] = True
            ids = np.flatnonzero(occurs) + least
            place = (np.cumsum(occurs) - 1)[column - least]
        else:
            ids, place = np.unique(column, return_inverse=True)
    if known is None:
        return ids, place
    every = np.full(len(known), UNKNOWN, np.int64)
    every[known] = place
    return ids, every


def _dense_objects(
    column: list[Any], what: str, unknown: int | None, may_be_unknown: bool
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    seen: dict[Hashable, int] = {}
    first = np.empty(len(column), np.int64)
    for row, one in enumerate(column):
        if one is None or (unknown is not None and one == unknown):
            if not may_be_unknown:
                raise VotesError(f"the {what} id is missing.", row)
            first[row] = UNKNOWN
            continue
        if one != one:  # noqa: PLR0124  NaN is the only one
            raise VotesError(f"the {what} id is not a number (NaN); give None for an unknown voter.", row)
        try:
            first[row] = seen.setdefault(one, len(seen))
        except TypeError as error:
            raise VotesError(f"the {what} id {one!r} is not hashable.", row) from error
    ids = _sorted(list(seen))
    at = np.empty(len(ids) + 1, np.int64)
    for place, one in enumerate(ids):
        at[seen[one]] = place
    at[len(ids)] = UNKNOWN  # where -1 points to
    return _array_of(ids), at[first]


def _sorted(ids: list[Any]) -> list[Any]:
    try:
        return sorted(ids)
    except TypeError:  # of different kinds, or of a kind without order
        return sorted(ids, key=lambda one: (type(one).__name__, repr(one)))


def _array_of(ids: list[Any]) -> NDArray[Any]:
    if ids and all(type(one) is int for one in ids):
        integers = _as_integers(ids)
        if isinstance(integers, np.ndarray):
            return integers
    array = np.empty(len(ids), object)
    array[:] = ids
    return array
