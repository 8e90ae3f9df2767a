"""Every write of follows, mails and notices."""

from kakehashi.alerts.actions.announcing import (
    queue_breaking_news,
    queue_comment_alerts,
    queue_digests,
    queue_story_alerts,
    send_breaking_news,
)
from kakehashi.alerts.actions.bundling import queue_notice_mails
from kakehashi.alerts.actions.choosing import choose_notices, end_notice_mails
from kakehashi.alerts.actions.counting import count_for, recount
from kakehashi.alerts.actions.following import (
    choose_rhythms,
    follow,
    pause,
    set_rhythms,
    set_times,
    switch_off,
    switch_on,
    unfollow,
)
from kakehashi.alerts.actions.forgetting import export_notices, forget_notices, forget_old_notices
from kakehashi.alerts.actions.inviting import accept_invitation, queue_invitations
from kakehashi.alerts.actions.judging import tell_of_decisions
from kakehashi.alerts.actions.leaving import export_follows, forget_old, forget_receiver
from kakehashi.alerts.actions.noticing import tell_of_comments, tell_of_correction, tell_of_corrections
from kakehashi.alerts.actions.notifying import write_to_notifiers
from kakehashi.alerts.actions.queueing import queue_mail, queue_mails
from kakehashi.alerts.actions.reading import Opened, read_all, read_notice
from kakehashi.alerts.actions.sending import MailServerAway, send_again, send_due, settle_old_claims
from kakehashi.alerts.actions.staff import tell_moderators
from kakehashi.alerts.actions.subscribing import adopt_all, ask_anew, confirm, receivers_at, subscribe
from kakehashi.alerts.actions.telling import Event, tell
from kakehashi.alerts.actions.troubling import forgive, note_bounce, note_complaint

__all__ = [
    "Event",
    "MailServerAway",
    "Opened",
    "accept_invitation",
    "adopt_all",
    "ask_anew",
    "choose_notices",
    "choose_rhythms",
    "confirm",
    "count_for",
    "end_notice_mails",
    "export_follows",
    "export_notices",
    "follow",
    "forget_notices",
    "forget_old",
    "forget_old_notices",
    "forget_receiver",
    "forgive",
    "note_bounce",
    "note_complaint",
    "pause",
    "queue_breaking_news",
    "queue_comment_alerts",
    "queue_digests",
    "queue_invitations",
    "queue_mail",
    "queue_mails",
    "queue_notice_mails",
    "queue_story_alerts",
    "read_all",
    "read_notice",
    "receivers_at",
    "recount",
    "send_again",
    "send_breaking_news",
    "send_due",
    "set_rhythms",
    "set_times",
    "settle_old_claims",
    "subscribe",
    "switch_off",
    "switch_on",
    "tell",
    "tell_moderators",
    "tell_of_comments",
    "tell_of_correction",
    "tell_of_corrections",
    "tell_of_decisions",
    "unfollow",
    "write_to_notifiers",
]
