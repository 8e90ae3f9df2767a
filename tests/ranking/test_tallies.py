"""What the figures of a comment make of it, without a database."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.ranking import tallies
from kakehashi.ranking.enough import LEAST_GROUP
from kakehashi.ranking.tallies import Tally

pytestmark = pytest.mark.once


class One(NamedTuple):
    pk: int
    common_ground: float
    tallies: tuple[Tally, ...]


def one(pk: int, agreement: str, common_ground: float = 0.0) -> One:
    return One(pk, common_ground, tallies.tallies_of(agreement))


def ids(chosen: list[One]) -> list[int]:
    return [rated.pk for rated in chosen]


@pytest.mark.parametrize(
    ("agreement", "read"),
    [("34/39,12/15", (Tally(34, 39), Tally(12, 15))), ("0/0,7/9", (Tally(0, 0), Tally(7, 9))), ("", ())],
)
def test_an_agreement_is_read(agreement: str, read: tuple[Tally, ...]) -> None:
    assert tallies.tallies_of(agreement) == read


def test_a_comment_that_few_of_one_camp_have_rated_tells_nothing() -> None:
    few, enough = f"30/30,4/{LEAST_GROUP - 1}", f"30/30,5/{LEAST_GROUP}"
    assert ids(tallies.weighed([one(1, few), one(2, enough), one(3, ""), one(4, "9/9")])) == [2]


def test_what_both_camps_like_stands_in_the_order_of_common_ground() -> None:
    comments = [one(1, "9/10,9/10", 0.1), one(2, "8/10,8/10", 0.2), one(3, "10/10,2/10", 0.3), one(4, "4/10,9/10", 0.9)]
    assert ids(tallies.agreed(comments)) == [2, 1]


def test_what_splits_them_stands_by_the_gap_and_is_not_what_one_camp_merely_likes_more() -> None:
    comments = [
        one(1, "10/10,6/10"),
        one(2, "9/10,3/10"),
        one(3, "40/40,1/40"),
        one(4, "1/10,3/10"),
        one(5, "1/12,12/12"),
    ]
    assert ids(tallies.divided(comments)) == [3, 5, 2]


def test_few_votes_split_less_than_many_of_the_same_shares() -> None:
    assert ids(tallies.divided([one(1, "5/5,0/5"), one(2, "50/50,0/50")])) == [2, 1]


def test_what_is_typical_of_a_camp_is_liked_there_and_nowhere_else() -> None:
    comments = [
        one(1, "18/20,2/20,1/20"),
        one(2, "18/20,17/20,1/20"),
        one(3, "3/20,19/20,2/20"),
        one(4, "9/20,0/20,0/20"),
    ]
    assert [ids(tallies.typical(comments, camp)) for camp in range(3)] == [[1], [3], []]


counts = st.integers(LEAST_GROUP, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(st.lists(counts.map(lambda pair: Tally(*pair)), min_size=2, max_size=2).map(tuple), max_size=12))
def test_no_comment_is_both_and_the_camps_may_be_swapped(rated: list[tuple[Tally, ...]]) -> None:
    comments = [One(pk, 0.0, pair) for pk, pair in enumerate(rated)]
    assert not set(ids(tallies.agreed(comments))) & set(ids(tallies.divided(comments)))
    swapped = [comment._replace(tallies=comment.tallies[::-1]) for comment in comments]
    assert ids(tallies.divided(swapped)) == ids(tallies.divided(comments))
    assert ids(tallies.typical(swapped, 0)) == ids(tallies.typical(comments, 1))
