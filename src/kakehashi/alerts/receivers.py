"""Who may be written to, and where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Lower

from kakehashi.alerts.models import Receiver, Trouble
from kakehashi.readers.models import Reader


def receiver_of(reader: Reader) -> Receiver:
    """The reader's row, made where there is none yet."""
    return Receiver.objects.get_or_create(reader=reader)[0]


def addressed() -> QuerySet[Any]:
    """Receivers with `address`, `is_proven` (a verified or confirmed one) and `is_blocked` (mail comes back, or was
    reported): one query."""
    address = Lower(Coalesce("email", F("reader__email")))
    verified = EmailAddress.objects.filter(
        user=OuterRef("reader"), email__iexact=OuterRef("reader__email"), verified=True
    )
    blocked = Trouble.objects.filter(email=OuterRef("address"), blocked_at__isnull=False)
    return Receiver.objects.select_related("reader").annotate(
        address=address,
        is_proven=Exists(verified) | Q(reader=None, confirmed_at__isnull=False),
        is_blocked=Exists(blocked),
    )


def reachable(now: datetime) -> QuerySet[Any]:
    """Those of whom mail that they did not ask for this minute may be queued and sent."""
    return addressed().filter(
        Q(paused_until=None) | Q(paused_until__lte=now),
        Q(reader=None) | Q(reader__is_active=True, reader__erased_at=None),
        off_at=None,
        is_proven=True,
        is_blocked=False,
    )
