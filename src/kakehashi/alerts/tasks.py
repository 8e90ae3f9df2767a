"""The worker's part of notices."""

from __future__ import annotations

from datetime import datetime

from kakehashi.alerts import actions


def tell_readers(now: datetime) -> int:
    """Write the notices of what is new; how many."""
    return actions.tell_of_comments(now=now) + actions.tell_of_corrections(now=now) + actions.tell_of_decisions(now=now)
