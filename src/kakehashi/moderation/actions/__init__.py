"""Every write of the room: `from kakehashi.moderation import actions`, then a verb."""

from kakehashi.moderation.actions.deciding import decide_comment, decide_thread
from kakehashi.moderation.actions.policies import RuleText, ensure_policy, publish_policy
from kakehashi.moderation.actions.restricting import acknowledge, ban, suspend, warn
from kakehashi.moderation.actions.undoing import undo, undo_batch

__all__ = [
    "RuleText",
    "acknowledge",
    "ban",
    "decide_comment",
    "decide_thread",
    "ensure_policy",
    "publish_policy",
    "suspend",
    "undo",
    "undo_batch",
    "warn",
]
