"""The worker's part of search: read what is new since the last look, and what lost its licence."""

from __future__ import annotations

from datetime import datetime

from kakehashi.search import actions


def index_new(now: datetime) -> int:
    """Index stories and comments that are new or changed; how many."""
    return actions.index_stories(now=now) + actions.index_comments(now=now)
