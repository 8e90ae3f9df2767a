"""An up-vote never lowers a score and a down-vote never raises one: a hundred thousand times, and at extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.bridging import BridgingModel, Votes
from kakehashi.bridging.grid import SUMS
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.scoring import scores, with_pile
from tests.bridging.crowds import a_crowd, without_camps

pytestmark = pytest.mark.once

TRIALS = 34_000
# Scores are rounded to 1e-6; none moves the wrong way by as much as one such step.
STEP = 1.01e-6


@pytest.fixture(scope="module", params=[1, 2, 3])
def model(request: pytest.FixtureRequest) -> BridgingModel:
    crowd = without_camps() if request.param == 1 else a_crowd(camps=request.param, voters=30 * request.param)
    model = BridgingModel().fit(crowd)
    assert model.n_camps_ == request.param
    return model


def test_in_a_hundred_thousand_piles_of_votes(model: BridgingModel) -> None:
    """Each trial is an item with votes of known, new and unknown voters, and then with one vote more."""
    chance = np.random.default_rng(model.n_camps_)
    size = chance.integers(0, 25, TRIALS)
    # Some piles of like votes only, where a variance could outrun a mean.
    liking = chance.choice([0.0, 0.02, 0.5, 0.98, 1.0], TRIALS)
    item = np.repeat(np.arange(TRIALS), size)
    who = np.append(model.voter_ids_, [10_000, 10_001, -1])
    voter = chance.choice(who, len(item))
    value = np.where(chance.random(len(item)) < liking[item], 1, -1)
    more = np.arange(TRIALS), chance.choice([10_002, *who.tolist()], TRIALS), chance.choice([1, -1], TRIALS)
    nobody = np.full(TRIALS, -1)

    def scored(extra: int) -> tuple[np.ndarray, np.ndarray]:
        # A vote of an unknown voter on another item gives each of them a place in the scores, also without votes.
        votes = Votes.of(
            np.concatenate([voter, more[1][:extra], nobody]),
            np.concatenate([item, more[0][:extra], np.arange(TRIALS)]),
            np.concatenate([value, more[2][:extra], np.ones(TRIALS, int)]),
            unknown=-1,
        )
        found = model.score_items(votes)
        return found.score, found.lower

    # The first vote on each item counts for a voter who voted before; then the later one would replace it.
    given_before = set(zip(voter.tolist(), item.tolist(), strict=True))
    fresh = np.array(
        [(u, i) not in given_before or u == -1 for i, u in zip(more[0].tolist(), more[1].tolist(), strict=True)]
    )
    for before, after in zip(scored(0), scored(TRIALS), strict=True):
        moved = (after - before) * more[2]
        assert moved[fresh].min() >= -STEP
        assert (moved[fresh] > STEP).mean() > 0.3


@settings(max_examples=300)
@given(st.data())
def test_at_any_counts(data: st.DataObject) -> None:
    """Sums as large as a site's, priors of any kind, and any class of leniency."""
    camps = data.draw(st.integers(1, 3))
    number = st.floats(-4.0, 4.0)
    prior = Prior(
        np.array(data.draw(st.lists(number, min_size=camps, max_size=camps))),
        np.array(data.draw(st.lists(st.floats(0.0, 2.0), min_size=camps, max_size=camps))),
        np.array(data.draw(st.lists(st.floats(0.1, 4.0), min_size=camps, max_size=camps))),
    )
    sums = np.zeros((1, camps, SUMS))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, camps - 1)), data.draw(st.integers(0, SUMS - 1))
        sums[0, *place] += data.draw(st.floats(0.0, 3000.0))
    level, up = data.draw(st.integers(0, SUMS // 2 - 1)), data.draw(st.booleans())
    share = np.array(data.draw(st.lists(st.floats(0.0, 1.0), min_size=camps, max_size=camps)))
    more = sums.copy()
    more[0, :, 2 * level + (not up)] += share
    sign = 1.0 if up else -1.0
    before, after = scores(sums, prior), scores(more, prior)
    assert sign * (after[0] - before[0])[0] >= -1e-9
    assert sign * (after[1] - before[1])[0] >= -1e-9
    assert (sign * (after[2] - before[2]) >= -1e-9).all()


@settings(max_examples=200)
@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 1), st.booleans())
def test_a_full_pile_takes_newcomers_votes_in_their_sense(ups: float, downs: float, weight: float, up: bool) -> None:
    share, prior = np.array([0.6, 0.4]), Prior(np.zeros(2), np.full(2, 0.5), np.ones(2))
    before = with_pile(np.zeros((1, 2, SUMS)), ups * share[None], downs * share[None], share)
    ups, downs = ups + weight * up, downs + weight * (not up)
    after = with_pile(np.zeros((1, 2, SUMS)), ups * share[None], downs * share[None], share)
    moved = scores(after, prior)[0] - scores(before, prior)[0]
    assert (moved[0] if up else -moved[0]) >= -1e-9
    assert after.sum() <= 0.5 + 1e-9


def test_a_vote_turned_round_moves_the_score_its_way(model: BridgingModel) -> None:
    voters = model.voter_ids_[:9]
    up, half, down = (
        model.score_items(Votes.of(voters, [0] * 9, [*[1.0, 0.0] * 4, last])).score[0] for last in (1.0, 0.5, 0.0)
    )
    assert up > half > down
