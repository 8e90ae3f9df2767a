"""Every write of follows and mails."""

from kakehashi.alerts.actions.queueing import queue_mail, queue_mails

__all__ = ["queue_mail", "queue_mails"]
