"""The worker's part of moderation."""

from __future__ import annotations

from datetime import datetime

from kakehashi.moderation import actions


def retrain(now: datetime) -> int:
    """Learn anew what is removed here, if that is due; 1 if it was."""
    return actions.retrain(now=now)
