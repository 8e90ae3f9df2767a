"""Who may be written to, and where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
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


def is_reachable(row: Any, now: datetime) -> bool:
    """As `reachable`, of a row of `addressed` (None: none is there any more)."""
    if row is None or row.off_at is not None or not row.is_proven or row.is_blocked:
        return False
    if row.reader is not None and (not row.reader.is_active or row.reader.erased_at is not None):
        return False
    return row.paused_until is None or row.paused_until <= now


def language_of(receiver: Receiver) -> str:
    """The reader's choice, or that of whoever subscribed the address; the site's where there is none, or no more."""
    chosen = (receiver.reader.language if receiver.reader is not None else "") or receiver.language
    return chosen if chosen in settings.KAKEHASHI_LANGUAGES else settings.LANGUAGE_CODE
