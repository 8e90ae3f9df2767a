"""Invented discussions: what was asked for is what comes, and the truth is the truth."""

from __future__ import annotations

import numpy as np
import pytest

from kakehashi.bridging.metrics import spearman
from kakehashi.bridging.synthetic import Discussion, generate

pytestmark = pytest.mark.once


def test_the_same_arguments_give_the_same_votes_and_another_seed_others() -> None:
    one, same, other = (generate(2000, 200, 100, seed=seed) for seed in (5, 5, 6))
    for name in ("voter", "item", "value", "camp", "approval"):
        assert np.array_equal(getattr(one, name), getattr(same, name))
    assert not np.array_equal(one.item, other.item)


def test_nobody_votes_twice_on_an_item() -> None:
    made = generate(3000, 300, 150)
    assert len(set(zip(made.voter.tolist(), made.item.tolist(), strict=True))) == len(made.value) == 3000
    assert set(made.value.tolist()) == {1, -1}
    assert len(made.votes()) == 3000


def test_sizes_of_the_camps_are_those_asked_for() -> None:
    made = generate(1000, 4000, 100, shares=[8, 2])
    assert np.bincount(made.camp)[0] / 4000 == pytest.approx(0.8, abs=0.03)


def test_votes_say_what_the_approval_says() -> None:
    """Without selection, the share of up-votes of each camp on an item is its approval, up to chance."""
    made = generate(60_000, 2000, 60, selection=0.0, seed=2)
    for camp in (0, 1):
        mine = made.camp[made.voter] == camp
        votes = np.bincount(made.item[mine], minlength=60)
        ups = np.bincount(made.item[mine & (made.value > 0)], minlength=60)
        often = votes >= 150
        assert often.sum() > 20
        assert np.abs(ups[often] / votes[often] - made.approval[often, camp]).mean() < 0.06


def disagreement(made: Discussion) -> float:
    return float((made.approval.max(axis=1) - made.approval.min(axis=1)).mean())


def test_leaning_divides_and_one_camp_has_nobody_to_disagree_with() -> None:
    assert disagreement(generate(1000, 500, 300, camps=1)) == 0
    assert 0.1 < disagreement(generate(1000, 500, 300, leaning=0.5)) < disagreement(generate(1000, 500, 300)) < 0.9
    assert generate(1000, 500, 300, camps=3).approval.shape == (300, 3)


def test_selection_hides_what_a_camp_dislikes() -> None:
    """The more people vote on what they like, the less the plain share of up-votes tells of the most critical camp."""

    def told(selection: float) -> float:
        made = generate(40_000, 2000, 300, leaning=0.5, selection=selection, seed=3)
        votes = np.bincount(made.item, minlength=300)
        ups = np.bincount(made.item[made.value > 0], minlength=300)
        return spearman((ups + 1) / (votes + 2), made.truth)

    assert told(1.5) < told(0.0) - 0.1


@pytest.mark.parametrize("wrong", [{"votes": 600}, {"shares": [1]}])
def test_what_cannot_be_made_is_said(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"pairs|camps"):
        generate(**{"votes": 100, "voters": 30, "items": 30, **wrong})  # type: ignore[arg-type]
