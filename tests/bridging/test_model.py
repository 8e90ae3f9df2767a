"""The model from votes to scores, at sizes where the answer is plain."""

from __future__ import annotations

import numpy as np
import pytest

from kakehashi.bridging import RANKERS, BridgingModel, Votes

pytestmark = pytest.mark.once


def a_divided_crowd(*, voters: int = 60, seed: int = 0) -> Votes:
    """Two camps of equal size: ten items of each camp's taste, five that all like, five that nobody likes."""
    chance = np.random.default_rng(seed)
    liking = np.array(
        [[0.9] * 10 + [0.1] * 10 + [0.85] * 5 + [0.15] * 5, [0.1] * 10 + [0.9] * 10 + [0.85] * 5 + [0.15] * 5]
    )
    rows = [(u, i) for u in range(voters) for i in range(30) if chance.random() < 0.6]
    value = [1 if chance.random() < liking[u % 2, i] else -1 for u, i in rows]
    return Votes.of([u for u, _ in rows], [i for _, i in rows], value)


def test_what_both_camps_like_comes_first_and_what_divides_them_does_not() -> None:
    model = BridgingModel().fit(a_divided_crowd())
    assert model.n_camps_ == 2
    order = model.item_ids_[model.scores_.order()]
    assert set(order[:5]) == {20, 21, 22, 23, 24}
    assert model.score_[20:25].min() > model.score_[:20].max() + 0.2
    camp = model.membership_.argmax(axis=1)
    assert len(set(camp[::2])) == len(set(camp[1::2])) == 1
    assert camp[0] != camp[1]


@pytest.mark.parametrize("name", RANKERS)
def test_every_ranker_scores_every_item(name: str) -> None:
    votes = a_divided_crowd()
    ranker = RANKERS[name]().fit(votes)
    assert np.isfinite(ranker.score_).all()
    assert ranker.score_.shape == (votes.n_items,)
    assert ranker.score_[20:25].mean() > ranker.score_[25:].mean()


def test_a_saved_model_scores_as_before() -> None:
    votes = a_divided_crowd()
    model = BridgingModel().fit(votes)
    again = BridgingModel.from_bytes(model.to_bytes())
    assert (again.score_items(votes).score == model.score_).all()
    assert again.get_params() == model.get_params()
