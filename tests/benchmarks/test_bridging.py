"""The measurements of `make bench-bridging` on few votes: what is compared does the same work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.bridging import measure
from benchmarks.ranking import adam, measuring, red_dwarf, stored

from kakehashi.bridging import CommunityNotesRanker
from kakehashi.bridging.metrics import spearman
from kakehashi.bridging.synthetic import generate

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def votes() -> stored.Stored:
    made = generate(8000, 500, 200, seed=3)
    return stored.Stored(*(np.unique(column, return_inverse=True)[1] for column in (made.voter, made.item)), made.value)


def test_adam_reaches_the_loss_and_the_intercepts_of_the_exact_solution(votes: stored.Stored) -> None:
    intercepts, loss, epochs = adam.solve(votes)
    exact = CommunityNotesRanker().fit(measuring.grouped(votes))
    assert 20 < epochs < 400
    assert loss == pytest.approx(exact.loss_, abs=2e-5)
    assert spearman(intercepts, exact.score_) > 0.999


def test_its_gradients_are_those_of_its_loss(votes: stored.Stored) -> None:
    rng = np.random.default_rng(0)
    parts = [rng.standard_normal(n) for n in (1, 500, 200, 500, 200)]
    rate = (votes.value > 0).astype(float)
    _, gradients = adam._gradients(votes, rate, parts)
    for which, part in enumerate(parts):
        for place in (0, len(part) - 1):
            losses = []
            for nudge in (1e-5, -1e-5):
                nudged = [array.copy() for array in parts]
                nudged[which][place] += nudge
                losses.append(adam._gradients(votes, rate, nudged)[0])
            assert gradients[which][place] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-3, abs=1e-8)


def test_votes_are_kept_as_they_were(tmp_path: Path, votes: stored.Stored) -> None:
    found = stored.load(stored.save(tmp_path / "votes", votes))
    assert all(np.array_equal(getattr(found, name), getattr(votes, name)) for name in ("voter", "item", "value"))
    assert [path.name for path in tmp_path.iterdir()] == ["votes"]


def test_each_measurement_tells_what_it_measured(votes: stored.Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "warm_up", lambda engine: None)
    facts = {name: one(votes, "numpy") for name, one in measuring.MEASUREMENTS.items()}
    assert facts["scores"]["scores"] == len(np.unique(votes.item))
    assert facts["refit"]["agreement"] > 0.99
    assert facts["community-notes"]["agreement"] > 0.999
    assert 0 < facts["one-vote"]["alone"] < facts["one-vote"]["added"]


def test_a_measurement_has_a_process_of_its_own(tmp_path: Path, votes: stored.Stored) -> None:
    facts = measure("scores", stored.save(tmp_path / "votes", votes), "numpy")
    assert 0 < facts["grouping"] < facts["seconds"]
    assert facts["cpu"] > 0
    assert facts["memory"] >= 0


def test_red_dwarf_is_named_by_its_version_and_runs_without_ours() -> None:
    text = Path(red_dwarf.__file__).read_text()
    assert "kakehashi" not in text
    assert "from benchmarks" not in text
