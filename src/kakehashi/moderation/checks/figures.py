"""What checks and the question before posting have done, in figures for the staff."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q

from kakehashi.comments.models import CommentState
from kakehashi.moderation.models import CheckResult, Flag, Nudge, Verdict


class CheckFigures(NamedTuple):
    """What one check has done: comments put before the staff, held, and held because it did not work; and of those held
    by it, how many are published now."""

    suspect: int
    held: int
    broken: int
    published: int


def check_figures(*, since: datetime) -> dict[str, CheckFigures]:
    """By the name of the check; 1 query."""
    held = Q(verdict=Verdict.HELD)
    counted = (
        CheckResult.objects.filter(checked_at__gte=since)
        .values("check_name")
        .annotate(
            suspect=Count("pk", filter=Q(verdict=Verdict.SUSPECT)),
            held=Count("pk", filter=held),
            broken=Count("pk", filter=Q(verdict=Verdict.BROKEN)),
            published=Count("pk", filter=held & Q(comment__state=CommentState.VISIBLE)),
        )
    )
    names = ("check_name", "suspect", "held", "broken", "published")
    return {name: CheckFigures(*figures) for name, *figures in counted.values_list(*names)}


class NudgeFigures(NamedTuple):
    """What came of asking writers to think again, so often of `all`; `bad`: of those comments, how many were removed or
    flagged since."""

    outcome: str
    asked: int
    bad: int
    all: int

    @property
    def label(self) -> str:
        return str(Nudge.Outcome(self.outcome).label)

    @property
    def part(self) -> int | None:
        """Of all who were asked, in per cent; None where nobody was."""
        return round(100 * self.asked / self.all) if self.all else None

    @property
    def share(self) -> int | None:
        """Of these comments, in per cent; None where nothing was posted."""
        return round(100 * self.bad / self.asked) if self.asked and self.outcome != Nudge.Outcome.LEFT else None


def nudge_figures(*, since: datetime) -> list[NudgeFigures]:
    """Changed, posted as it was, not posted; 1 query."""
    flagged = Flag.objects.values("comment")
    is_bad = Q(comment__state=CommentState.REMOVED) | Q(comment__in=flagged)
    counted = (
        Nudge.objects.filter(asked_at__gte=since)
        .values("outcome")
        .annotate(asked=Count("pk"), bad=Count("pk", filter=is_bad))
        .values_list("outcome", "asked", "bad")
    )
    found = {outcome: (asked, bad) for outcome, asked, bad in counted}
    total = sum(asked for asked, _bad in found.values())
    order = (Nudge.Outcome.CHANGED, Nudge.Outcome.AS_IT_WAS, Nudge.Outcome.LEFT)
    return [NudgeFigures(outcome, *found.get(outcome, (0, 0)), total) for outcome in order]
