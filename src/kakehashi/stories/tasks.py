"""What the worker does for the newsroom."""

from __future__ import annotations

from datetime import datetime

from kakehashi.stories import actions


def publish_scheduled(now: datetime) -> int:
    """Publish and retire what is due; how many pages changed."""
    return actions.retire_due(now=now) + actions.publish_due(now=now)
