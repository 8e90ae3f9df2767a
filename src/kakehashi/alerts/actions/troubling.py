"""What mail servers and providers say of addresses: mail that comes back, mail that is reported as unwanted."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F

from kakehashi.alerts.models import Trouble

# So many soft refusals in all before an address is given up.
PATIENCE = 5


def note_bounce(*, address: str, said: str, is_hard: bool, now: datetime) -> Trouble:
    """Mail to the address came back. A hard bounce switches it off at once, soft ones after some; repeats are harmless."""
    return _note(address, Trouble.Kind.BOUNCE, said, is_final=is_hard, now=now)


def note_complaint(*, address: str, said: str, now: datetime) -> Trouble:
    """Somebody reported our mail as unwanted: the address is switched off."""
    return _note(address, Trouble.Kind.COMPLAINT, said, is_final=True, now=now)


def _note(address: str, kind: str, said: str, *, is_final: bool, now: datetime) -> Trouble:
    defaults = {"kind": kind, "last_at": now}
    row = Trouble.objects.get_or_create(email=address.strip().lower(), defaults=defaults)[0]
    Trouble.objects.filter(pk=row.pk).update(kind=kind, said=said[:300], last_at=now, count=F("count") + 1)
    row.refresh_from_db()
    if row.blocked_at is None and (is_final or row.count >= PATIENCE):
        row.blocked_at = now
        row.save(update_fields=["blocked_at"])
    return row


def forgive(*, address: str) -> None:
    """Whoever reads mail at the address has shown that it comes through and is wanted."""
    Trouble.objects.filter(email=address.strip().lower()).delete()
