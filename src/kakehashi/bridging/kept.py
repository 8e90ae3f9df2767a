"""What `kakehashi bridge --update` keeps between runs: a model and all votes it has seen, in one file.

    b"kakehashi-votes\n" | version (2 bytes, big-endian) | SHA-256 of the rest (32 bytes) | NumPy's .npz, without code

A vote takes four bytes (twelve with timestamps).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import StateError
from kakehashi.bridging.files import replaced
from kakehashi.bridging.model import BridgingModel
from kakehashi.bridging.rows import Rows, grouped, stable_order
from kakehashi.bridging.scores import Scores
from kakehashi.bridging.votes import Votes

MAGIC = b"kakehashi-votes\n"
VERSION = 1
_DIGEST = hashlib.sha256().digest_size
_HEAD = len(MAGIC) + 2 + _DIGEST
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
    with replaced(path) as beside, open(beside, "w+b") as file:
        file.write(MAGIC + VERSION.to_bytes(2, "big") + bytes(_DIGEST))
        np.savez(file, **arrays)  # type: ignore[arg-type]
        file.seek(_HEAD)
        digest = hashlib.file_digest(file, "sha256").digest()
        file.seek(_HEAD - _DIGEST)
        file.write(digest)


def load(path: str) -> Kept | None:
    """What was kept, None if there is no such file. `StateError` names the file and what is wrong with it."""
    if not Path(path).exists():
        return None
    with open(path, "rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StateError(f"{path} is no state that `kakehashi bridge --update` wrote.")
        version, digest = int.from_bytes(file.read(2), "big"), file.read(_DIGEST)
        if version > VERSION:
            raise StateError(f"{path} has format version {version}; this Kakehashi reads up to {VERSION}.")
        if hashlib.file_digest(file, "sha256").digest() != digest:
            raise StateError(f"{path} is damaged: its checksum is wrong. Remove it and give all votes once more.")
        file.seek(_HEAD)
        with np.load(file, allow_pickle=False) as arrays:
            return _kept(arrays.__getitem__, has_times="time" in arrays.files)


def _kept(array: Callable[[str], NDArray[Any]], *, has_times: bool) -> Kept:
    voter_ids, item_ids = _unpacked(array("voter_ids")), _unpacked(array("item_ids"))
    by_voter = Rows(array("start"), array("packed"))
    time = array("time") if has_times else None
    votes = Votes(voter_ids, item_ids, by_voter, _by_item(by_voter, len(item_ids)), time)
    model = BridgingModel.from_bytes(array("model").tobytes())
    return Kept(model, votes, int(array("fitted")), model.score_items(votes))


def _by_item(by_voter: Rows, n_items: int) -> Rows:
    """The same votes in the order of their items."""
    item = by_voter.column
    order = stable_order(item, n_items)
    return grouped(item[order], by_voter.row[order], by_voter.halves[order], n_items)


def _packed(ids: NDArray[Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(ids.tolist()).encode(), np.uint8)


def _unpacked(stored: NDArray[np.uint8]) -> NDArray[np.object_]:
    names = json.loads(stored.tobytes())
    ids = np.empty(len(names), object)
    ids[:] = names
    return ids
