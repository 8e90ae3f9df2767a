"""The worker's part of the ranking: new votes twice a second, a run when one is due, maps of what moved."""

from __future__ import annotations

from datetime import datetime

from kakehashi.ranking import actions


def fold_in_votes(now: datetime) -> int:
    """Rank anew the comments whose votes changed; how many votes."""
    return actions.fold_in_votes(now=now)


def refit(now: datetime) -> int:
    """Learn anew where readers stand, if that is due; how many comments moved."""
    return actions.refit(now=now)


def draw_maps(now: datetime) -> int:
    """Draw the maps of discussions that moved, or that the last run sees otherwise; how many."""
    return actions.draw_maps(now=now)
