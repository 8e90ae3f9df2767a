"""Mails to the moderators: that a check before publication does not work, so that comments wait for them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone

from kakehashi.alerts.actions.queueing import queue_mail
from kakehashi.alerts.models import Mail, Urgency
from kakehashi.alerts.receivers import receiver_of
from kakehashi.moderation import queries


def tell_moderators(*, now: datetime) -> int:
    """Queue a mail for each check that does not work and each moderator, one a day as long as that is so; how many. One
    query where all checks work."""
    day = timezone.localtime(now).strftime("%Y%m%d")
    done = 0
    for broken in queries.broken_checks():
        cause = f"check:{broken.check_name}:{day}"
        has_mail = Exists(Mail.objects.filter(receiver__reader=OuterRef("pk"), cause=cause))
        for moderator in queries.moderators().exclude(has_mail):
            done += queue_mail(
                receiver=receiver_of(moderator),
                cause=cause,
                kind="broken-check",
                about={"breakdown": broken.pk},
                due_at=now,
                urgency=Urgency.AWAITED,
            )
    return done
