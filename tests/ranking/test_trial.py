"""Votes that are held out: always the same ones, nobody's choice, and enough to tell a bad model from a good one."""

from __future__ import annotations

import numpy as np
import pytest
from pytest_django import Settings

from kakehashi.bridging import BridgingModel
from kakehashi.ranking import trial
from kakehashi.ranking.arrays import UNKNOWN, VoteArrays
from kakehashi.ranking.scoring import as_votes

pytestmark = pytest.mark.once


def random_votes(seed: int, *, voters: int = 200, comments: int = 150, camps: float = 0.4) -> VoteArrays:
    """Everybody's vote on every comment; comments lean to one side or the other by `camps`."""
    rng = np.random.default_rng(seed)
    lean = rng.choice([-1.0, 0.0, 1.0], comments)
    voter, comment = np.repeat(np.arange(voters), comments), np.tile(np.arange(comments), voters)
    up = rng.random(len(voter)) < 0.55 + camps * lean[comment] * np.where(voter % 2, 1, -1)
    return VoteArrays(1000 + comment, 5000 + voter, np.where(up, 1, -1).astype(np.int8))


def fitted(votes: VoteArrays) -> BridgingModel:
    return BridgingModel().fit(as_votes(votes.where(~trial.held_out(votes))))


def test_a_vote_is_held_out_for_good_whatever_its_value_and_wherever_it_stands() -> None:
    votes = random_votes(1)
    held = trial.held_out(votes)
    order = np.random.default_rng(2).permutation(len(votes))
    turned = VoteArrays(votes.comment[order], votes.reader[order], -votes.value[order])
    np.testing.assert_array_equal(trial.held_out(turned), held[order])
    assert 0.025 < held.mean() < 0.035
    # No comment and no reader draws more of them than chance would have it.
    for ids in (votes.comment, votes.reader):
        counts = np.bincount(ids[held] - ids.min())
        assert counts.max() < 25


def test_nobody_can_tell_without_the_key(settings: Settings) -> None:
    votes = random_votes(1)
    held = trial.held_out(votes)
    settings.SECRET_KEY = "another one"
    other = trial.held_out(votes)
    assert 0.0003 < (held & other).mean() < 0.003


def test_strangers_are_not_held_out() -> None:
    votes = VoteArrays(np.arange(5000), np.full(5000, UNKNOWN), np.ones(5000, np.int8))
    assert not trial.held_out(votes).any()


def test_a_model_that_sees_the_camps_predicts_better() -> None:
    votes = random_votes(3)
    held = votes.where(trial.held_out(votes))
    learned_from = as_votes(votes.where(~trial.held_out(votes)))
    good, blind = BridgingModel().fit(learned_from), BridgingModel(max_camps=1).fit(learned_from)
    better = trial.judge(good, good.scores_, (blind, blind.scores_), held)
    assert better.votes == len(held)
    assert better.log_loss < better.log_loss_before
    assert better.spearman > better.spearman_before
    assert not better.is_worse
    worse = trial.judge(blind, blind.scores_, (good, good.scores_), held)
    assert worse.is_worse
    assert worse.excess > trial.MARGIN
    assert (worse.log_loss, worse.log_loss_before) == (better.log_loss_before, better.log_loss)


def test_as_good_as_before_is_not_worse() -> None:
    votes = random_votes(4, camps=0.0)
    model = fitted(votes)
    verdict = trial.judge(model, model.scores_, (model, model.scores_), votes.where(trial.held_out(votes)))
    assert verdict.excess == 0.0
    assert not verdict.is_worse


@pytest.mark.parametrize("count", [0, 1, trial.FEWEST - 1])
def test_few_votes_judge_nothing(count: int) -> None:
    votes = random_votes(5)
    good, blind = fitted(votes), BridgingModel(max_camps=1).fit(as_votes(votes))
    few = votes.where(np.arange(len(votes)) < count)
    assert not trial.judge(blind, blind.scores_, (good, good.scores_), few).is_worse


def test_without_a_model_before_there_is_nothing_to_be_worse_than() -> None:
    votes = random_votes(6)
    model = fitted(votes)
    verdict = trial.judge(model, model.scores_, None, votes.where(trial.held_out(votes)))
    assert verdict.log_loss is not None
    assert verdict.log_loss_before is None
    assert not verdict.is_worse
    assert trial.alignment(model, None) is None
    assert trial.alignment(model, model) == 1.0


def test_votes_on_comments_without_other_votes_and_of_strangers_are_no_trouble() -> None:
    votes = random_votes(7, comments=30)
    model = fitted(votes)
    odd = VoteArrays(np.array([1000, 9999, 1001]), np.array([UNKNOWN, 5000, 77]), np.array([1, 1, -1], np.int8))
    verdict = trial.judge(model, model.scores_, None, odd)
    assert verdict.votes == 2
    chances = trial.predict(model, model.scores_, odd.where(odd.comment != 9999))
    assert ((chances > 0) & (chances < 1)).all()
