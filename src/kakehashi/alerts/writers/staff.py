"""Mails to the moderators about checks that do not work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail
from kakehashi.moderation import queries
from kakehashi.moderation.checks.names import label_of
from kakehashi.moderation.models import Breakdown


def write_broken(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """Two queries; nothing to whoever is no moderator any more."""
    found = Breakdown.objects.in_bulk({mail.about["breakdown"] for mail in mails})
    receivers = {mail.receiver_id for mail in mails}
    staff = set(queries.moderators().filter(receiver__in=receivers).values_list("receiver", flat=True))
    letters = {pk: _letter(breakdown) for pk, breakdown in found.items()}
    return {
        mail.pk: letters[mail.about["breakdown"]]
        for mail in mails
        if mail.receiver_id in staff and mail.about["breakdown"] in letters
    }


def _letter(breakdown: Breakdown) -> Letter:
    label = label_of(breakdown.check_name)
    return Letter(
        subject=_("A check does not work: %(check)s") % {"check": label},
        template="alerts/mail/broken_check",
        why=_("You get this because you are a moderator here."),
        scope="",
        context={
            "breakdown": breakdown,
            "label": label,
            "moderation_url": settings.BASE_URL + reverse("moderation"),
        },
    )
