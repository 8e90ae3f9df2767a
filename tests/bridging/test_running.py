"""Scores that follow single votes are those of all votes together."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.bridging import BridgingModel, NotFittedError, Votes, VotesError
from tests.bridging.crowds import a_crowd, columns, without_camps

pytestmark = pytest.mark.once

CROWDS = {1: without_camps(voters=30, items=12), 2: a_crowd(voters=40, items=15), 3: a_crowd(camps=3, voters=90)}
MODELS = {camps: BridgingModel().fit(votes) for camps, votes in CROWDS.items()}
ENGINES = ["numpy", *(["numba"] if find_spec("numba") else [])]

# Some voters and items are new.
ONE = st.tuples(st.integers(0, 44), st.integers(0, 16), st.sampled_from([1, 0.5, -1, None]))


def joined(votes: Votes, later: dict[tuple[int, int], float | None]) -> Votes:
    all_votes = {(u, i): v for u, i, v in zip(*(part.tolist() for part in columns(votes)), strict=True)}
    all_votes.update(later)
    kept = [(u, i, max(v, 0)) for (u, i), v in all_votes.items() if v is not None]
    return Votes.of(*zip(*kept, strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("camps", CROWDS)
@settings(max_examples=25, deadline=None)
@given(later=st.lists(ONE, min_size=1, max_size=30))
def test_each_score_is_that_of_all_votes(engine: str, camps: int, later: list[tuple[int, int, float | None]]) -> None:
    model = MODELS[camps]
    assert model.n_camps_ == camps
    model.engine = engine
    running, given_ = model.running(), {}
    for voter, item, value in later:
        score = running.vote(voter, item, value)
        given_[voter, item] = value
        assert running.vote(voter, item, value) == running.score(item) == score
    model.engine = "numpy"
    wanted = model.score_items(joined(CROWDS[camps], given_))
    found = [running.score(item) for item in wanted.item_ids.tolist()]
    np.testing.assert_allclose(found, wanted.score, rtol=0, atol=1e-9)


def test_unknown_voters_are_somebody_else_each_time() -> None:
    running = MODELS[2].running()
    before = running.score(0)
    once = running.vote(None, 0, -1)
    assert once < before
    voter, item, value = columns(CROWDS[2])
    wanted = Votes.of([*voter.tolist(), None, None], [*item.tolist(), 0, 0], [*value.tolist(), 0, 0])
    assert running.vote(None, 0, -1) == pytest.approx(MODELS[2].score_items(wanted).score[0], abs=1e-9)


def test_an_item_without_votes_has_the_prior_score() -> None:
    running = MODELS[2].running()
    assert running.score("new") == MODELS[2].prior_score_
    assert running.vote(0, "new", 1) > MODELS[2].prior_score_
    assert running.vote(0, "new", None) == pytest.approx(MODELS[2].prior_score_, abs=1e-9)


def test_values_of_no_vote_and_models_without_votes_are_refused() -> None:
    with pytest.raises(VotesError, match="the value 7"):
        MODELS[2].running().vote(0, 0, 7)
    with pytest.raises(NotFittedError, match="without its votes"):
        BridgingModel.from_bytes(MODELS[2].to_bytes()).running()
