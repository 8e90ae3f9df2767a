"""Which comments come first in a digest: in the order in which their discussion stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from kakehashi.alerts import news
from kakehashi.readers.models import CommentOrder
from kakehashi.stories.models import NewsroomSettings, SectionPage
from kakehashi.stories.schema import newsroom

# Of each thread and member; enough that muted authors and one's own can be left out.
OF_EACH = 12
MOST = 2000
# Nobody answers a comment that is older: threads close.
ANSWERED_FOR = timedelta(days=60)


def comments(threads: Iterable[int], members: Iterable[int], since: datetime, until: datetime) -> list[Any]:
    """The best new comments in the discussions of these stories and by these members, the best of each discussion first.

    A discussion that usually stands by common ground is told by common ground; any other by popularity, for the latest
    are not the best. Four queries.
    """
    by_ground = _stands_by_ground()
    fresh = _told(news.comments_since(since, until))
    in_threads = list(_first(fresh.filter(thread__story_id__in=set(threads)), "thread_id"))
    by_members = list(_first(fresh.filter(author_id__in=set(members)), "author_id"))
    found = {comment.pk: comment for comment in [*in_threads, *by_members]}
    return sorted(found.values(), key=lambda comment: _place(comment, by_ground))


def _first(rows: QuerySet[Any], each: str) -> QuerySet[Any]:
    """Those of each that are among the first by either score."""
    by_popularity = Window(
        RowNumber(), partition_by=F(each), order_by=[F("popularity").desc(), F("created_at"), F("pk")]
    )
    by_ground = Window(
        RowNumber(), partition_by=F(each), order_by=[F("common_ground").desc(), F("created_at"), F("pk")]
    )
    ranked = rows.annotate(by_popularity=by_popularity, by_ground=by_ground)
    first: QuerySet[Any] = ranked.filter(Q(by_popularity__lte=OF_EACH) | Q(by_ground__lte=OF_EACH))
    return first


def _place(comment: Any, by_ground: frozenset[str]) -> tuple[float, datetime, int]:
    stands_by_ground = comment.thread.story.section_path in by_ground
    score = comment.common_ground if stands_by_ground else comment.popularity
    return -score, comment.created_at, comment.pk


def _stands_by_ground() -> frozenset[str]:
    """Paths of the sections whose discussions stand by common ground."""
    house: NewsroomSettings = newsroom()
    orders = SectionPage.objects.values_list("path", "comment_order")
    return frozenset(path for path, order in orders if (order or house.comment_order) == CommentOrder.COMMON_GROUND)


def answers(readers: Sequence[int | None], since: datetime, until: datetime) -> list[Any]:
    """New answers of others to what these readers wrote, the oldest first: one query."""
    wanted = {reader for reader in readers if reader is not None}
    rows = _told(news.comments_since(since, until)).filter(
        parent__author_id__in=wanted, parent__created_at__gte=since - ANSWERED_FOR
    )
    rows = rows.exclude(author_id=F("parent__author_id")).select_related("author", "thread__story", "parent")
    return list(rows.order_by("created_at", "pk")[:MOST])


def _told(rows: QuerySet[Any]) -> QuerySet[Any]:
    shown = rows.filter(thread__story__live=True).select_related("author", "thread__story")
    return shown.defer("source", "html", "thread__story__body")
