"""The number on the bell: a column of the reader, so that no page has to count."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count

from kakehashi.alerts.models import Notice
from kakehashi.readers.models import Reader

BATCH = 500


def recount(*, readers: Collection[int]) -> None:
    """Count anew what these readers have not read: heaps, as many as their page shows.

    Whoever writes notices counts after writing; with the readers' rows held, the last to count has seen all.
    """
    ids = sorted(readers)
    for start in range(0, len(ids), BATCH):
        _recount(ids[start : start + BATCH])


def count_for(*, reader: Reader) -> None:
    """The same for one; readers.actions calls it by its setting where somebody is muted, or no longer."""
    recount(readers=[reader.pk])


@transaction.atomic
def _recount(ids: list[int]) -> None:
    held = Reader.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    before = dict(held.values_list("pk", "unread_notices"))
    counted = Notice.objects.shown().unread().filter(reader__in=ids).order_by()
    now = dict(counted.values_list("reader").annotate(n=Count("heap", distinct=True)))
    by_count: dict[int, list[int]] = {}
    for reader, number in before.items():
        if now.get(reader, 0) != number:
            by_count.setdefault(now.get(reader, 0), []).append(reader)
    for number, some in by_count.items():
        Reader.objects.filter(pk__in=some).update(unread_notices=number)
