"""The worker's part of trending."""

from __future__ import annotations

from datetime import datetime

from kakehashi.trending import actions


def weigh(now: datetime) -> int:
    """Weigh the discussions that moved; how many."""
    actions.keep_pace(now=now)
    return actions.weigh_discussions()
