"""What becomes of the flags and legal notices on a comment when it is decided, in the transaction of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from kakehashi.comments.models import CommentState
from kakehashi.moderation.models import Action, Decision, Flag, LegalNotice, Origin, Outcome

# What says that the flags were right; publishing says that they were not, and holding back says nothing yet.
FOLLOWS = (Action.REMOVED, Action.EDITED)
ANSWERS = (*FOLLOWS, Action.VISIBLE)
MOST = 500
Reported = TypeVar("Reported", Flag, LegalNotice)


def settle_reports(decision: Decision, *, follows_others: bool = True) -> None:
    """Answer all that waits on the comment, as the decision says; the comment's thread is held.

    `follows_others`: flags that named another rule than the decision were right too. What had been answered otherwise
    before is turned around: flags under the same rule where the comment goes after all, those that had led to a removal
    that publishing takes back. A check that decides answers nobody: a person looks at what readers say. Nor does publishing
    answer who has asked to look at a notice again: `filing.answer_notice` does.
    """
    settle_many([decision], follows_others=follows_others)


def settle_many(decisions: Sequence[Decision], *, follows_others: bool = True) -> None:
    """As `settle_reports` for many decisions on a comment each, in two statements, and one for each MOST rows that change."""
    by_comment = {
        one.comment_id: one
        for one in decisions
        if not one.is_automated and one.comment_id is not None and one.action in ANSWERS
    }
    flags = Flag.objects.filter(comment__in=list(by_comment)).select_related("rule")
    notices = LegalNotice.objects.filter(comment__in=list(by_comment))
    fields = ["outcome", "decision", "settled_at"]
    Flag.objects.bulk_update(_answered(flags, by_comment, follows_others), fields, batch_size=MOST)
    LegalNotice.objects.bulk_update(_answered(notices, by_comment, follows_others), fields, batch_size=MOST)


def _answered(rows: QuerySet[Reported], by_comment: dict[int, Decision], follows_others: bool) -> list[Reported]:
    """Those of the rows that the decisions change, changed."""
    changed = []
    for row in rows:
        assert row.comment_id is not None
        decision = by_comment[row.comment_id]
        outcome = _outcome_of(row, decision, follows_others)
        if outcome is not None:
            row.outcome, row.decision, row.settled_at = outcome, decision, decision.decided_at
            changed.append(row)
    return changed


def _outcome_of(row: Flag | LegalNotice, decision: Decision, follows_others: bool) -> str | None:
    """What the decision makes of a flag or notice; None: it stays as it is."""
    is_waiting, named = row.outcome == Outcome.WAITING, decision.rule
    if decision.action in FOLLOWS:
        is_same = isinstance(row, LegalNotice) or (
            row.rule is not None and named is not None and row.rule.number == named.number
        )
        if is_waiting:
            return Outcome.UPHELD if is_same or follows_others or named is None else Outcome.DECLINED
        return Outcome.UPHELD if row.outcome == Outcome.DECLINED and is_same else None
    if isinstance(row, LegalNotice) and row.complained_at is not None:
        return None
    undone = decision.undoes_id
    is_turned = row.outcome == Outcome.UPHELD and undone is not None and row.decision_id == undone
    return Outcome.DECLINED if is_waiting or is_turned else None


def unsettle_many(undone: Sequence[Decision], by: Sequence[Decision]) -> None:
    """As `unsettle_reports` for many that undid nothing themselves, each by one; two statements, on an objection two for each
    that had led to something."""
    if any(one.origin == Origin.APPEAL for one in by):
        led = {
            pk
            for model in (Flag, LegalNotice)
            for pk in model.objects.filter(decision__in=undone).values_list("decision", flat=True)
        }
        for overturned, one in zip(undone, by, strict=True):
            if overturned.pk in led:
                turn_around(overturned, one)
        return
    for model in (Flag, LegalNotice):
        answered = model.objects.filter(decision__in=undone, outcome__in=(Outcome.UPHELD, Outcome.DECLINED))
        answered.update(outcome=Outcome.WAITING, settled_at=None, decision=None)


def unsettle_reports(undone: Decision, by: Decision) -> None:
    """Turn around what the decision `undone` had answered, which `by` has taken back.

    On an objection the answer is final: who was followed is not any more. Undone otherwise, nothing is decided, and all
    that had waited waits again; what undoes an undoing decides again as before.
    """
    unsettle_many([undone], [by])
    if undone.undoes_id is not None and by.origin != Origin.APPEAL:
        settle_reports(by)


def turn_around(overturned: Decision, by: Decision | None = None, *, now: datetime | None = None) -> None:
    """On an objection that was granted: who had been followed is not any more. `by`: what took the decision back, if
    anything was left to take back; else `now` says when."""
    turned = {"settled_at": now} if by is None else {"settled_at": by.decided_at, "decision": by}
    for model in (Flag, LegalNotice):
        followed = model.objects.filter(decision=overturned, outcome=Outcome.UPHELD)
        followed.update(outcome=Outcome.DECLINED, **turned)


def settle_withdrawn(*, now: datetime) -> int:
    """Flags and notices on comments that their authors have withdrawn, or that are gone with their story, need no answer any
    more; how many.

    Comments call nobody above them: the worker comes and looks.
    """
    done = 0
    for model in (Flag, LegalNotice):
        is_gone = Q(comment__state=CommentState.WITHDRAWN) | Q(comment=None)
        gone = model.objects.filter(is_gone, outcome=Outcome.WAITING)
        ids = list(gone.values_list("pk", flat=True)[:MOST])
        done += model.objects.filter(pk__in=ids, outcome=Outcome.WAITING).update(outcome=Outcome.MOOT, settled_at=now)
    return done
