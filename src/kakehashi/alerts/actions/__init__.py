"""Every write of follows, mails and notices."""

from kakehashi.alerts.actions.counting import count_for, recount
from kakehashi.alerts.actions.noticing import tell, tell_of_comments, tell_of_corrections
from kakehashi.alerts.actions.queueing import queue_mail, queue_mails
from kakehashi.alerts.actions.reading import read_all, read_notice

__all__ = [
    "count_for",
    "queue_mail",
    "queue_mails",
    "read_all",
    "read_notice",
    "recount",
    "tell",
    "tell_of_comments",
    "tell_of_corrections",
]
