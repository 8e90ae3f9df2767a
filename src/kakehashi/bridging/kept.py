"""What `kakehashi bridge --update` keeps between runs: a model and all votes it has seen, in one file.

    b"kakehashi-votes\n" | version (2 bytes, big-endian) | SHA-256 of the rest (32 bytes) | NumPy's .npz, without code

A vote takes four bytes (twelve with timestamps).
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import StateError
from kakehashi.bridging.files import replaced
from kakehashi.bridging.model import BridgingModel
from kakehashi.bridging.scores import Scores
from kakehashi.bridging.votes import Votes

MAGIC = b"kakehashi-votes\n"
VERSION = 1
_HEAD = len(MAGIC) + 2 + hashlib.sha256().digest_size
# A fit is worth its time once so many votes have come since the last one, as a share of those it saw.
REFIT_AT = 0.01


@dataclass(frozen=True)
class Kept:
    """A model, the votes so far, how many of them it was fitted to, and the scores of all items."""

    model: BridgingModel
    votes: Votes
    fitted: int
    scores: Scores

    @classmethod
    def fitted_to(cls, votes: Votes, start: BridgingModel | None = None, **params: Any) -> Kept:
        model = BridgingModel(**(start.get_params() if start else params)).fit(votes, start=start)
        return cls(model, votes, len(votes), model.scores_)

    def with_later(self, later: Votes) -> Kept:
        """With votes that came since: new voters are folded in, and once they are a hundredth all is fitted again."""
        votes = self.votes.with_later(later)
        if len(votes) - self.fitted >= max(1.0, REFIT_AT * self.fitted):
            return self.fitted_to(votes, self.model)
        self.model.fold_in(votes)
        return Kept(self.model, votes, self.fitted, self.model.score_items(votes))


def save(path: str, kept: Kept) -> None:
    """Write the file; a run that is killed leaves the old one."""
    votes = kept.votes
    arrays = {
        "model": np.frombuffer(kept.model.to_bytes(), np.uint8),
        "fitted": np.array(kept.fitted),
        "voter_ids": _packed(votes.voter_ids),
        "item_ids": _packed(votes.item_ids),
        "start": votes.by_voter.start,
        "packed": votes.by_voter.packed,
    }
    if votes.time is not None:
        arrays["time"] = votes.time
    body = io.BytesIO()
    np.savez(body, **arrays)  # type: ignore[arg-type]
    with replaced(path) as beside:
        content = body.getbuffer()
        beside.write_bytes(MAGIC + VERSION.to_bytes(2, "big") + hashlib.sha256(content).digest())
        with open(beside, "ab") as file:
            file.write(content)


def load(path: str) -> Kept | None:
    """What was kept, None if there is no such file. `StateError` names the file and what is wrong with it."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    content = memoryview(data)[_HEAD:]
    if not data.startswith(MAGIC):
        raise StateError(f"{path} is no state that `kakehashi bridge --update` wrote.")
    version = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2], "big")
    if version > VERSION:
        raise StateError(f"{path} has format version {version}; this Kakehashi reads up to {VERSION}.")
    if hashlib.sha256(content).digest() != data[len(MAGIC) + 2 : _HEAD]:
        raise StateError(f"{path} is damaged: its checksum is wrong. Remove it and give all votes once more.")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return _kept(arrays.__getitem__, has_times="time" in arrays.files)


def _kept(array: Callable[[str], NDArray[Any]], *, has_times: bool) -> Kept:
    voter_ids, item_ids, packed = _unpacked(array("voter_ids")), _unpacked(array("item_ids")), array("packed")
    row = np.repeat(np.arange(len(array("start")) - 1), np.diff(array("start")))
    votes = Votes.of(
        np.where(row < len(voter_ids), row, -1),
        packed >> 2,
        (packed & 3) / np.float32(2),
        array("time") if has_times else None,
        unknown=-1,
    )
    votes = replace(votes, voter_ids=voter_ids[votes.voter_ids], item_ids=item_ids[votes.item_ids])
    model = BridgingModel.from_bytes(array("model").tobytes())
    return Kept(model, votes, int(array("fitted")), model.score_items(votes))


def _packed(ids: NDArray[Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(ids.tolist()).encode(), np.uint8)


def _unpacked(stored: NDArray[np.uint8]) -> NDArray[np.object_]:
    names = json.loads(stored.tobytes())
    ids = np.empty(len(names), object)
    ids[:] = names
    return ids
