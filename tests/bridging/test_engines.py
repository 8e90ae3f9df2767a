"""NumPy and Numba give the same, whatever the number of threads, and Numba is not loaded before it is needed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from kakehashi.bridging import BridgingError, BridgingModel, Votes
from kakehashi.bridging.ballots import Ballots
from kakehashi.bridging.engine import WORTH_COMPILING, uses_numba
from kakehashi.bridging.half import Half, Side
from tests.bridging.crowds import a_crowd, columns

pytestmark = pytest.mark.once
numba = pytest.importorskip("numba")


def with_halves() -> Votes:
    voter, item, value = columns(a_crowd(seed=5))
    value[::7] = 0.5
    return Votes.of(voter, item, value)


@pytest.mark.parametrize("axes", [0, 1, 2])
def test_sums_and_gaussians_are_the_same(axes: int) -> None:
    from kakehashi.bridging.compiled import CompiledHalf

    votes, chance = with_halves(), np.random.default_rng(0)
    plain, compiled = Half(votes.by_voter, votes.n_items), CompiledHalf(votes.by_voter, votes.n_items)
    table = chance.normal(size=(votes.n_items, 3))
    for name in ("of", "of_ups", "of_downs"):
        np.testing.assert_allclose(getattr(compiled, name)(table), getattr(plain, name)(table), atol=1e-12)
    other = Side(chance.normal(size=(votes.n_items, 1 + axes)), np.tile(np.eye(1 + axes) * 0.3, (votes.n_items, 1, 1)))
    own = chance.normal(size=(len(votes.by_voter), 1 + axes))
    residuals = [half.of_residuals(0.4, own, other.mean, table) for half in (compiled, plain)]
    np.testing.assert_allclose(*residuals, atol=1e-12)
    tau = np.full(1 + axes, 0.5)
    (a, errors), (b, wanted) = (half.update(other, 0.4, 0.2, tau) for half in (compiled, plain))
    # The compiled table has seven digits.
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(a.cov, b.cov, rtol=1e-4, atol=1e-6)
    assert errors.squares == pytest.approx(wanted.squares, rel=1e-4)
    assert errors.plain == pytest.approx(wanted.plain, rel=1e-3, abs=1e-3)


def test_ballots_are_the_same() -> None:
    from kakehashi.bridging.compiled import CompiledBallots

    votes, chance = with_halves(), np.random.default_rng(0)
    level = chance.integers(0, 11, len(votes.by_voter)).astype(np.int8)
    plain, compiled = (kind(votes.by_voter, votes.by_item, level) for kind in (Ballots, CompiledBallots))
    weight, table = chance.random((len(votes.by_voter), 3)), chance.normal(size=(votes.n_items, 22, 3))
    np.testing.assert_allclose(compiled.item_sums(weight), plain.item_sums(weight), atol=1e-12)
    np.testing.assert_allclose(compiled.voter_sums(table), plain.voter_sums(table), atol=1e-12)


@pytest.mark.parametrize("camps", [1, 2, 3])
def test_scores_are_the_same(camps: int) -> None:
    votes = a_crowd(camps=camps, voters=90)
    plain, compiled = (BridgingModel(engine=engine).fit(votes) for engine in ("numpy", "numba"))
    assert plain.n_camps_ == compiled.n_camps_
    np.testing.assert_allclose(plain.score_, compiled.score_, atol=2e-4)
    assert (plain.counts_ == compiled.counts_).all()


def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    from kakehashi.bridging import compiled

    monkeypatch.setattr(compiled, "WORTH_THREADS", 0)
    votes = a_crowd(camps=2, voters=200)
    before = numba.get_num_threads()
    states = []
    for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
        numba.set_num_threads(threads)
        states.append(BridgingModel(engine="numba").fit(votes).to_bytes())
    numba.set_num_threads(before)
    assert set(states) == {states[0]}
    assert len(states) > 1


def test_numba_is_loaded_when_it_is_needed_and_not_before() -> None:
    program = (
        "import sys; from kakehashi.bridging import BridgingModel, Votes;"
        "BridgingModel().fit(Votes.of([1, 1, 2], [1, 2, 2], [1, -1, 1]));"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert not uses_numba("auto", WORTH_COMPILING - 1)
    assert uses_numba("auto", WORTH_COMPILING)
    assert not uses_numba("numpy", 10**9)


def test_an_engine_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BridgingError, match="no engine 'abacus'"):
        BridgingModel(engine="abacus").fit(a_crowd())
    monkeypatch.setattr("kakehashi.bridging.engine.find_spec", lambda name: None)
    assert not uses_numba("auto", 10**9)
    with pytest.raises(BridgingError, match="kakehashi\\[fast\\]"):
        uses_numba("numba", 1)
