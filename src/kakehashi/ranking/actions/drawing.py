"""The map of each discussion, drawn anew by the worker when its votes or the model behind them have moved."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet

from kakehashi.comments.models import Comment, Thread
from kakehashi.ranking import queries
from kakehashi.ranking.enough import LEAST_COMMENTS
from kakehashi.ranking.models import OpinionMap

if TYPE_CHECKING:
    from kakehashi.bridging import BridgingModel

# A discussion that moves all the time gets another map so often.
REST = timedelta(seconds=20)
# Maps drawn in one look, and how long it may take: votes wait meanwhile, and what is left comes with the next look.
AT_ONCE, SECONDS = 50, 0.5


def draw_maps(*, now: datetime, at_once: int = AT_ONCE) -> int:
    """Draw the maps that are out of date, those of discussions written into last first; how many were.

    A discussion without a map that has too few comments for one is left alone. Repeats are harmless, and what two
    workers draw at once is the same.
    """
    run_id = queries.current_run_id()
    if run_id is None:
        return 0
    waiting = list(_waiting(run_id, now)[:at_once])
    model = queries.model_of(run_id) if waiting else None
    if model is None:
        return 0
    began = time.monotonic()
    for drawn, (thread_id, version) in enumerate(waiting):
        if time.monotonic() - began > SECONDS:
            return drawn
        content, places = _drawn(model, thread_id)
        OpinionMap.objects.update_or_create(
            thread_id=thread_id,
            defaults={"run_id": run_id, "version": version, "drawn_at": now, "content": content, "places": places},
        )
    return len(waiting)


def _waiting(run_id: int, now: datetime) -> QuerySet[Thread, tuple[int, int]]:
    """(thread, its version) of those whose map is older than their last change or than the model."""
    is_old = Q(opinion_map__version__lt=F("version")) | ~Q(opinion_map__run=run_id)
    has_rested = Q(opinion_map__drawn_at__lte=now - REST)
    is_new = Q(opinion_map=None, comment_count__gte=LEAST_COMMENTS)
    threads = Thread.objects.filter(is_new | (is_old & has_rested), story__live=True)
    return threads.order_by(F("last_comment_at").desc(nulls_last=True), "-pk").values_list("pk", "version")


def _drawn(model: BridgingModel, thread_id: int) -> tuple[dict[str, Any], bytes]:
    """What there is to show of this thread, and where its readers stand; nothing where its votes show no camps."""
    # NumPy is loaded when there is something to draw.
    from kakehashi.ranking import charting

    comments = Comment.objects.visible().filter(thread_id=thread_id).exclude(agreement="")
    rows = comments.values_list("pk", "common_ground", "agreement")
    found = charting.chart(model, thread_id, [charting.RatedComment.of(*row) for row in rows])
    return (found[0].written(), found[1]) if found is not None else ({}, b"")
