"""Made-up crowds for the tests of the numeric package."""

from __future__ import annotations

import numpy as np

from kakehashi.bridging import Votes


def a_crowd(
    *, camps: int = 2, voters: int = 60, items: int = 40, share: float = 0.5, clear: float = 0.4, seed: int = 0
) -> Votes:
    """Voter u belongs to camp u % camps, and each camp likes or dislikes each item with chances 0.5 +- `clear`."""
    chance = np.random.default_rng(seed)
    liking = 0.5 + clear * chance.choice([-1.0, 1.0], (camps, items))
    voter, item = np.nonzero(chance.random((voters, items)) < share)
    up = chance.random(len(voter)) < liking[voter % camps, item]
    return Votes.of(voter, item, np.where(up, 1, -1))


def without_camps(*, voters: int = 60, items: int = 40, share: float = 0.5, seed: int = 0) -> Votes:
    """Items differ in quality, voters in leniency, and that is all."""
    chance = np.random.default_rng(seed)
    quality, lenient = chance.normal(0.3, 1.0, items), chance.normal(0.0, 0.5, voters)
    voter, item = np.nonzero(chance.random((voters, items)) < share)
    up = chance.random(len(voter)) < 1.0 / (1.0 + np.exp(-quality[item] - lenient[voter]))
    return Votes.of(voter, item, np.where(up, 1, -1))


def columns(votes: Votes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voter, item and value (1, 0.5, 0) of each vote of known voters."""
    rows = votes.by_voter
    return votes.voter_ids[rows.row], votes.item_ids[rows.column], rows.halves / 2.0
