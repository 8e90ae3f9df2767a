"""The figures of a report, counted from rows: a fixed number of statements, each bounded by the period's index.

They name nobody. What they mean, and what the law calls it, stands in docs/transparency.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Case, Count, F, Q, Value, When

from kakehashi.moderation.models import (
    RESTRICTIONS,
    Action,
    Appeal,
    AppealState,
    Decision,
    Flag,
    LegalNotice,
    NoticeBar,
    Origin,
    Outcome,
)
from kakehashi.readers.models import Reader, Role

# What the law counts as a measure (DSA Art. 17(1)): a warning takes nothing away yet.
MEASURES = tuple(action for action in RESTRICTIONS if action != Action.WARNED)
ON_TEXTS = (Action.HELD, Action.REMOVED, Action.EDITED, Action.DISCOUNTED)
ON_SERVICE = (Action.SUSPENDED, Action.BANNED, Action.UNHEARD)
# On the provider's own initiative: not after a notice (Art. 16), and not on an appeal.
OWN_INITIATIVE = (Origin.OWN, Origin.FLAG, Origin.CHECK)
LAW, TERMS = "law", "terms"

Figures = dict[str, Any]


def figures(start: datetime, end: datetime) -> Figures:
    """All figures of what lies in [start, end), as plain values that can be stored. 6 statements."""
    decided = _decided(start, end)
    return {
        "decisions": _counted(decided, ("action",)),
        "measures": _measures(decided),
        "automated": _automated(decided),
        "undone": sum(row["n"] for row in decided if row["was_undone"] and row["action"] in MEASURES),
        "flags": _flags(start, end),
        "notices": _notices(start, end),
        "appeals": _appeals(start, end),
        # Without an end it is a warning.
        "bars": NoticeBar.objects.filter(created_at__gte=start, created_at__lt=end, until__isnull=False).count(),
        "moderators": Reader.objects.filter(role__in=(Role.MODERATOR, Role.ADMINISTRATOR), is_active=True).count(),
    }


def _decided(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """How many decisions of each kind: what only takes another one back is no decision of its own here, nor is a slip."""
    basis = Case(When(Q(law="") | Q(rule__isnull=False), then=Value(TERMS)), default=Value(LAW))
    was_undone = Case(When(undone_by__isnull=False, then=Value(True)), default=Value(False))
    rows: Any = Decision.objects.meant().filter(decided_at__gte=start, decided_at__lt=end, undoes=None)
    counted = rows.values("action", "origin", "is_automated", category=F("rule__category"), number=F("rule__number"))
    return list(counted.annotate(basis=basis, was_undone=was_undone, n=Count("pk")).order_by())


def _counted(rows: Iterable[dict[str, Any]], keys: tuple[str, ...]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        found["/".join(str(row[key]) for key in keys)] += row["n"]
    return dict(sorted(found.items()))


def _measures(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """On the provider's own initiative: by basis, category of the rule and action; `automated`: how many without a person."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for row in rows:
        if row["action"] not in MEASURES or row["origin"] not in OWN_INITIATIVE:
            continue
        # A measure that names a law alone belongs to no category of the rules.
        place = found.setdefault((row["basis"], row["category"] or "", row["action"]), [0, 0])
        place[0] += row["n"]
        place[1] += row["n"] * row["is_automated"]
    return [
        {"basis": basis, "category": category, "action": action, "n": n, "automated": automated}
        for (basis, category, action), (n, automated) in sorted(found.items())
    ]


def _automated(rows: list[dict[str, Any]]) -> dict[str, int]:
    measures = [row for row in rows if row["action"] in MEASURES]
    own = [row for row in measures if row["origin"] in OWN_INITIATIVE]
    return {
        "all": sum(row["n"] for row in measures if row["is_automated"]),
        "people": sum(row["n"] for row in measures if not row["is_automated"]),
        "own": sum(row["n"] for row in own if row["is_automated"]),
        "own_people": sum(row["n"] for row in own if not row["is_automated"]),
        "wrong": sum(row["n"] for row in measures if row["is_automated"] and row["was_undone"]),
        "own_wrong": sum(row["n"] for row in own if row["is_automated"] and row["was_undone"]),
    }


def _flags(start: datetime, end: datetime) -> dict[str, int]:
    flags = Flag.objects.filter(created_at__gte=start, created_at__lt=end)
    found: dict[str, int] = flags.aggregate(
        n=Count("pk"),
        upheld=Count("pk", filter=Q(outcome=Outcome.UPHELD)),
        declined=Count("pk", filter=Q(outcome=Outcome.DECLINED)),
    )
    return found


def _notices(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """By category, and all together under ""; hours from a notice to its answer, in the middle."""
    fields = ("category", "is_trusted", "created_at", "settled_at", "outcome", "decision__law", "decision__rule")
    rows = LegalNotice.objects.filter(created_at__gte=start, created_at__lt=end).values_list(*fields)
    piles: dict[str, list[Any]] = {}
    for row in rows:
        for pile in {"", row[0] or "unknown"}:
            piles.setdefault(pile, []).append(row[1:])
    return [{"category": pile, **_pile(piles[pile])} for pile in sorted(piles)]


def _pile(rows: list[Any]) -> dict[str, Any]:
    trusted = [row for row in rows if row[0]]
    return {
        "n": len(rows),
        "trusted": len(trusted),
        "hours": _hours((row[1], row[2]) for row in rows),
        "hours_trusted": _hours((row[1], row[2]) for row in trusted),
        "law": sum(_is_upheld(row, LAW) for row in rows),
        "law_trusted": sum(_is_upheld(row, LAW) for row in trusted),
        "terms": sum(_is_upheld(row, TERMS) for row in rows),
        "terms_trusted": sum(_is_upheld(row, TERMS) for row in trusted),
        "settled": sum(row[2] is not None for row in rows),
    }


def _is_upheld(row: Any, basis: str) -> bool:
    _is_trusted, _created, _settled, outcome, law, rule = row
    return outcome == Outcome.UPHELD and basis == (LAW if law and rule is None else TERMS)


def _appeals(start: datetime, end: datetime) -> dict[str, dict[str, Any]]:
    """By what they are about; those against what was not done on a notice come from their senders."""
    rows = list(
        Appeal.objects.filter(created_at__gte=start, created_at__lt=end).values_list(
            "decision__action", "state", "created_at", "settled_at"
        )
    )
    texts = [row for row in rows if row[0] in ON_TEXTS]
    service = [row for row in rows if row[0] in ON_SERVICE]
    return {"all": _outcome(rows), "texts": _outcome(texts), "service": _outcome(service)}


def _outcome(rows: list[Any]) -> dict[str, Any]:
    return {
        "n": len(rows),
        "upheld": sum(row[1] == AppealState.DECLINED for row in rows),
        "reversed": sum(row[1] == AppealState.GRANTED for row in rows),
        "hours": _hours((row[2], row[3]) for row in rows),
    }


def _hours(spans: Iterable[tuple[datetime, datetime | None]]) -> float | None:
    """The middle one of these spans in hours; None where there is none."""
    found = [(end - start) / timedelta(hours=1) for start, end in spans if end is not None]
    return round(median(found), 1) if found else None
