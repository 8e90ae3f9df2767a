"""The worker's part of trending."""

from __future__ import annotations

from datetime import datetime

from kakehashi.trending import actions


def weigh(now: datetime) -> int:
    """Weigh the discussions that moved; how many."""
    actions.keep_pace(now=now)
    return actions.weigh_discussions()


def ask_sisters(now: datetime) -> int:
    """Fetch the feeds of sister sites whose time has come; how many answered well."""
    return actions.ask_sisters(now=now)
