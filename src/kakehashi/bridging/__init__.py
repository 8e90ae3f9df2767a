"""Ranking by common ground: first what voters of every camp rate well.

>>> from kakehashi.bridging import BridgingModel, Votes
>>> votes = Votes.of(voter=["ann", "bo", "cy"], item=["bridge", "bridge", "wall"], value=[1, 1, -1])
>>> model = BridgingModel().fit(votes)
>>> model.n_camps_  # so few votes show no camps
1
>>> [model.item_ids_[place] for place in model.scores_.order()]
['bridge', 'wall']

Pure numbers: NumPy and SciPy (Numba where installed), no clock, no files but those named, no global random state.
`docs/bridging.md` has the mathematics.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kakehashi.bridging.baselines import NetRanker, RedditBestRanker, ShrunkMeanRanker, WilsonRanker
    from kakehashi.bridging.community_notes import CommunityNotesRanker
    from kakehashi.bridging.errors import BridgingError, NotFittedError, StateError, VotesError
    from kakehashi.bridging.model import BridgingModel
    from kakehashi.bridging.polis import PolisConsensusRanker
    from kakehashi.bridging.ranker import Ranker
    from kakehashi.bridging.rankers import RANKERS
    from kakehashi.bridging.scores import Scores
    from kakehashi.bridging.votes import Votes

__all__ = [
    "RANKERS",
    "BridgingError",
    "BridgingModel",
    "CommunityNotesRanker",
    "NetRanker",
    "NotFittedError",
    "PolisConsensusRanker",
    "Ranker",
    "RedditBestRanker",
    "Scores",
    "ShrunkMeanRanker",
    "StateError",
    "Votes",
    "VotesError",
    "WilsonRanker",
]

_HOMES = {
    "baselines": ("NetRanker", "RedditBestRanker", "ShrunkMeanRanker", "WilsonRanker"),
    "community_notes": ("CommunityNotesRanker",),
    "errors": ("BridgingError", "NotFittedError", "StateError", "VotesError"),
    "model": ("BridgingModel",),
    "polis": ("PolisConsensusRanker",),
    "ranker": ("Ranker",),
    "rankers": ("RANKERS",),
    "scores": ("Scores",),
    "votes": ("Votes",),
}


def __getattr__(name: str) -> Any:
    """Each name is loaded when it is first asked for: `kakehashi --help` waits for no NumPy."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
