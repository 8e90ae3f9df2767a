"""Between two fits: new voters are folded in, known ones and items stay, and a refit agrees."""

from __future__ import annotations

import copy
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.bridging import BridgingModel, NotFittedError, Votes
from tests.bridging.crowds import a_crowd, columns

pytestmark = pytest.mark.once

VOTER, ITEM, VALUE = columns(a_crowd(voters=160))


def some(which: np.ndarray) -> Votes:
    return Votes.of(VOTER[which], ITEM[which], VALUE[which])


@cache
def fitted() -> BridgingModel:
    return BridgingModel().fit(some(VOTER < 60))


def test_new_voters_find_their_camp_and_known_ones_stay() -> None:
    model = BridgingModel().fit(some(VOTER < 100))
    before = model.membership_.copy()
    model.fold_in(some(VOTER >= 60))
    assert model.voter_ids_.tolist() == list(range(160))
    np.testing.assert_array_equal(model.membership_[:100], before)
    camp = model.membership_.argmax(axis=1)
    assert (camp[100:] == camp[np.arange(100, 160) % 2]).mean() > 0.95


def test_folding_in_finds_what_the_fit_found() -> None:
    """A voter of the fit, forgotten and folded in again."""
    model = BridgingModel().fit(some(VOTER >= 0))
    again = model.about(np.arange(100)).fold_in(some(VOTER >= 100))
    np.testing.assert_allclose(again.position_, model.position_, atol=0.05)
    np.testing.assert_allclose(again.membership_, model.membership_, atol=0.05)


@settings(max_examples=8)
@given(st.lists(st.integers(0, len(VOTER) - 1), max_size=3), st.integers(0, 2**32))
def test_batches_may_be_split_and_repeated(cuts: list[int], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(np.flatnonzero(VOTER >= 60))
    whole, parts = copy.deepcopy(fitted()), copy.deepcopy(fitted())
    whole.partial_fit(some(order))
    for batch in np.split(order, sorted(cut % len(order) for cut in cuts)):
        parts.partial_fit(some(batch)).partial_fit(some(batch))
    np.testing.assert_array_equal(parts.score_, whole.score_)
    np.testing.assert_array_equal(parts.membership_, whole.membership_)


def test_votes_in_the_order_of_time_agree_with_a_fit_of_all() -> None:
    order = np.random.default_rng(3).permutation(len(VOTER))
    model = BridgingModel().fit(some(order[:2000]))
    for end in range(2100, len(order), 200):
        model.partial_fit(some(order[end - 200 : end]))
        cold = BridgingModel().fit(some(order[:end]))
        assert np.corrcoef(model.score_, cold.score_)[0, 1] >= 0.995
        np.testing.assert_allclose(model.score_, cold.score_, atol=0.06)


def test_items_without_votes_stand_at_the_prior() -> None:
    model = BridgingModel().fit(some(VOTER >= 0))
    unknown = model.score_items(Votes.of([None, None], [900, 901], [1, -1]))
    assert unknown.score[1] < model.prior_score_ < unknown.score[0]
    assert unknown.counts.sum() == 0


def test_a_model_without_votes_says_so() -> None:
    with pytest.raises(NotFittedError, match="stored without its votes"):
        BridgingModel.from_bytes(BridgingModel().fit(a_crowd()).to_bytes()).partial_fit(a_crowd())
    with pytest.raises(NotFittedError, match="call `fit` first"):
        BridgingModel().fold_in(a_crowd())
