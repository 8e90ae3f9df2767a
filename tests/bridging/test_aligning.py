"""Camps keep their number from model to model, and a small model of some voters says what the whole one says."""

from __future__ import annotations

import numpy as np
import pytest

from kakehashi.bridging import BridgingModel, Votes

pytestmark = pytest.mark.once


def two_camps(seed: int, *, first: int = 0, voters: int = 60, items: int = 40) -> Votes:
    """The camps are even and odd voters, counted from `first`."""
    rng = np.random.default_rng(seed)
    lean, voter = rng.choice([-1, 1], items), np.repeat(np.arange(first, first + voters), items)
    item = np.tile(np.arange(items), voters)
    up = rng.random(len(voter)) < 0.5 + 0.4 * lean[item] * np.where(voter % 2, 1, -1)
    return Votes.of(voter, item, np.where(up, 1, -1))


@pytest.fixture
def fitted() -> BridgingModel:
    return BridgingModel().fit(two_camps(1))


def camp_of_even(model: BridgingModel) -> int:
    return int(model.membership_[model.voter_ids_ % 2 == 0].mean(axis=0).argmax())


def turned(model: BridgingModel) -> BridgingModel:
    """The same with its axis and its camps the other way round, as chance might have had it."""
    arrays = BridgingModel.from_bytes(model.to_bytes())
    learned = arrays._known()
    learned.voters.side.mean[:, 1:] *= -1
    learned.voters.side.cov[:, 0, 1:] *= -1
    learned.voters.side.cov[:, 1:, 0] *= -1
    learned.items.mean[:, 1:] *= -1
    learned.items.cov[:, 0, 1:] *= -1
    learned.items.cov[:, 1:, 0] *= -1
    learned.voters.membership = learned.voters.membership[:, ::-1]
    learned.camps.share, learned.camps.table = learned.camps.share[::-1], learned.camps.table[:, :, ::-1]
    prior = learned.prior
    prior.mean, prior.loading, prior.own = prior.mean[::-1], prior.loading[::-1], prior.own[::-1]
    return arrays


def test_two_camps_are_found(fitted: BridgingModel) -> None:
    assert fitted.n_camps_ == 2


def test_aligning_undoes_what_chance_has_turned(fitted: BridgingModel) -> None:
    other = turned(fitted)
    assert camp_of_even(other) != camp_of_even(fitted)
    other.align(fitted)
    np.testing.assert_array_equal(other.position_, fitted.position_)
    np.testing.assert_allclose(other.membership_, fitted.membership_)
    votes = two_camps(1)
    for name in ("score", "approval", "ups", "counts"):
        np.testing.assert_allclose(getattr(other.score_items(votes), name), getattr(fitted.score_items(votes), name))


def test_another_fit_is_numbered_as_the_one_before() -> None:
    """Whichever camp is the larger one now."""
    before = BridgingModel().fit(two_camps(2))
    for seed in range(3, 9):
        model = BridgingModel().fit(two_camps(seed, first=seed % 2, voters=61)).align(before)
        assert model.n_camps_ == 2
        assert camp_of_even(model) == camp_of_even(before)
        even = model.voter_ids_ % 2 == 0
        likes = model.scores_.ups[:, camp_of_even(model)].sum()
        assert likes > 0
        assert np.sign(model.position_[even].mean()) == np.sign(before.position_[before.voter_ids_ % 2 == 0].mean())


def test_scores_are_numbered_with_the_camps() -> None:
    votes = two_camps(4)
    model = BridgingModel().fit(votes)
    model.align(turned(model))
    np.testing.assert_array_equal(model.scores_.counts, model.score_items(votes).counts)
    np.testing.assert_allclose(model.scores_.approval, model.score_items(votes).approval)


def test_nothing_in_common_changes_nothing(fitted: BridgingModel) -> None:
    other = BridgingModel().fit(two_camps(5, first=1000))
    positions = other.position_.copy()
    other.align(fitted)
    np.testing.assert_array_equal(other.position_, positions)
    none = BridgingModel().fit(Votes.of([1], [1], [1]))
    assert none.align(fitted).n_camps_ == 1


def test_a_model_about_some_voters_says_the_same_of_them(fitted: BridgingModel) -> None:
    some = fitted.about([3, 5, 8, 5, 1_000_000])
    assert some.voter_ids_.tolist() == [3, 5, 8]
    np.testing.assert_array_equal(some.membership_, fitted.membership_[[3, 5, 8]])
    votes = Votes.of([3, 5, 8, 77], [1, 1, 2, 2], [1, -1, 1, 1])
    np.testing.assert_array_equal(some.score_items(votes).score, fitted.score_items(votes).score)
    assert some.prior_score_ == fitted.prior_score_


def test_folding_into_it_leaves_the_whole_as_it_is(fitted: BridgingModel) -> None:
    before = fitted.to_bytes()
    some = fitted.about([3])
    some.fold_in(Votes.of([900] * 10, range(10), [1] * 10))
    assert some.voter_ids_.tolist() == [3, 900]
    assert fitted.to_bytes() == before
    assert fitted.about([]).voter_ids_.tolist() == []
