"""Every write of follows, mails and notices."""

from kakehashi.alerts.actions.counting import count_for, recount
from kakehashi.alerts.actions.judging import tell_of_decisions
from kakehashi.alerts.actions.noticing import tell_of_comments, tell_of_corrections
from kakehashi.alerts.actions.queueing import queue_mail, queue_mails
from kakehashi.alerts.actions.reading import Opened, read_all, read_notice
from kakehashi.alerts.actions.telling import tell

__all__ = [
    "Opened",
    "count_for",
    "queue_mail",
    "queue_mails",
    "read_all",
    "read_notice",
    "recount",
    "tell",
    "tell_of_comments",
    "tell_of_corrections",
    "tell_of_decisions",
]
