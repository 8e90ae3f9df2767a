"""Writing notices: one for each reader and cause, where it is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from kakehashi.alerts.actions.counting import recount
from kakehashi.alerts.kinds import place, places_of
from kakehashi.alerts.models import Notice, NoticeKind
from kakehashi.readers.models import Mute, Reader

BATCH = 500
# What the mail waits for: that the reader sees it on the site first, and that there is more to tell.
MAIL_WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Event:
    """Something to tell one reader; `writer` is whose words it shows, if anybody's."""

    reader: int
    kind: NoticeKind
    cause: str
    # What lies on one heap of a day is about the same.
    subject: str
    story: int | None
    comment: int | None = None
    decision: int | None = None
    writer: int | None = None
    outcome: str = ""


def tell(*, events: Iterable[Event], now: datetime) -> int:
    """Write a notice for each reader and cause that has none and is wanted, by the first kind that is; how many.

    Nobody is told of what they did themselves, nor of what members say whom they muted.
    """
    others = (event for event in events if event.writer != event.reader)
    done = 0
    while some := list(islice(others, BATCH)):
        done += _tell(some, now)
    return done


def _tell(events: Sequence[Event], now: datetime) -> int:
    """Five queries and the counting."""
    told = _already_told(events)
    here = _present({event.reader for event in events if (event.reader, event.cause) not in told})
    muted = set(Mute.objects.filter(reader__in=here).values_list("reader_id", "muted_id"))
    wanted = _wanted(
        [
            event
            for event in events
            if event.reader in here
            and (event.reader, event.cause) not in told
            and (event.reader, event.writer) not in muted
        ],
        now,
    )
    if not wanted:
        return 0
    with transaction.atomic():
        Notice.objects.bulk_create(wanted, ignore_conflicts=True)
        recount(readers={notice.reader_id for notice in wanted})
    return len(wanted)


def _already_told(events: Sequence[Event]) -> set[tuple[int, str]]:
    known = Notice.objects.filter(
        reader__in={event.reader for event in events}, cause__in={event.cause for event in events}
    )
    return set(known.values_list("reader_id", "cause"))


def _present(readers: set[int]) -> set[int]:
    """Those who have not left."""
    if not readers:
        return set()
    return set(Reader.objects.filter(pk__in=readers, is_active=True, erased_at=None).values_list("pk", flat=True))


def _wanted(events: Sequence[Event], now: datetime) -> list[Notice]:
    """One notice for a reader and a cause: the first kind wanted on the site, by mail if any kind is wanted so."""
    places = places_of({event.reader for event in events})
    notices: dict[tuple[int, str], Notice] = {}
    for event in events:
        wish = place(places, event.reader, event.kind)
        if not any(wish):
            continue
        notice = notices.get((event.reader, event.cause))
        if notice is None or (wish.on_site and not notice.is_on_site):
            mail_at = notice.mail_at if notice is not None else None
            notice = notices[event.reader, event.cause] = _notice(event, now)
            notice.is_on_site, notice.mail_at = wish.on_site, mail_at
        if wish.by_mail:
            notice.mail_at = now + MAIL_WAIT
    return list(notices.values())


def _notice(event: Event, now: datetime) -> Notice:
    day = timezone.localtime(now).strftime("%Y%m%d")
    return Notice(
        reader_id=event.reader,
        kind=event.kind,
        cause=event.cause,
        heap=f"{day}:{event.kind}:{event.subject}",
        story_id=event.story,
        comment_id=event.comment,
        decision_id=event.decision,
        outcome=event.outcome,
        at=now,
    )
