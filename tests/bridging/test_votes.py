"""What is taken as votes, and what is said about the rest."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.bridging import Votes, VotesError
from tests.bridging.crowds import columns

pytestmark = pytest.mark.once


def as_set(votes: Votes) -> set[tuple[Any, Any, float]]:
    return set(zip(*(column.tolist() for column in columns(votes)), strict=True))


@pytest.mark.parametrize(
    ("value", "rates"), [([1, -1, 1], [1, 0, 1]), ([1, 0.5, 0], [1, 0.5, 0]), ([True, False, True], [1, 0, 1])]
)
def test_both_scales(value: list[float], rates: list[float]) -> None:
    assert as_set(Votes.of([1, 2, 3], [7, 7, 7], value)) == {(u, 7, r) for u, r in zip([1, 2, 3], rates, strict=True)}


@pytest.mark.parametrize(
    "ids",
    [
        ["b", "a", "c"],
        [5, -3, 10**12],
        np.array([3, 1, 2], np.int32),
        [(1, "x"), (0, "y"), (1, "z")],
        [10**30, 5, -1],
        ["a", 3, (1,)],
        [date(2030, 1, 2), date(2030, 1, 1), date(2031, 1, 1)],
        np.array(["x", "yy", "z"]),
        np.array([1, 2, 3], np.uint64),
    ],
)
def test_ids_of_any_hashable_kind(ids: Any) -> None:
    votes = Votes.of(ids, ids, [1, -1, 1])
    expected = list(ids.tolist() if isinstance(ids, np.ndarray) else ids)
    assert as_set(votes) == {(one, one, rate) for one, rate in zip(expected, [1, 0, 1], strict=True)}


def test_the_last_vote_of_a_voter_on_an_item_counts() -> None:
    assert as_set(Votes.of([1, 1, 2, 1], [5, 5, 5, 5], [1, -1, 1, 1])) == {(1, 5, 1), (2, 5, 1)}
    assert as_set(Votes.of([1, 1], [5, 5], [1, -1], [20, 10])) == {(1, 5, 1)}
    assert as_set(Votes.of([1, 1], [5, 5], [1, -1], [10, 10])) == {(1, 5, 0)}
    assert as_set(Votes.of([1, 1], [5, 5], [1, -1], np.array(["2030-01-02", "2030-01-01"], "datetime64[s]"))) == {
        (1, 5, 1)
    }


def test_unknown_voters_are_each_somebody_else() -> None:
    votes = Votes.of([None, None, "ann"], ["x", "x", "x"], [1, 1, -1])
    assert (len(votes), votes.n_voters, len(votes.by_voter)) == (3, 1, 3)
    votes = Votes.of(np.array([-1, -1, 4]), np.array([1, 1, 1]), np.array([1, -1, 1]), unknown=-1)
    assert (len(votes), votes.voter_ids.tolist()) == (3, [4])


@pytest.mark.parametrize(
    ("columns_", "says", "row"),
    [
        (([1], [1], [2]), "the value 2", 0),
        (([1, 2], [1, 1], [-1, 0]), "does not go with -1", 1),
        (([1, 2], [1, 1], [0, 0.3]), "0.3", 1),
        (([1, 2], [1, 1], [1, float("nan")]), "nan", 1),
        (([1, 2], [1, 1], [1, float("inf")]), "inf", 1),
        (([1], [1], ["up"]), "must be numbers", None),
        (([1], [1], [None]), "nan", 0),
        (([1, 2], [1], [1, 1]), "equally long", None),
        (([1, float("nan")], [1, 1], [1, 1]), "NaN", 1),
        (([1, 2], [1, None], [1, 1]), "item id is missing", 1),
        (([[1], 2], [1, 2], [1, 1]), "not hashable", 0),
        (("ann", [1, 2, 3], [1, 1, 1]), "not one text", None),
        ((np.ones((2, 2), int), [1, 2], [1, 1]), "one column", None),
        (([1, 2], [1, 1], np.ones((2, 1))), "one column", None),
        (([1], [1], [1], [float("nan")]), "not a finite number", 0),
        (([1], [1], [1], ["noon"]), "must be numbers", None),
        (([1], [1], [1], [1, 2]), "2 timestamps", None),
    ],
)
def test_what_cannot_be_used_is_named(columns_: tuple[Any, ...], says: str, row: int | None) -> None:
    with pytest.raises(VotesError, match=says) as caught:
        Votes.of(*columns_)
    assert caught.value.row == row
    if row is not None:
        assert str(caught.value).startswith(f"Vote {row + 1}: ")


def test_no_votes_are_votes() -> None:
    votes = Votes.of([], [], [])
    assert (len(votes), votes.n_voters, votes.n_items) == (0, 0, 0)


ballots = st.lists(st.tuples(st.integers(0, 8), st.integers(-4, 4), st.sampled_from([1, 0.5, 0])), max_size=40)


@given(ballots)
def test_votes_are_a_dictionary_by_voter_and_item(rows: list[tuple[int, int, float]]) -> None:
    votes = Votes.of(*(list(column) for column in zip(*rows, strict=True))) if rows else Votes.of([], [], [])
    assert as_set(votes) == {(u, i, r) for (u, i), r in {(u, i): r for u, i, r in rows}.items()}
    by_item = votes.by_item
    pairs = zip(votes.voter_ids[by_item.column].tolist(), votes.item_ids[by_item.row].tolist(), strict=True)
    assert sorted(pairs) == sorted((u, i) for u, i, _ in as_set(votes))


@given(ballots, ballots)
def test_later_votes_replace_earlier_ones(first: list[Any], second: list[Any]) -> None:
    def of(rows: list[Any]) -> Votes:
        return Votes.of([u for u, _, _ in rows], [i for _, i, _ in rows], [r for _, _, r in rows])

    assert as_set(of(first).with_later(of(second))) == as_set(of(first + second))


def test_ten_million_integer_ids_take_the_fast_path() -> None:
    """A hundred thousand here: neither path may fall back to one Python object for each vote."""
    chance = np.random.default_rng(0)
    voter, item = chance.integers(0, 5000, 100_000), chance.integers(10**9, 10**9 + 10**8, 100_000)
    votes = Votes.of(voter, item, chance.choice(np.array([1, -1], np.int8), 100_000))
    assert votes.voter_ids.dtype == votes.item_ids.dtype == np.int64
    assert len(votes) == len(set(zip(voter.tolist(), item.tolist(), strict=True)))
