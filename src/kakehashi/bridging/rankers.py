"""All rankers by the names that the command line takes."""

from __future__ import annotations

from kakehashi.bridging.baselines import NetRanker, RedditBestRanker, ShrunkMeanRanker, WilsonRanker
from kakehashi.bridging.community_notes import CommunityNotesRanker
from kakehashi.bridging.model import BridgingModel
from kakehashi.bridging.polis import PolisConsensusRanker
from kakehashi.bridging.ranker import Ranker

RANKERS: dict[str, type[Ranker]] = {
    "bridging": BridgingModel,
    "net": NetRanker,
    "wilson": WilsonRanker,
    "reddit-best": RedditBestRanker,
    "shrunk-mean": ShrunkMeanRanker,
    "polis": PolisConsensusRanker,
    "community-notes": CommunityNotesRanker,
}
