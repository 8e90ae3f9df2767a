"""Every write of the room: `from kakehashi.moderation import actions`, then a verb."""

from kakehashi.moderation.actions.appealing import file_appeal, settle_appeal
from kakehashi.moderation.actions.claiming import claim_comment, claim_next, release_claims
from kakehashi.moderation.actions.deciding import decide_comment, decide_thread
from kakehashi.moderation.actions.discounting import discount, go_on_discounting, settle_alarm
from kakehashi.moderation.actions.filing import (
    answer_notice,
    bar_sender,
    complain,
    file_notice,
    forget_senders,
    lift_bar,
    trust_flagger,
)
from kakehashi.moderation.actions.flagging import flag_comment, take_back_flag, why_not
from kakehashi.moderation.actions.judging import Consequence, judge, judge_waiting
from kakehashi.moderation.actions.learning import ask_for_training, retrain, use_version
from kakehashi.moderation.actions.leaving import export_moderation, part_from
from kakehashi.moderation.actions.mending import note_breakdowns, try_broken_checks
from kakehashi.moderation.actions.policies import RuleText, ensure_policy, publish_policy
from kakehashi.moderation.actions.reporting import publish_report
from kakehashi.moderation.actions.restricting import acknowledge, ban, discount_flags, suspend, warn
from kakehashi.moderation.actions.scoring import score_new
from kakehashi.moderation.actions.settling import settle_withdrawn
from kakehashi.moderation.actions.standing import look_at_members, look_at_watched, settle_standing
from kakehashi.moderation.actions.sweeping import decide_many
from kakehashi.moderation.actions.undoing import undo, undo_batch, undo_slip
from kakehashi.moderation.actions.waiting import find_waiting, settle_waiting
from kakehashi.moderation.actions.watching import watch_accounts, watch_votes
from kakehashi.moderation.actions.words import WordText, delete_words, import_words, save_word

__all__ = [
    "Consequence",
    "RuleText",
    "WordText",
    "acknowledge",
    "answer_notice",
    "ask_for_training",
    "ban",
    "bar_sender",
    "claim_comment",
    "claim_next",
    "complain",
    "decide_comment",
    "decide_many",
    "decide_thread",
    "delete_words",
    "discount",
    "discount_flags",
    "ensure_policy",
    "export_moderation",
    "file_appeal",
    "file_notice",
    "find_waiting",
    "flag_comment",
    "forget_senders",
    "go_on_discounting",
    "import_words",
    "judge",
    "judge_waiting",
    "lift_bar",
    "look_at_members",
    "look_at_watched",
    "note_breakdowns",
    "part_from",
    "publish_policy",
    "publish_report",
    "release_claims",
    "retrain",
    "save_word",
    "score_new",
    "settle_alarm",
    "settle_appeal",
    "settle_standing",
    "settle_waiting",
    "settle_withdrawn",
    "suspend",
    "take_back_flag",
    "trust_flagger",
    "try_broken_checks",
    "undo",
    "undo_batch",
    "undo_slip",
    "use_version",
    "warn",
    "watch_accounts",
    "watch_votes",
    "why_not",
]
