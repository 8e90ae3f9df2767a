"""A warm fit goes on from the earlier one: scores move with votes, not by fits."""

from __future__ import annotations

import numpy as np
import pytest

from kakehashi.bridging import BridgingModel, Votes
from kakehashi.bridging.camps import FRINGE
from kakehashi.bridging.metrics import spearman
from tests.bridging.crowds import a_crowd, columns, without_camps

pytestmark = pytest.mark.once


def in_sessions(votes: Votes, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same votes in an order of time: a voter comes and casts them one after the other, three voters at once."""
    voter, item, value = columns(votes)
    rng = np.random.default_rng(seed)
    begin = rng.permutation(votes.n_voters)[np.searchsorted(votes.voter_ids, voter)]
    order = np.argsort(begin + 3.0 * rng.random(len(voter)), kind="stable")
    return voter[order], item[order], value[order]


@pytest.mark.parametrize("camps", [1, 2, 3])
def test_a_refit_alone_hardly_moves_scores(camps: int) -> None:
    """Folded in and fitted again after each 1 % more votes, in the order of time."""
    shape = {"voters": 240, "items": 60, "share": 0.3, "seed": 5}
    crowd = without_camps(**shape) if camps == 1 else a_crowd(camps=camps, clear=0.35, **shape)
    voter, item, value = in_sessions(crowd, 6)
    end = len(voter) // 2
    model = BridgingModel().fit(Votes.of(voter[:end], item[:end], value[:end]))
    for _ in range(15):
        begin, end = end, round(end * 1.01)
        model.partial_fit(Votes.of(voter[begin:end], item[begin:end], value[begin:end]))
        again = BridgingModel().fit(Votes.of(voter[:end], item[:end], value[:end]), start=model)
        assert again.n_camps_ == model.n_camps_ == camps
        assert spearman(again.score_, model.score_) >= 0.995
        np.testing.assert_allclose(again.score_, model.score_, atol=0.02)
        model = again
    cold = BridgingModel().fit(Votes.of(voter[:end], item[:end], value[:end]))
    assert spearman(model.score_, cold.score_) >= 0.98


def test_warm_fits_come_to_what_the_votes_say() -> None:
    """Each goes part of the way: from half of the votes to where a cold fit of all arrives."""
    votes = a_crowd(voters=120, clear=0.3, seed=3)
    voter, item, value = columns(votes)
    some = voter % 4 < 2
    model = BridgingModel().fit(Votes.of(voter[some], item[some], value[some]))
    cold = BridgingModel().fit(votes)
    far = np.abs(model.score_ - cold.score_).max()
    for _ in range(12):
        model = BridgingModel().fit(votes, start=model)
    assert np.abs(model.score_ - cold.score_).max() < max(0.02, far / 4.0)


def test_camps_stay_until_nothing_speaks_for_them() -> None:
    model = BridgingModel().fit(a_crowd())
    assert BridgingModel().fit(a_crowd(clear=0.3, seed=0), start=model).n_camps_ == 2
    assert BridgingModel().fit(without_camps(), start=model).n_camps_ == 1
    assert model.membership_.mean(axis=0).min() > FRINGE


def test_a_camp_is_added_where_votes_insist() -> None:
    alone = BridgingModel().fit(without_camps())
    assert alone.n_camps_ == 1
    assert BridgingModel().fit(a_crowd(), start=alone).n_camps_ == 2


def test_who_was_met_in_the_middle_of_voting_is_folded_in_anew() -> None:
    voter, item, value = columns(a_crowd(voters=80))
    met = (voter < 79) | (np.cumsum(voter == 79) <= 2)
    model = BridgingModel().fit(Votes.of(voter[met], item[met], value[met]))
    others, at_first = model.membership_[:79].copy(), model.membership_[79].copy()
    assert model.trust_[79] < 0.5
    model.partial_fit(Votes.of(voter[~met], item[~met], value[~met]))
    np.testing.assert_array_equal(model.membership_[:79], others)
    assert model.membership_[79].max() > max(at_first.max(), 0.95)
    assert model.trust_[79] > 0.9
