"""What a reader does with notices: open one, mark one or all as read."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from kakehashi.alerts.actions.counting import recount
from kakehashi.alerts.models import Notice
from kakehashi.lib.errors import NotFound
from kakehashi.readers.models import Reader


class Opened(NamedTuple):
    """Where a heap leads: to the decision, or the first comment in it that was not read yet, or the story."""

    decision: int | None
    comment: int | None
    story: int | None


@transaction.atomic
def read_notice(*, reader: Reader, pk: int, now: datetime) -> Opened:
    """Mark the notice and what lies below it on its heap as read; what has come since stays unread. Repeats are harmless.

    Raises `NotFound` where it is not the reader's.
    """
    notice = Notice.objects.filter(reader=reader, pk=pk, is_on_site=True).first()
    if notice is None:
        raise NotFound(_("This notice is not here any more."))
    unread = Notice.objects.filter(reader=reader, heap=notice.heap, pk__lte=pk).unread()
    first = unread.shown().aggregate(first=Min("comment"))["first"]
    if unread.update(read_at=now):
        recount(readers=[reader.pk])
    return Opened(notice.decision_id, first or notice.comment_id, notice.story_id)


@transaction.atomic
def read_all(*, reader: Reader, until: int, now: datetime, kind: str = "") -> int:
    """Mark all notices (of one kind) as read that are no younger than `until`; how many."""
    unread = Notice.objects.filter(reader=reader, pk__lte=until).unread()
    done = (unread.filter(kind=kind) if kind else unread).update(read_at=now)
    recount(readers=[reader.pk])
    return done
