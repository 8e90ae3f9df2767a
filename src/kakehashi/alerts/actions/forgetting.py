"""What happens to notices with time, and when a reader takes the data along or leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from kakehashi.alerts.kinds import USUAL, place, places_of
from kakehashi.alerts.models import Notice, NoticeChoice, Told
from kakehashi.readers.models import Reader

BATCH = 5000
# Unread ones are kept so many times as long.
UNREAD = 4


def forget_old_notices(*, now: datetime) -> int:
    """Delete notices read long ago, and those that nobody has read for much longer; how many."""
    days = timedelta(days=settings.KAKEHASHI_NOTICE_DAYS)
    old = Notice.objects.filter(Q(read_at__isnull=False, at__lt=now - days) | Q(at__lt=now - UNREAD * days))
    Told.objects.filter(at__lt=now - days).delete()
    some = list(old.order_by("at").values_list("pk", flat=True)[:BATCH])
    return Notice.objects.filter(pk__in=some).delete()[0]


def export_notices(*, reader: Reader) -> dict[str, Any]:
    """What the reader was told, and where they want to be told, as plain values for JSON; 2 queries."""
    notices = Notice.objects.filter(reader=reader).select_related("story").order_by("pk")
    places = places_of([reader.pk])
    return {
        "notices": [
            {
                "kind": notice.kind,
                "outcome": notice.outcome,
                "story": notice.story.title if notice.story is not None else None,
                "comment": notice.comment_id,
                "at": notice.at.isoformat(),
                "read_at": notice.read_at.isoformat() if notice.read_at else None,
            }
            for notice in notices.defer("story__body")
        ],
        "notice_choices": {kind: place(places, reader.pk, kind)._asdict() for kind in USUAL},
    }


def forget_notices(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    """Drop what a leaving reader was told and wished to be told. What others were told of their comments goes by what
    becomes of these."""
    Notice.objects.filter(reader=reader).delete()
    NoticeChoice.objects.filter(reader=reader).delete()
    # The caller saves the row.
    reader.unread_notices = 0
