"""Every write of trending."""

from kakehashi.trending.actions.counting import add_views, keep_pace, weigh_discussions

__all__ = ["add_views", "keep_pace", "weigh_discussions"]
