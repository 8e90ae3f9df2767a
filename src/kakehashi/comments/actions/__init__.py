"""Every write of the discussion: `from kakehashi.comments import actions`, then a verb."""

from kakehashi.comments.actions.discounting import discount_votes
from kakehashi.comments.actions.importing import Totals, import_comment
from kakehashi.comments.actions.leaving import export_discussion, part_from
from kakehashi.comments.actions.naming import show_anew
from kakehashi.comments.actions.placing import Place, place_by_common_ground
from kakehashi.comments.actions.posting import edit_comment, post_comment, withdraw_comment
from kakehashi.comments.actions.preferring import remember_choice
from kakehashi.comments.actions.recent import forget_digests
from kakehashi.comments.actions.recounting import find_miscounted, recount_thread
from kakehashi.comments.actions.states import rewrite_comment, set_comment_state, set_comment_states, set_thread_state
from kakehashi.comments.actions.threads import thread_for
from kakehashi.comments.actions.voting import Tally, cast_vote

__all__ = [
    "Place",
    "Tally",
    "Totals",
    "cast_vote",
    "discount_votes",
    "edit_comment",
    "export_discussion",
    "find_miscounted",
    "forget_digests",
    "import_comment",
    "part_from",
    "place_by_common_ground",
    "post_comment",
    "recount_thread",
    "remember_choice",
    "rewrite_comment",
    "set_comment_state",
    "set_comment_states",
    "set_thread_state",
    "show_anew",
    "thread_for",
    "withdraw_comment",
]
