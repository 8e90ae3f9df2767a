"""The queue as the staff see it: what comes next, one item with all that speaks for and against it, figures.

The order is expected harm × reach × age, as rules.harm, rules.reach and rules.age say; the first two stand multiplied in
the rows, the age is reckoned when the queue is read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Exists, F, FloatField, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from kakehashi.comments.actions.counting import as_time
from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.models import Comment, Revision
from kakehashi.moderation import queries
from kakehashi.moderation.checks.names import MODEL, label_of
from kakehashi.moderation.models import CheckResult, Claim, Decision, Flag, LegalNotice, Rule, Verdict, Waiting
from kakehashi.readers.models import Reader
from kakehashi.stories.models import SectionPage

if TYPE_CHECKING:
    from kakehashi.moderation import similar

SHOWN = 15
TRIES = 20
# Enough for whoever has put off as many as an address holds, while others are at some.
FIRST = 150
MOST_DECISIONS = 10
MOST_VERSIONS = 5
MOST_DIGITS = 18
KINDS = {"": Q(), "held": Q(is_held=True), "flagged": Q(flags__gt=0), "notices": Q(notices__gt=0)}

_SECONDS = {
    "sqlite": "((julianday(%s) - julianday(moderation_waiting.since)) * 86400.0)",
    "postgresql": "EXTRACT(EPOCH FROM (%s::timestamptz - moderation_waiting.since))::float",
}
# rules.age, times the weight.
_PRIORITY = "moderation_waiting.weight * (1.0 + {seconds} / %s)"

_NAMES = {
    "sqlite": "json_group_object(c.comment_id, r.name)",
    "postgresql": "json_object_agg(c.comment_id::text, r.name)::text",
}
# One look at the table, however many figures; and in a last row who is at what.
_FIGURES = """
SELECT section, check_name, COUNT(*), SUM(CASE WHEN is_held THEN 1 ELSE 0 END), SUM(CASE WHEN flags > 0 THEN 1 ELSE 0 END),
    SUM(CASE WHEN notices > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN since < %s THEN 1 ELSE 0 END), MIN(since)
FROM moderation_waiting {part} GROUP BY section, check_name
UNION ALL SELECT NULL, (
    SELECT {names} FROM moderation_claim c JOIN readers_reader r ON r.id = c.moderator_id WHERE c.until > %s{claims}
), 0, 0, 0, 0, 0, NULL
"""
_PART = "WHERE section IN ({sections})"
_CLAIMS_OF_PART = " AND c.comment_id IN (SELECT comment_id FROM moderation_waiting {part})"


@dataclass(frozen=True)
class Filter:
    """Which part of the queue somebody works on. Empty: all of it."""

    kind: str = ""
    check: str = ""
    section: int = 0
    member: int = 0
    thread: int = 0

    @classmethod
    def read(cls, sent: Any) -> Filter:
        """From the query of an address; what makes no sense there is left out."""
        kind = sent.get("kind", "")
        return cls(
            kind=kind if kind in KINDS else "",
            check=sent.get("check", "").replace("\x00", "")[:60],
            **{name: number(sent.get(name, "")) for name in ("section", "member", "thread")},
        )

    @property
    def q(self) -> Q:
        q = KINDS[self.kind]
        for field, value in (("section", self.section), ("author", self.member), ("thread", self.thread)):
            if value:
                q &= Q(**{field: value})
        return q & Q(Exists(self._found)) if self.check else q

    @property
    def _found(self) -> QuerySet[CheckResult]:
        """What the check found in the words as they are; where what is held back is asked for, what it holds."""
        nothing = (Verdict.PASSED, Verdict.SUSPECT) if self.kind == "held" else (Verdict.PASSED,)
        found = CheckResult.objects.filter(comment=OuterRef("pk"), check_name=self.check).exclude(verdict__in=nothing)
        return found.filter(Q(comment__edited_at=None) | Q(checked_at__gte=F("comment__edited_at")))

    @property
    def query(self) -> str:
        """For an address."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


