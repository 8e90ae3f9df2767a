"""Camps are found where there are some, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from kakehashi.bridging import BridgingModel, Votes
from tests.bridging.crowds import a_crowd, columns, without_camps

pytestmark = pytest.mark.once


@pytest.mark.parametrize("seed", range(6))
def test_votes_without_camps_show_none(seed: int) -> None:
    crowd = without_camps(voters=80 + 40 * seed, items=30 + 10 * seed, share=0.2 + 0.1 * seed, seed=seed)
    assert BridgingModel().fit(crowd).n_camps_ == 1


@pytest.mark.parametrize("ups", [0.5, 0.9, 0.97])
def test_coins_have_no_camps(ups: float) -> None:
    chance = np.random.default_rng(1)
    voter, item = np.nonzero(chance.random((120, 50)) < 0.3)
    votes = Votes.of(voter, item, np.where(chance.random(len(voter)) < ups, 1, -1))
    assert BridgingModel().fit(votes).n_camps_ == 1


@pytest.mark.parametrize("camps", [2, 3])
def test_camps_are_found_and_their_members_known(camps: int) -> None:
    model = BridgingModel().fit(a_crowd(camps=camps, voters=40 * camps))
    assert model.n_camps_ == camps
    found = model.membership_.argmax(axis=1)
    own = model.voter_ids_ % camps
    # Each camp is one of ours, as a whole.
    pairs = np.array([[(found[own == g] == h).mean() for h in range(camps)] for g in range(camps)])
    assert sorted(pairs.argmax(axis=1)) == list(range(camps))
    assert pairs.max(axis=1).min() > 0.95


def test_the_larger_camp_comes_first() -> None:
    voter, item, value = columns(a_crowd(voters=90))
    keep = (voter % 2 == 1) | (voter < 30)
    model = BridgingModel().fit(Votes.of(voter[keep], item[keep], value[keep]))
    assert (model.membership_.argmax(axis=1) == (model.voter_ids_ % 2 == 0)).mean() > 0.95


def test_turning_camps_round_turns_only_their_numbers() -> None:
    """The two camps change places, and every item is liked by the other one."""
    voter, item, value = columns(a_crowd())
    model = BridgingModel().fit(Votes.of(voter, item, value))
    turned = BridgingModel().fit(Votes.of(voter ^ 1, item, value))
    np.testing.assert_allclose(model.score_, turned.score_, atol=3e-6)
    place = np.searchsorted(turned.voter_ids_, model.voter_ids_ ^ 1)
    np.testing.assert_allclose(model.membership_, turned.membership_[place], atol=1e-6)


def test_at_most_so_many_camps_as_asked_for() -> None:
    crowd = a_crowd(camps=3, voters=120)
    assert BridgingModel(max_camps=1).fit(crowd).n_camps_ == 1
    assert BridgingModel(max_camps=2).fit(crowd).n_camps_ == 2


def test_crowds_that_have_nothing_in_common_are_ranked_together() -> None:
    """Two sections without a common voter or item: each is ranked as well as alone."""
    one, other = (columns(a_crowd(seed=seed, voters=80)) for seed in (1, 2))
    alone = [BridgingModel().fit(Votes.of(*part)).score_ for part in (one, other)]
    apart = [one[0], one[1]], [other[0] + 1000, other[1] + 1000]
    both = BridgingModel().fit(
        Votes.of(*(np.concatenate([a, b]) for a, b in zip(*apart, strict=True)), np.concatenate([one[2], other[2]]))
    )
    for part, score in zip((both.score_[:40], both.score_[40:]), alone, strict=True):
        assert np.corrcoef(part, score)[0, 1] > 0.95


def test_a_warm_fit_keeps_the_numbers_of_camps() -> None:
    """Whatever the sizes become."""
    voter, item, value = columns(a_crowd(voters=100))
    few = (voter % 2 == 0) | (voter < 60)
    before = BridgingModel().fit(Votes.of(voter[few], item[few], value[few]))
    many = (voter % 2 == 1) | (voter < 60)
    cold = BridgingModel().fit(Votes.of(voter[many], item[many], value[many]))
    warm = BridgingModel().fit(Votes.of(voter[many], item[many], value[many]), start=before)
    even = before.membership_[before.voter_ids_ % 2 == 0].mean(axis=0).argmax()
    assert warm.membership_[warm.voter_ids_ % 2 == 0].mean(axis=0).argmax() == even
    assert cold.membership_[cold.voter_ids_ % 2 == 0].mean(axis=0).argmax() != even
    np.testing.assert_allclose(warm.score_, cold.score_, atol=0.02)


def test_a_warm_fit_after_a_few_votes_more_is_short_and_agrees_with_a_cold_one() -> None:
    voter, item, value = columns(a_crowd(voters=200))
    seen = np.random.default_rng(0).random(len(voter)) > 0.01
    before = BridgingModel().fit(Votes.of(voter[seen], item[seen], value[seen]))
    cold = BridgingModel().fit(Votes.of(voter, item, value))
    warm = BridgingModel().fit(Votes.of(voter, item, value), start=before)
    assert warm.n_sweeps_ <= 4
    np.testing.assert_allclose(warm.score_, cold.score_, atol=0.01)
