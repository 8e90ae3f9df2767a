"""Mails of notices: at most one in a quarter of an hour, with all that has come up to then and was not read on the site."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from kakehashi.alerts.actions.queueing import queue_mail
from kakehashi.alerts.models import Mail, Notice, Receiver, Urgency
from kakehashi.alerts.receivers import receiver_of
from kakehashi.readers.models import Reader

KIND = "notices"
REST = timedelta(minutes=15)
READERS_AT_ONCE = 500


def queue_notice_mails(*, now: datetime) -> int:
    """Queue the mails of notices that are due; how many."""
    due = Notice.objects.filter(mail_at__lte=now).order_by().values("reader").distinct()
    readers = Reader.objects.filter(pk__in=due).order_by("pk")[:READERS_AT_ONCE]
    return sum(_queue(reader, now) for reader in readers)


@transaction.atomic
def _queue(reader: Reader, now: datetime) -> bool:
    """One reader's. The receiver's row is the queue of two workers at once: the second finds nothing that waits."""
    receiver = Receiver.objects.select_for_update(no_key=True).get(pk=receiver_of(reader).pk)
    waiting = Notice.objects.filter(reader=reader, mail_at__isnull=False)
    waiting.exclude(read_at=None).update(mail_at=None)
    found = list(waiting.order_by("pk").values_list("pk", flat=True))
    last = Mail.objects.filter(receiver=receiver, kind=KIND, created_at__gt=now - REST).order_by("-created_at").first()
    if found and last is not None:
        waiting.filter(mail_at__lte=now).update(mail_at=last.created_at + REST)
    if not found or last is not None:
        return False
    cause = f"{KIND}:{found[0]}"
    queue_mail(receiver=receiver, cause=cause, kind=KIND, due_at=now, urgency=Urgency.NEWS)
    mail = Mail.objects.get(receiver=receiver, cause=cause)
    Mail.objects.filter(pk=mail.pk).update(created_at=now)
    waiting.filter(pk__in=found).update(mail_at=None, mail=mail)
    return True
