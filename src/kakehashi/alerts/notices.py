"""What the page of notices shows, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone

from kakehashi.alerts.actions.noticing import correction_cause
from kakehashi.alerts.models import Notice, NoticeKind, NoticeQuerySet
from kakehashi.alerts.sentences import sentence
from kakehashi.comments import rules
from kakehashi.lib import text
from kakehashi.readers.models import Reader
from kakehashi.stories.models import Correction, StoryPage

PAGE = 30
EXCERPT = 220


@dataclass(frozen=True)
class Item:
    """What lies on one heap. `pk` is the youngest of it; `words` are what the newest comment, the correction or the decision
    says, `rule` which rule the decision names."""

    pk: int
    kind: str
    is_unread: bool
    at: datetime
    sentence: str
    story: StoryPage | None
    words: str
    rule: str

    @property
    def day(self) -> date:
        return timezone.localtime(self.at).date()


@dataclass(frozen=True)
class Page:
    """`before` leads to the next page; None on the last."""

    items: Sequence[Item] = ()
    before: int | None = None
    unread: int = 0

    @property
    def days(self) -> list[tuple[date, list[Item]]]:
        return [(day, list(items)) for day, items in groupby(self.items, key=lambda item: item.day)]

    @property
    def youngest(self) -> int:
        return max((item.pk for item in self.items), default=0)


def page_of(reader: Reader, *, kind: str = "", before: int | None = None) -> Page:
    """The reader's notices, the newest first; at most 4 queries."""
    notices = Notice.objects.shown().filter(reader=reader)
    heaps = (notices.filter(kind=kind) if kind else notices).order_by().values("heap")
    heaps = heaps.annotate(newest=Max("pk"), total=Count("pk"), unread=Count("pk", filter=Q(read_at=None)))
    if before is not None:
        heaps = heaps.filter(newest__lt=before)
    found: list[dict[str, Any]] = list(heaps.order_by("-newest")[: PAGE + 1])  # type: ignore[arg-type]
    unread = notices.unread().aggregate(n=Count("heap", distinct=True))["n"]
    is_last = len(found) <= PAGE
    found = found[:PAGE]
    return Page(_items(reader, found), None if is_last else found[-1]["newest"], unread)


def _items(reader: Reader, heaps: Sequence[dict[str, Any]]) -> list[Item]:
    """Two queries; one more where a correction is among them."""
    by_id = {notice.pk: notice for notice in with_words(Notice.objects.filter(pk__in=[h["newest"] for h in heaps]))}
    found = [(by_id[heap["newest"]], heap) for heap in heaps if heap["newest"] in by_id]
    corrections = corrections_of(notice for notice, _heap in found)
    return [
        Item(
            pk=notice.pk,
            kind=notice.kind,
            is_unread=heap["unread"] > 0,
            at=notice.at,
            sentence=sentence(notice, heap["unread"] or heap["total"]),
            story=notice.story,
            words=corrections.get(notice.cause) or words_of(notice, reader),
            rule=rule_of(notice),
        )
        for notice, heap in found
    ]


def with_words(notices: NoticeQuerySet) -> NoticeQuerySet:
    """With all that is shown of each, and without what is long."""
    return notices.select_related("reader", "story", "comment__author", "decision__rule", "decision__appeal").only(
        *("kind", "cause", "heap", "outcome", "at", "read_at", "mail_id", "reader__role", "reader__is_active"),
        *("story__title", "story__url_path", "comment__state", "comment__plain", "comment__author_name"),
        *("comment__author__name", "comment__author__erased_at", "comment__author_id"),
        *("decision__explanation", "decision__rule__number", "decision__rule__title", "decision__appeal__answer"),
    )


def words_of(notice: Notice, reader: Reader) -> str:
    """The beginning of what a decision gives as its reason, or of what the comment says now, as far as the reader may read
    it."""
    if notice.decision is not None and notice.kind == NoticeKind.APPEAL:
        return text.excerpt(notice.decision.appeal.answer, EXCERPT)
    if notice.decision is not None and notice.decision.explanation:
        return text.excerpt(notice.decision.explanation, EXCERPT)
    if notice.comment is None:
        return ""
    # Of what others may not read, the staff read on their own pages, behind the second factor.
    is_own = rules.is_author(reader, notice.comment)
    if not rules.is_readable(notice.comment.state, is_own=is_own, is_moderator=False):
        return ""
    return text.excerpt(notice.comment.plain, EXCERPT)


def rule_of(notice: Notice) -> str:
    """The rule that a decision names, if any."""
    is_named = notice.kind == NoticeKind.DECISION and notice.decision is not None and notice.decision.rule is not None
    return str(notice.decision.rule) if is_named and notice.decision is not None else ""


def corrections_of(notices: Iterable[Notice]) -> dict[str, str]:
    """What corrections say now, by the cause of their notices."""
    stories = {notice.story_id for notice in notices if notice.kind == NoticeKind.CORRECTION}
    if not stories:
        return {}
    return {correction_cause(one): one.text for one in Correction.objects.filter(story__in=stories)}
