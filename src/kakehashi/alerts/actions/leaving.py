"""What happens to follows and mails when a reader takes the data along or leaves, and what is forgotten by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef

from kakehashi.alerts import subjects
from kakehashi.alerts.models import BreakingNews, Follow, Mail, MailState, Receiver, Trouble, Wish
from kakehashi.readers.models import Reader

# Nothing is announced so late that its cause must be known for longer.
DONE_FOR = timedelta(days=30)
# What went wrong is kept for whoever looks into it.
TROUBLED_FOR = timedelta(days=90)
WISH_FOR = timedelta(days=7)
BATCH = 5000


def export_follows(*, reader: Reader) -> dict[str, Any]:
    """What the reader follows and which mails they got lately, as plain values for JSON; 5 queries."""
    receiver = Receiver.objects.filter(reader=reader).first()
    if receiver is None:
        return {"news_alerts": None}
    follows = receiver.follows.order_by("created_at", "pk")
    trouble = Trouble.objects.filter(email=reader.email.lower()).first()

    def moment(value: datetime | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "news_alerts": {
            "hour": receiver.hour,
            "weekday": receiver.weekday,
            "time_zone": receiver.time_zone,
            "language": receiver.language,
            "off_since": moment(receiver.off_at),
            "paused_until": moment(receiver.paused_until),
            "address_switched_off_at": moment(trouble.blocked_at) if trouble else None,
            "follows": [
                {"subject": row.subject, "rhythm": row.rhythm, "since": row.created_at.isoformat()} for row in follows
            ],
            "mails": [
                {"cause": mail.cause, "state": mail.state, "queued_at": mail.created_at.isoformat()}
                for mail in receiver.mails.order_by("pk")
            ],
        }
    }


def forget_receiver(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    """Drop all that the leaving reader followed, all mails to them, and what others follow of them."""
    Receiver.objects.filter(reader=reader).delete()
    Trouble.objects.filter(email=reader.email.lower()).delete()
    Follow.objects.filter(subject=subjects.word(subjects.MEMBER, reader.pk)).delete()
    BreakingNews.objects.filter(sent_by=reader).update(sent_by=None)


def forget_old(*, now: datetime) -> int:
    """Delete mails long done, wishes that nobody confirmed, and addresses of which nothing else is known; how many rows.

    Invitations stay: nobody gets a second one.
    """
    finished = Mail.objects.exclude(kind="invitation")
    done = [MailState.HANDED_OVER, MailState.DROPPED]
    old = finished.filter(finished_at__lt=now - DONE_FOR, state__in=done)
    very_old = finished.filter(finished_at__lt=now - TROUBLED_FOR)
    count = sum(
        Mail.objects.filter(pk__in=list(some.values_list("pk", flat=True)[:BATCH])).delete()[0]
        for some in (old, very_old)
    )
    count += Wish.objects.filter(created_at__lt=now - WISH_FOR).delete()[0]
    strangers = Receiver.objects.filter(
        ~Exists(Wish.objects.filter(receiver=OuterRef("pk"))),
        ~Exists(Mail.objects.filter(receiver=OuterRef("pk"), finished_at=None)),
        reader=None,
        confirmed_at=None,
        created_at__lt=now - WISH_FOR,
    )
    return count + strangers.delete()[0]
