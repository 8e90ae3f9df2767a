"""Invented discussions of which the truth is known, small as one thread and large as a section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.evaluation.conversations import of_discussion
from benchmarks.evaluation.rankers import Rank
from benchmarks.evaluation.splits import figures
from kakehashi.bridging.synthetic import generate

_SMALL = {"votes": 3000, "voters": 300, "items": 150}
_LARGE = {"votes": 100_000, "voters": 6000, "items": 3000, "shares": (0.6, 0.4)}
# "mild": items divide about as much as they differ in quality; "hard": a camp rejects what the other likes.
CASES: dict[str, dict[str, Any]] = {
    "small-mild": {**_SMALL, "leaning": 0.5},
    "small-hard": _SMALL,
    "small-sparse": {"votes": 800, "voters": 200, "items": 120, "leaning": 0.5},
    "small-80-20": {**_SMALL, "shares": (0.8, 0.2), "leaning": 0.5},
    "small-no-camps": {**_SMALL, "camps": 1},
    "small-three": {"votes": 5000, "voters": 400, "items": 200, "camps": 3, "leaning": 0.7},
    "large-mild": {**_LARGE, "leaning": 0.5},
    "large-hard": _LARGE,
    "large-selection": {**_LARGE, "leaning": 0.5, "selection": 1.5},
    "large-80-20": {**_LARGE, "shares": (0.8, 0.2), "leaning": 0.5},
    "large-three": {**_LARGE, "camps": 3, "shares": None, "leaning": 0.7},
}


def run(name: str, seed: int, rankers: dict[str, Rank]) -> Iterator[dict[str, Any]]:
    made = generate(**CASES[name], seed=seed + 11)
    votes = of_discussion(made)
    truth = np.where(np.bincount(votes.item, minlength=votes.items) > 0, made.truth, np.nan)
    for ranker, rank in rankers.items():
        yield {"data": name, "seed": seed, "ranker": ranker, **(figures(rank(votes), truth) or {})}
