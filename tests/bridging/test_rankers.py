"""What every ranker promises, ours and those it is compared with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.bridging import RANKERS, NotFittedError, Votes
from tests.bridging.crowds import a_crowd, columns

pytestmark = [pytest.mark.once, pytest.mark.parametrize("name", list(RANKERS))]

# Sums in another order may differ in their last bits; scores are told apart by 1e-6.
CLOSE = 3e-6
few_votes = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([1, 1, 0.5, 0])), min_size=1, max_size=60
)


def test_every_item_gets_a_finite_score(name: str) -> None:
    votes = a_crowd()
    ranker = RANKERS[name]().fit(votes)
    assert ranker.item_ids_.tolist() == votes.item_ids.tolist()
    assert ranker.score_.shape == (votes.n_items,)
    assert np.isfinite(ranker.score_).all()
    assert np.isfinite(ranker.prior_score_)


@settings(max_examples=25)
@given(rows=few_votes)
def test_any_votes_give_finite_scores(name: str, rows: list[tuple[int, int, float]]) -> None:
    ranker = RANKERS[name]().fit(Votes.of(*(list(column) for column in zip(*rows, strict=True))))
    assert np.isfinite(ranker.score_).all()


@pytest.mark.parametrize("value", [[1], [-1], [1] * 12, [-1] * 12])
@pytest.mark.parametrize("one", ["voter", "item", "neither"])
def test_one_voter_one_item_and_votes_that_all_agree(name: str, value: list[int], one: str) -> None:
    count = len(value)
    voter = [0] * count if one == "voter" else list(range(count))
    item = [0] * count if one == "item" else list(range(count))
    ranker = RANKERS[name]().fit(Votes.of(voter, item, value))
    assert np.isfinite(ranker.score_).all()


def test_no_votes_are_no_error(name: str) -> None:
    ranker = RANKERS[name]().fit(Votes.of([], [], []))
    assert len(ranker.score_) == len(ranker.item_ids_) == 0
    assert np.isfinite(ranker.prior_score_)


def test_the_order_of_the_input_does_not_matter(name: str) -> None:
    voter, item, value = columns(a_crowd())
    first = RANKERS[name]().fit(Votes.of(voter, item, value)).score_
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(voter))
        again = RANKERS[name]().fit(Votes.of(voter[order], item[order], value[order])).score_
        assert (first == again).all()


@pytest.mark.parametrize("share", [0.5, 0.12])
def test_names_do_not_matter(name: str, share: float) -> None:
    """Under any renaming, not only one that keeps the order."""
    voter, item, value = columns(a_crowd(share=share))
    first = RANKERS[name]().fit(Votes.of(voter, item, value)).score_
    for seed in range(3):
        chance = np.random.default_rng(seed)
        to_voter, to_item = chance.permutation(100), chance.permutation(100)
        other = RANKERS[name]().fit(Votes.of(to_voter[voter], to_item[item], value))
        place = np.searchsorted(other.item_ids_, to_item[np.unique(item)])
        np.testing.assert_allclose(other.score_[place], first, atol=CLOSE)


def test_repeated_votes_count_once(name: str) -> None:
    voter, item, value = columns(a_crowd(share=0.2))
    twice = Votes.of(np.tile(voter, 2), np.tile(item, 2), np.tile(value, 2))
    assert (RANKERS[name]().fit(twice).score_ == RANKERS[name]().fit(Votes.of(voter, item, value)).score_).all()


def test_what_everybody_likes_stands_above_what_nobody_likes(name: str) -> None:
    voter, item, value = columns(a_crowd())
    voter = np.concatenate([voter, np.arange(60), np.arange(60)])
    item = np.concatenate([item, np.full(60, 98), np.full(60, 99)])
    value = np.concatenate([value, np.ones(60), np.zeros(60)])
    ranker = RANKERS[name]().fit(Votes.of(voter, item, value))
    assert ranker.score_.argmax() == len(ranker.score_) - 2
    assert ranker.score_[-1] == ranker.score_.min()


def test_parameters_can_be_read_and_set(name: str) -> None:
    ranker = RANKERS[name]()
    params = ranker.get_params()
    assert ranker.set_params(**params) is ranker
    assert type(ranker)(**params).get_params() == params
    with pytest.raises(ValueError, match="no parameter warp"):
        ranker.set_params(warp=9)


def test_scores_are_asked_for_after_a_fit(name: str) -> None:
    with pytest.raises(NotFittedError, match="call `fit`"):
        _ = RANKERS[name]().score_
