"""The worker's part of the surveys."""

from __future__ import annotations

from datetime import datetime

from kakehashi.surveys import actions


def turn_pages(now: datetime) -> int:
    """Open and close what is due; how many."""
    return actions.turn_pages(now=now)


def forget_addresses(now: datetime) -> int:
    """Drop yesterday's counts of answers from one address; how many."""
    return actions.forget_addresses(now=now)
