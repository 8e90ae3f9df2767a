"""Figures for the team: what comes in, how long it waits, what is decided, and how often another one saw it otherwise.

A fixed number of statements, each bounded by the last weeks. Slips that were taken back at once are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from kakehashi.comments.models import CommentState
from kakehashi.moderation.models import (
    Action,
    Appeal,
    AppealState,
    CheckResult,
    Decision,
    Flag,
    LegalNotice,
    Rule,
    Verdict,
)
from kakehashi.readers.models import Reader

SPAN = timedelta(days=28)
# So many of the latest are looked at where each row counts for itself.
MOST = 20_000
JUDGED = (Action.VISIBLE, Action.REMOVED)


class Day(NamedTuple):
    """Comments held, flags and legal notices that came in."""

    day: date
    held: int
    flags: int
    notices: int


class Wait(NamedTuple):
    """How long it took, in hours: the middle one, what nine of ten stay below, and the share within the target."""

    n: int
    median: float | None
    p90: float | None
    in_time: float | None


class RuleLine(NamedTuple):
    """How often a rule was cited, and how often that was taken back since."""

    title: str
    decisions: int
    overturned: int


class Person(NamedTuple):
    """`overturned`: taken back by somebody else. `judged`: how often somebody else decided on the same comment next to them, or
    one on an objection to what the other had decided; `agreed`: how often the same."""

    name: str
    decisions: int
    overturned: int
    judged: int
    agreed: int


def inflow(now: datetime, zone: ZoneInfo) -> list[Day]:
    """Each of the last days, the earliest first; 3 statements."""
    since = now - SPAN
    held = CheckResult.objects.filter(verdict__in=(Verdict.HELD, Verdict.BROKEN), checked_at__gte=since)
    counts = [
        _by_day(held, "checked_at", "comment", zone),
        _by_day(Flag.objects.filter(created_at__gte=since), "created_at", "pk", zone),
        _by_day(LegalNotice.objects.filter(created_at__gte=since), "created_at", "pk", zone),
    ]
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=n) for n in range(SPAN.days - 1, -1, -1)]
    return [Day(day, *(count.get(day, 0) for count in counts)) for day in days]


def _by_day(rows: Any, field: str, what: str, zone: ZoneInfo) -> dict[date, int]:
    by_day = rows.annotate(day=TruncDate(field, tzinfo=zone)).values("day").order_by()
    return dict(by_day.annotate(n=Count(what, distinct=True)).values_list("day", "n"))


def waits(now: datetime, target: timedelta) -> Wait:
    """From a comment that was held, a flag and a legal notice to what was decided on it; 3 statements."""
    since = now - SPAN
    held = Decision.objects.meant().filter(
        decided_at__gte=since, state_before=CommentState.HELD, is_automated=False, undoes=None, comment__isnull=False
    )
    # Held by a moderator long after it was written, it has waited since then.
    holding = Decision.objects.filter(comment=OuterRef("comment"), action=Action.HELD, pk__lt=OuterRef("pk"))
    since_held = Coalesce(Subquery(holding.order_by("-pk").values("decided_at")[:1]), "comment__created_at")
    latest = held.order_by("-decided_at", "-pk").annotate(waits_since=since_held)
    spans = list(latest.values_list("waits_since", "decided_at")[:MOST])
    for model in (Flag, LegalNotice):
        settled = model.objects.filter(settled_at__gte=since)
        rows: Any = settled.order_by("-settled_at").values_list("created_at", "settled_at")[:MOST]
        spans += rows
    hours = sorted((end - start) / timedelta(hours=1) for start, end in spans)
    if not hours:
        return Wait(0, None, None, None)
    in_time = sum(one <= target / timedelta(hours=1) for one in hours) / len(hours)
    return Wait(len(hours), median(hours), hours[min(len(hours) * 9 // 10, len(hours) - 1)], in_time)


def by_rule(now: datetime) -> list[RuleLine]:
    """The rules that were cited, the most cited first; 2 statements."""
    cited = Decision.objects.meant().filter(decided_at__gte=now - SPAN, undoes=None, rule__isnull=False)
    counted = (
        cited.values(number=F("rule__number"))
        .order_by()
        .annotate(n=Count("pk"), overturned=Count("pk", filter=Q(undone_by__isnull=False)))
    )
    # The latest title of each rule, whatever version was cited.
    titles = dict(Rule.objects.order_by("version__number").values_list("number", "title"))
    lines = [RuleLine(f"{one['number']}. {titles[one['number']]}", one["n"], one["overturned"]) for one in counted]
    return sorted(lines, key=lambda line: -line.decisions)


def by_kind(now: datetime) -> list[tuple[str, int, int]]:
    """(what, by people, by machines); 1 statement."""
    meant = Decision.objects.meant().filter(decided_at__gte=now - SPAN, undoes=None)
    rows = meant.values("action", "is_automated").order_by()
    found: dict[str, list[int]] = {}
    for row in rows.annotate(n=Count("pk")):
        found.setdefault(row["action"], [0, 0])[row["is_automated"]] += row["n"]
    return [(str(action.label), *found[action]) for action in Action if action in found]  # type: ignore[misc]


def people(now: datetime) -> list[Person]:
    """Whoever decided lately, by name; 4 statements."""
    since = now - SPAN
    theirs = Decision.objects.meant().filter(decided_at__gte=since, undoes=None, actor__isnull=False)
    by_others = Q(undone_by__actor__isnull=False) & ~Q(undone_by__actor=F("actor"))
    counted = theirs.values("actor").order_by().annotate(n=Count("pk"), overturned=Count("pk", filter=by_others))
    rows = Decision.objects.meant().filter(
        decided_at__gte=since, actor__isnull=False, comment__isnull=False, action__in=JUDGED
    )
    judged, agreed = _agreement(rows.order_by("-decided_at", "-pk").values_list("comment", "actor", "action")[:MOST])
    # One that is granted takes the decision back, and has been counted by that.
    declined = Appeal.objects.filter(
        settled_at__gte=since, state=AppealState.DECLINED, judge__isnull=False, decision__actor__isnull=False
    )
    for pair in declined.order_by("-settled_at").values_list("decision__actor", "judge")[:MOST]:
        judged.update(pair)
        agreed.update(pair)
    names = dict(Reader.objects.filter(pk__in=[one["actor"] for one in counted]).values_list("pk", "name"))
    found = [
        Person(names[one["actor"]], one["n"], one["overturned"], judged[one["actor"]], agreed[one["actor"]])
        for one in counted
        if one["actor"] in names
    ]
    return sorted(found, key=lambda person: person.name)


def _agreement(rows: Iterable[tuple[int, int, str]]) -> tuple[Counter[int], Counter[int]]:
    """Of neighbouring decisions of two people on one comment: how many each had a part in, and how many were the same."""
    by_comment: dict[int, list[tuple[int, str]]] = {}
    for comment, actor, action in rows:
        by_comment.setdefault(comment, []).append((actor, action))
    judged: Counter[int] = Counter()
    agreed: Counter[int] = Counter()
    for decisions in by_comment.values():
        for (one, first), (other, second) in pairwise(decisions):
            if one != other:
                judged.update((one, other))
                agreed.update((one, other) if first == second else ())
    return judged, agreed


def together(persons: Sequence[Person]) -> Person:
    """All of them as one, without a name."""
    return (
        Person("", *(sum(values) for values in zip(*(person[1:] for person in persons), strict=True)))
        if persons
        else (Person("", 0, 0, 0, 0))
    )
