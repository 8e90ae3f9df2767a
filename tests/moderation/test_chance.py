"""The statistics behind alarms, against SciPy's, and on made-up crowds."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from kakehashi.moderation.abuse import bursts, likeness
from kakehashi.moderation.abuse.bursts import Cast, Elsewhere, densest
from kakehashi.moderation.abuse.chance import MOST, binomial_tail, poisson_tail

pytestmark = pytest.mark.once


@given(of=st.integers(1, 400), part=st.floats(0, 1), share=st.floats(0.01, 0.9))
def test_the_binomial_tail_is_scipys(of: int, part: float, share: float) -> None:
    found = round(of * part)
    strength = binomial_tail(found, of, share)
    if found <= of * share:
        assert strength == 0.0
    else:
        expected = -stats.binom.logsf(found - 1, of, share) / math.log(10)
        assert strength == pytest.approx(min(MOST, expected), rel=1e-6, abs=1e-9)


@given(found=st.integers(0, 400), mean=st.floats(0.01, 300))
def test_the_poisson_tail_is_scipys(found: int, mean: float) -> None:
    strength = poisson_tail(found, mean)
    if found <= mean:
        assert strength == 0.0
    else:
        expected = -stats.poisson.logsf(found - 1, mean) / math.log(10)
        assert strength == pytest.approx(min(MOST, expected), rel=1e-6, abs=1e-9)


@given(of=st.integers(10, 200), share=st.floats(0.01, 0.9))
def test_more_is_never_less_odd(of: int, share: float) -> None:
    found = [binomial_tail(n, of, share) for n in range(of + 1)]
    assert found == sorted(found)


def test_more_than_there_are_cannot_be() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        binomial_tail(3, 2, 0.5)


@given(times=st.lists(st.floats(0, 1000), min_size=1, max_size=40).map(sorted), span=st.floats(0, 300))
def test_the_densest_span_is_what_trying_all_finds(times: list[float], span: float) -> None:
    first, last = densest(times, span)
    assert times[last] - times[first] <= span
    most = max(sum(0 <= other - at <= span for other in times[n:]) for n, at in enumerate(times))
    assert last - first + 1 == most


def test_a_burst_of_odd_accounts_is_found_among_others() -> None:
    casts = [Cast(n, n, 20.0 * n, is_odd=n % 3 != 0) for n in range(30)]
    found = bursts.find(casts, Elsewhere(odd=20, all=400, rate=0.0005), span=600)
    assert found is not None
    assert len(found.votes) == 20
    assert found.strength >= bursts.BOUND


@given(seed=st.integers(0, 10_000), share=st.floats(0.05, 0.6))
def test_a_crowd_like_everybody_else_raises_nothing(seed: int, share: float) -> None:
    rng = Random(seed)
    casts = [Cast(n, n, rng.random() * 3600, rng.random() < share) for n in range(300)]
    assert bursts.find(casts, Elsewhere(odd=round(1000 * share), all=1000, rate=0.02), span=600) is None


VOTES = st.dictionaries(st.integers(0, 30), st.tuples(st.sampled_from([-1, 1]), st.floats(0, 5000)), max_size=25)


@given(a=VOTES, b=VOTES)
def test_likeness_is_mutual_and_between_nothing_and_all(
    a: dict[int, tuple[int, float]], b: dict[int, tuple[int, float]]
) -> None:
    found = likeness.alike(a, b)
    assert found == likeness.alike(b, a)
    assert 0 <= found.share <= 1
    assert found.shared <= min(len(a), len(b))


@given(a=VOTES.filter(len))
def test_everybody_is_like_themselves(a: dict[int, tuple[int, float]]) -> None:
    assert likeness.alike(a, a)[:2] == (len(a), 1.0)


def test_a_team_is_of_those_who_vote_as_one_with_three_others_on_three_occasions() -> None:
    hours = [0.0, 2.0, 2.1, 5.0, 5.1, 5.2, 9.0]
    votes = {who: {n: (1, 3600 * at + 30 * who) for n, at in enumerate(hours)} for who in range(4)}
    votes |= {9: {n: (-1, 3600 * at) for n, at in enumerate(hours)}}
    assert likeness.alike(votes[0], votes[1]).occasions == 4
    assert set(likeness.team(votes)) == {0, 1, 2, 3}
    assert likeness.team({who: votes[who] for who in (0, 1, 2, 9)}) == {}
    at_once = {who: {n: (1, 60.0 * n) for n in range(9)} for who in range(9)}
    assert likeness.team(at_once) == {}


def test_letters_for_whoever_shares_a_place_the_largest_group_first() -> None:
    places = {1: ["x"], 2: ["x", "y"], 3: ["y"], 4: ["y"], 5: ["z"], 6: [""], 7: [""]}
    assert likeness.letters(places) == {1: "B", 2: "A", 3: "A", 4: "A"}


def test_more_groups_than_letters() -> None:
    places = {n: [f"{n // 2:03d}"] for n in range(80)}
    found = likeness.letters(places)
    assert (found[0], found[51], found[52], found[79]) == ("A", "Z", "AA", "AN")
