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

from kakehashi.bridging.baselines import NetRanker, RedditBestRanker, ShrunkMeanRanker, WilsonRanker
from kakehashi.bridging.community_notes import CommunityNotesRanker
from kakehashi.bridging.errors import BridgingError, NotFittedError, StateError, VotesError
from kakehashi.bridging.model import BridgingModel
from kakehashi.bridging.polis import PolisConsensusRanker
from kakehashi.bridging.ranker import Ranker
from kakehashi.bridging.scores import Scores
from kakehashi.bridging.votes import Votes

# By the names that the command line takes.
RANKERS: dict[str, type[Ranker]] = {
    "bridging": BridgingModel,
    "net": NetRanker,
    "wilson": WilsonRanker,
    "reddit-best": RedditBestRanker,
    "shrunk-mean": ShrunkMeanRanker,
    "polis": PolisConsensusRanker,
    "community-notes": CommunityNotesRanker,
}

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
