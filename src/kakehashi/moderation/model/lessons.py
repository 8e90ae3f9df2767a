"""What the site's people have decided, as a model may learn it: the words that were judged, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from kakehashi.comments.models import Comment, Revision
from kakehashi.lib import text
from kakehashi.lib.words import language_of
from kakehashi.moderation import queries
from kakehashi.moderation.model.form import normal
from kakehashi.moderation.model.lesson import Lesson
from kakehashi.moderation.models import Action, Decision

AT_ONCE = 1000
# The newest so many decisions are learned from: what memory and minutes of the worker's machine allow.
MOST = 20_000
# A comment that has been read for so long, and neither flagged nor decided on, is one that nobody minded.
READ_FOR = timedelta(days=7)


def taught() -> QuerySet[Decision]:
    """Decisions to learn from: those of `queries.lessons`, without what a ban swept away unread, and without the words of
    members who have had their accounts erased."""
    ban = Decision.objects.filter(batch=OuterRef("batch"), action=Action.BANNED).exclude(comment=OuterRef("comment"))
    is_swept = Q(action=Action.REMOVED, batch__isnull=False) & Exists(ban)
    return queries.lessons().exclude(is_swept).exclude(comment__author__erased_at__isnull=False)


def newest() -> int:
    """The number of the newest decision of all; 0 before the first."""
    return Decision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def gather() -> list[Lesson]:
    """All lessons in the order of their decisions, each text once: the last decision on it counts, under the author who
    was the first to write it, so that it never changes sides. 1 query, and 2 for each 1,000
    decisions."""
    found: dict[str, Lesson] = {}
    for lesson in _all():
        key = normal(lesson.plain)
        if not key:
            continue
        first = found.pop(key, None)
        found[key] = lesson if first is None else Lesson(**{**vars(lesson), "group": first.group})
    return list(found.values())


def untouched(*, most: int, now: datetime) -> list[Lesson]:
    """The newest visible comments that nobody minded; 1 query.

    What was decided on is a choice: flagged, held, met by chance. A model that knows nothing else takes the ordinary for
    odd. These say what is ordinary, and weigh less than a decision, since perhaps nobody looked.
    """
    found = Comment.objects.visible().filter(
        created_at__lte=now - READ_FOR, author__erased_at=None, author__isnull=False
    )
    quiet = found.filter(decisions=None, flags=None).order_by("-pk")
    rows = quiet.values_list("plain", "author_id")[:most]
    return [
        Lesson(0, plain, False, 0, language_of(plain, settings.LANGUAGE_CODE), f"author {author}")
        for plain, author in rows
        if normal(plain)
    ]


class _Row(NamedTuple):
    pk: int
    action: str
    revision: int
    comment: int
    author: int | None
    plain: str
    rule: int | None
    judge: int | None


def _all() -> Iterator[Lesson]:
    fields = ("pk", "action", "revision", "comment_id", "comment__author_id", "comment__plain", "rule__number", "actor")
    waiting = taught().order_by("pk").values_list(*fields)
    last = taught().order_by("-pk").values_list("pk", flat=True)[MOST : MOST + 1].first() or 0
    while rows := [_Row(*row) for row in waiting.filter(pk__gt=last)[:AT_ONCE]]:
        last = rows[-1].pk
        earlier = _earlier_texts(row.comment for row in rows)
        for row in rows:
            before = earlier.get(row.comment, [])
            plain = text.render(before[row.revision]).plain if row.revision < len(before) else row.plain
            is_removed = row.action == Action.REMOVED
            yield Lesson(
                decision=row.pk,
                plain=plain,
                is_removed=is_removed,
                rule=(row.rule or 0) if is_removed else 0,
                language=language_of(plain, settings.LANGUAGE_CODE),
                group=f"author {row.author}" if row.author else f"comment {row.comment}",
                judge=row.judge or 0,
            )


def _earlier_texts(comments: Iterable[int]) -> dict[int, list[str]]:
    """What comments said before they were changed, in order."""
    found: dict[int, list[str]] = {}
    revisions = Revision.objects.filter(comment__in=set(comments)).order_by("pk")
    for comment, source in revisions.values_list("comment_id", "source"):
        found.setdefault(comment, []).append(source)
    return found
