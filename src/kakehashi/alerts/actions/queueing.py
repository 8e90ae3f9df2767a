"""How a mail comes into the queue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kakehashi.alerts.models import Mail, Receiver, Urgency

BATCH = 500


def queue_mail(
    *,
    receiver: Receiver,
    cause: str,
    kind: str,
    due_at: datetime,
    about: dict[str, Any] | None = None,
    urgency: int = Urgency.NEWS,
) -> bool:
    """Have a mail sent to `receiver` at `due_at` or soon after; False where this cause has had its mail already.

    `cause` says what the mail is about, in the same words each time: "story:12", "invitation", "comment:77". A digest does
    not repeat what had a mail of its own as "story:ID" or "comment:ID". `kind` names what is written (`letters.KINDS`);
    it gets `about` when the mail is sent and may find that there is nothing to say any more. Who wants no mail, or
    cannot get any, is passed by when it is sent. A member's receiver: `receivers.receiver_of(reader)`.
    """
    values = {"kind": kind, "due_at": due_at, "about": about or {}, "urgency": urgency}
    return Mail.objects.get_or_create(receiver=receiver, cause=cause, defaults=values)[1]


def queue_mails(*, mails: Iterable[Mail]) -> None:
    """The same for many rows that are not saved yet; those whose cause has had its mail are passed by."""
    Mail.objects.bulk_create(mails, batch_size=BATCH, ignore_conflicts=True)