def number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else 0


def target() -> timedelta:
    """How long a comment should wait at most; 1 query."""
    return timedelta(hours=newsroom().moderation_target_hours)


def rows(where: Filter, reader: Reader) -> QuerySet[Waiting]:
    """What waits in that part of the queue, and in the reader's part of the site."""
    found = Waiting.objects.filter(where.q)
    return found.filter(section__in=sorted(reader.section_ids)) if reader.sections else found


def in_order(found: QuerySet[Waiting], now: datetime, aim: timedelta) -> QuerySet[Waiting]:
    """The most urgent first, `priority` on each."""
    sql = _PRIORITY.format(seconds=_SECONDS[connection.vendor])
    moment, seconds = connection.ops.adapt_datetimefield_value(now), aim.total_seconds()
    priority = RawSQL(sql, [moment, seconds], output_field=FloatField())  # noqa: S611 - constants of ours
    return found.annotate(priority=priority).order_by("-priority", "since", "pk")


def first(where: Filter, reader: Reader, now: datetime, aim: timedelta | None = None) -> list[int]:
    """The first FIRST comments in their order, numbers only; 1 query, and one for the aim where it is not given. The list and
    whoever takes the next one go by the same order."""
    return list(in_order(rows(where, reader), now, aim or target()).values_list("pk", flat=True)[:FIRST])


def unclaimed(order: Iterable[int], reader: Reader, skipped: Iterable[int], now: datetime) -> list[int]:
    """Those of them that nobody else is at, and that are not put off; 1 query."""
    others = Claim.objects.filter(until__gt=now).exclude(moderator=reader).values_list("comment", flat=True)
    passed = {*others, *skipped}
    return [pk for pk in order if pk not in passed][:TRIES]


def is_with_others(reader: Reader, now: datetime) -> Exists:
    """A filter of rows: somebody else is at the comment."""
    return Exists(Claim.objects.filter(comment=OuterRef("pk"), until__gt=now).exclude(moderator=reader))


class Figures(NamedTuple):
    """How much waits. `claims`: comment -> name of the moderator who is at it; `sections` and `checks`: how much under each."""

    everything: int
    held: int
    flagged: int
    notices: int
    late: int
    oldest: datetime | None
    claims: dict[int, str]
    sections: Counter[int]
    checks: Counter[str]


def figures(reader: Reader, now: datetime, aim: timedelta) -> Figures:
    """Of the reader's part of the site; 1 query."""
    moment = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        part = _PART.format(sections=",".join(map(str, sorted(reader.section_ids)))) if reader.sections else ""
        claims = _CLAIMS_OF_PART.format(part=part) if part else ""
        cursor.execute(
            _FIGURES.format(names=_NAMES[connection.vendor], part=part, claims=claims), [moment(now - aim), moment(now)]
        )
        *rows, (_none, told, *_zeros) = cursor.fetchall()
    sections, checks = Counter[int](), Counter[str]()
    for section, check, n, *_rest in rows:
        sections[section] += n
        checks[check] += n
    everything, held, flagged, notices, late = (sum(row[column] for row in rows) for column in range(2, 7))
    oldest = min((row[7] for row in rows), default=None)
    names = {int(pk): name for pk, name in json.loads(told or "{}").items()}
    first_since = as_time(oldest) if oldest else None
    return Figures(everything, held, flagged, notices, late, first_since, names, sections, checks)


class Part(NamedTuple):
    """A section or a check by which the queue can be narrowed."""

    value: str
    label: str
    waiting: int


def parts(found: Figures) -> tuple[list[Part], list[Part]]:
    """Sections and checks with how much waits under each; 1 query."""
    titles = dict(SectionPage.objects.filter(pk__in=found.sections).values_list("pk", "title"))
    sections = (Part(str(pk), titles[pk], n) for pk, n in found.sections.items() if pk in titles)
    checks = (Part(name, label_of(name), n) for name, n in found.checks.items() if name)
    return sorted(sections, key=lambda part: part.label), sorted(checks, key=lambda part: part.label)


