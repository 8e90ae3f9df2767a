"""Mails to those who sent legal notices: the receipt, what was decided, and a warning to whoever sends them without ground.

They go to the address that was typed, of which nobody knows whose it is: so few a day to one address.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from kakehashi.alerts.actions.judging import OVERLAP
from kakehashi.alerts.actions.queueing import queue_mail
from kakehashi.alerts.actions.subscribing import receiver_at
from kakehashi.alerts.models import Look, Mail, Receiver, Urgency
from kakehashi.moderation import rules
from kakehashi.moderation.models import LegalNotice, NoticeBar, Outcome
from kakehashi.readers.mailboxes import alias_hash

IDLE = timedelta(seconds=20)
# More receipts than these a day to one mailbox, in whatever spelling of its address, are left out: the page that followed the
# form says the same. Of other mails the next ones come a day later, for each is owed.
MOST_RECEIPTS, MOST_OTHERS = 5, 20
DAY = timedelta(days=1)


def write_to_notifiers(*, now: datetime) -> int:
    """Queue a mail for each notice that came or was answered since the last look, and each warning; how many."""
    look, _is_first = Look.objects.get_or_create(name="notifiers written to")
    since = (look.looked_at or now) - OVERLAP
    done = sum(_queue(*letter, now=now) for letter in _letters(since, now))
    if done or look.looked_at is None or now - look.looked_at >= IDLE:
        Look.objects.filter(pk=look.pk).update(looked_at=now)
    return done


def _letters(since: datetime, now: datetime) -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
    """(kind, cause, address, language, about); three queries, four where notices came."""
    with_address = LegalNotice.objects.exclude(email="")
    new = list(with_address.filter(created_at__gte=since).order_by("created_at", "pk"))
    confirmed = _to_confirm(since) if new else set()
    for one in new:
        if one.pk not in confirmed:
            continue
        yield "notice-receipt", f"notice:{one.pk}", one.email, one.language, {"notice": one.pk}
    settled = with_address.filter(settled_at__gte=since, settled_at__lte=now - rules.TELL_AFTER)
    for one in settled.exclude(outcome=Outcome.WAITING).order_by("settled_at", "pk"):
        cause = f"notice:{one.pk}:{one.outcome}:{one.decision_id or 0}:{one.complained_at is not None:d}"
        yield "notice-outcome", cause, one.email, one.language, {"notice": one.pk}
    for bar in NoticeBar.objects.filter(created_at__gte=since, lifted_at=None).order_by("created_at", "pk"):
        yield "notice-bar", f"notice-bar:{bar.pk}", bar.email, "", {"bar": bar.pk}


def _to_confirm(since: datetime) -> set[int]:
    """The notices since a day before then that get a receipt; 1 query."""
    rows = LegalNotice.objects.exclude(email="").filter(created_at__gte=since - DAY).order_by("created_at", "pk")
    receipts: dict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=MOST_RECEIPTS))
    found = set()
    for pk, email, at in rows.values_list("pk", "email", "created_at"):
        earlier = receipts[alias_hash(email)]
        if len(earlier) < MOST_RECEIPTS or earlier[0] <= at - DAY:
            earlier.append(at)
            found.add(pk)
    return found


def _queue(kind: str, cause: str, email: str, language: str, about: dict[str, Any], *, now: datetime) -> bool:
    receiver = receiver_at(email=email)
    if language and receiver.reader is None and receiver.confirmed_at is None and receiver.language != language:
        Receiver.objects.filter(pk=receiver.pk).update(language=language)
    if Mail.objects.filter(receiver=receiver, cause=cause).exists():
        return False
    times = list(receiver.mails.filter(kind=kind).order_by("-due_at").values_list("due_at", flat=True)[:MOST_OTHERS])
    due_at = now if len(times) < MOST_OTHERS else max(now, times[-1] + DAY)
    return queue_mail(receiver=receiver, cause=cause, kind=kind, about=about, due_at=due_at, urgency=Urgency.AWAITED)
