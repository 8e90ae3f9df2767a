"""Every write of trending."""

from kakehashi.trending.actions.counting import add_views, keep_pace, weigh_discussions
from kakehashi.trending.actions.sisters import ask_sisters, ensure_sister, take_answer

__all__ = ["add_views", "ask_sisters", "ensure_sister", "keep_pace", "take_answer", "weigh_discussions"]