def listed(order: Sequence[int]) -> list[Waiting]:
    """The first of these, with what the list prints; 1 query."""
    found = Waiting.objects.select_related("comment__author", "thread__story").only(
        *("since", "is_held", "flags", "notices", "check_name", "comment__plain", "comment__author_name"),
        *("comment__author__name", "thread__story__title"),
    )
    by_pk = found.in_bulk(order[:SHOWN])
    return [by_pk[pk] for pk in order[:SHOWN] if pk in by_pk]


@dataclass(frozen=True)
class Item:
    """One comment with all that a moderator wants to know of it. `around`: the comments written just before and after."""

    comment: Comment
    waiting: Waiting | None
    around: tuple[Comment | None, Comment | None]
    record: queries.Record | None
    flags: Sequence[Flag]
    notices: Sequence[LegalNotice]
    checks: Sequence[CheckResult]
    history: Sequence[Decision]
    similar: Sequence[similar.Similar]
    revision: int
    last: Decision | None
    # What it said before it was changed, the latest first.
    before: Sequence[Revision] = ()

    @property
    def rule_named_most(self) -> int:
        """The number of the rule that most of the waiting flags name, or else the check that spoke last of one; 0: none."""
        named = Counter(flag.rule.number for flag in self.flags if flag.rule is not None and flag.outcome == "waiting")
        by_checks = (one.rule_number for one in self.checks if one.rule_number)
        return named.most_common(1)[0][0] if named else next(by_checks, 0)

    @property
    def model_says(self) -> CheckResult | None:
        """What the model said last, unless it holds the comment: then it stands with what other checks found."""
        last = next((one for one in self.checks if one.check_name == MODEL), None)
        return last if last is not None and last.verdict == Verdict.PASSED else None


def item(comment: Comment, reader: Reader, now: datetime) -> Item:
    """Of a comment with its author, thread, story, and what it answers; at most 12 queries."""
    # NumPy, which a process that serves readers has no other need of.
    from kakehashi.moderation import similar

    last, revision = queries.last_decision(comment.pk), comment.revisions.count()
    history = list(queries.told().filter(comment=comment).order_by("-pk")[:MOST_DECISIONS]) if last else []
    return Item(
        comment=comment,
        waiting=Waiting.objects.filter(comment=comment).first(),
        around=_around(comment),
        record=queries.record_of(comment.author, now) if comment.author is not None else None,
        flags=list(queries.flags_of(comment.pk)[: queries.MOST_REPORTS]),
        notices=list(queries.notices_of(comment.pk)[: queries.MOST_REPORTS]),
        checks=queries.check_results(comment.pk),
        history=history,
        similar=similar.decided_on(comment, reader, most=3),
        revision=revision,
        last=last,
        before=list(comment.revisions.order_by("-pk")[:MOST_VERSIONS]) if revision else [],
    )


def _around(comment: Comment) -> tuple[Comment | None, Comment | None]:
    """2 queries, by the index of the thread's order."""
    others = Comment.objects.visible().filter(thread=comment.thread_id).select_related("author")
    others = others.only("plain", "author_name", "author__name")
    at, pk = comment.created_at, comment.pk
    before = others.filter(Q(created_at=at, pk__lt=pk) | Q(created_at__lt=at), created_at__lte=at)
    after = others.filter(Q(created_at=at, pk__gt=pk) | Q(created_at__gt=at), created_at__gte=at)
    return before.order_by("-created_at", "-pk").first(), after.order_by("created_at", "pk").first()


def rules_by_number() -> dict[int, Rule]:
    """Those in force; 1 query."""
    return {rule.number: rule for rule in queries.rules_in_force().select_related("version")}
