"""What becomes of the flags and legal notices on a comment when it is decided, in the transaction of the decision."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from kakehashi.comments.models import CommentState
from kakehashi.moderation.models import Action, Decision, Flag, LegalNotice, Origin, Outcome

# What says that the flags were right; publishing says that they were not, and holding back says nothing yet.
FOLLOWS = (Action.REMOVED, Action.EDITED)
MOST = 500


def settle_reports(decision: Decision, *, follows_others: bool = True) -> None:
    """Answer all that waits on the comment, as the decision says; the comment's thread is held.

    `follows_others`: flags that named another rule than the decision were right too. What had been answered otherwise
    before is turned around: flags under the same rule where the comment goes after all, those that had led to a removal
    that publishing takes back. A check that decides answers nobody: a person looks at what readers say.
    """
    if decision.is_automated or decision.comment_id is None:
        return
    flags = Flag.objects.filter(comment=decision.comment_id)
    notices = LegalNotice.objects.filter(comment=decision.comment_id)
    if decision.action in FOLLOWS:
        if decision.rule is not None:
            _answer(flags.filter(outcome=Outcome.DECLINED, rule__number=decision.rule.number), Outcome.UPHELD, decision)
            if not follows_others:
                others = flags.filter(outcome=Outcome.WAITING).exclude(rule__number=decision.rule.number)
                _answer(others, Outcome.DECLINED, decision)
        _answer(flags.filter(outcome=Outcome.WAITING), Outcome.UPHELD, decision)
        _answer(notices.filter(outcome__in=(Outcome.WAITING, Outcome.DECLINED)), Outcome.UPHELD, decision)
    elif decision.action == Action.VISIBLE:
        for rows in (flags, notices):
            _answer(rows.filter(outcome=Outcome.WAITING), Outcome.DECLINED, decision)
            if decision.undoes_id is not None:
                _answer(rows.filter(outcome=Outcome.UPHELD, decision=decision.undoes_id), Outcome.DECLINED, decision)


def _answer(rows: QuerySet[Flag] | QuerySet[LegalNotice], outcome: str, decision: Decision) -> None:
    """One statement, or two: an UPDATE joins no other table."""
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        rows.model.objects.filter(pk__in=ids).update(outcome=outcome, decision=decision, settled_at=decision.decided_at)


def unsettle_reports(undone: Decision, by: Decision) -> None:
    """Turn around what the decision `undone` had answered, which `by` has taken back.

    On an objection the answer is final: who was followed is not any more. Undone otherwise, nothing is decided, and all
    that had waited waits again; what undoes an undoing decides again as before.
    """
    if by.origin == Origin.APPEAL:
        turn_around(undone, by)
        return
    for model in (Flag, LegalNotice):
        answered = model.objects.filter(decision=undone, outcome__in=(Outcome.UPHELD, Outcome.DECLINED))
        answered.update(outcome=Outcome.WAITING, settled_at=None, decision=None)
    if undone.undoes_id is not None:
        settle_reports(by)


def turn_around(overturned: Decision, by: Decision | None = None, *, now: datetime | None = None) -> None:
    """On an objection that was granted: who had been followed is not any more. `by`: what took the decision back, if
    anything was left to take back; else `now` says when."""
    turned = {"settled_at": now} if by is None else {"settled_at": by.decided_at, "decision": by}
    for model in (Flag, LegalNotice):
        followed = model.objects.filter(decision=overturned, outcome=Outcome.UPHELD)
        followed.update(outcome=Outcome.DECLINED, **turned)


def settle_withdrawn(*, now: datetime) -> int:
    """Flags and notices on comments that their authors have withdrawn need no answer any more; how many.

    Comments call nobody above them: the worker comes and looks.
    """
    done = 0
    for model in (Flag, LegalNotice):
        gone = model.objects.filter(outcome=Outcome.WAITING, comment__state=CommentState.WITHDRAWN)
        ids = list(gone.values_list("pk", flat=True)[:MOST])
        done += model.objects.filter(pk__in=ids, outcome=Outcome.WAITING).update(outcome=Outcome.MOOT, settled_at=now)
    return done
