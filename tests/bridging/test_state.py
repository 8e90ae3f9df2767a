"""A model survives being stored, and anything else than a whole stored model is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kakehashi.bridging import BridgingModel, NotFittedError, StateError, Votes
from kakehashi.bridging.state import HEAD, MAGIC
from tests.bridging.crowds import a_crowd, columns

pytestmark = pytest.mark.once


@pytest.mark.parametrize("names", [int, str, lambda one: f"読者 {one}"])
def test_all_that_scores_need_is_kept(tmp_path: Path, names: object) -> None:
    voter, item, value = columns(a_crowd())
    votes = Votes.of([names(one) for one in voter.tolist()], [names(one) for one in item.tolist()], value)  # type: ignore[operator]
    model = BridgingModel(k0=3.0).fit(votes)
    model.save(tmp_path / "model")
    again = BridgingModel.load(tmp_path / "model")
    assert again.get_params() == model.get_params()
    for name in ("score", "lower", "approval", "ups", "counts"):
        np.testing.assert_array_equal(getattr(again.score_items(votes), name), getattr(model.scores_, name))
    newcomer = Votes.of([names(999)] * 5, [names(one) for one in range(5)], [1] * 5)  # type: ignore[operator]
    np.testing.assert_array_equal(again.fold_in(newcomer).membership_, model.fold_in(newcomer).membership_)
    assert again.to_bytes() == model.to_bytes()


def test_a_loaded_model_says_that_it_holds_no_scores() -> None:
    again = BridgingModel.from_bytes(BridgingModel().fit(a_crowd()).to_bytes())
    with pytest.raises(NotFittedError, match="score_items"):
        _ = again.score_


@pytest.fixture(scope="module")
def stored() -> bytes:
    return BridgingModel().fit(a_crowd()).to_bytes()


def test_every_damaged_byte_is_noticed(stored: bytes) -> None:
    for at in [*range(HEAD), *np.random.default_rng(0).integers(HEAD, len(stored), 60).tolist()]:
        damaged = bytearray(stored)
        damaged[at] ^= 1
        with pytest.raises(StateError):
            BridgingModel.from_bytes(bytes(damaged))
    for length in (0, 5, len(MAGIC), HEAD - 1, HEAD, len(stored) - 1):
        with pytest.raises(StateError):
            BridgingModel.from_bytes(stored[:length])


def test_a_later_version_is_refused_by_name(stored: bytes) -> None:
    later = MAGIC + (7).to_bytes(2, "big") + stored[len(MAGIC) + 2 :]
    with pytest.raises(StateError, match="format version 7"):
        BridgingModel.from_bytes(later)


def test_ids_that_cannot_be_stored_are_refused() -> None:
    model = BridgingModel().fit(Votes.of([(1, 2)], ["x"], [1]))
    with pytest.raises(StateError, match="integers or texts"):
        model.to_bytes()
