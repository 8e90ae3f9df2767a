"""What the room does when a reader takes the data along or leaves; readers.actions calls it by its setting."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from kakehashi.comments.models import Comment
from kakehashi.moderation.models import (
    AlarmAccount,
    AlarmState,
    Appeal,
    Claim,
    Decision,
    DiscountedVote,
    Flag,
    LegalNotice,
    Nudge,
    TrustedFlagger,
)
from kakehashi.readers.models import Reader


def export_moderation(*, reader: Reader) -> dict[str, Any]:
    """What was decided about the reader, and what the reader told the staff, as plain values for JSON; 7 queries."""

    def moment(value: datetime | None) -> str | None:
        return value.isoformat() if value else None

    decisions = Decision.objects.filter(reader=reader).select_related("rule__version").order_by("pk")
    decisions = decisions.prefetch_related(Prefetch("discounted_votes", DiscountedVote.objects.select_related("vote")))
    return {
        "decisions": [
            {
                "number": one.pk,
                "what": one.action,
                "at": moment(one.decided_at),
                "comment": one.comment_id,
                "rule": f"{one.rule} ({one.rule.version.number})" if one.rule else None,
                "law": one.law,
                "why": one.explanation,
                "facts": one.facts,
                "automated": one.is_automated,
                "until": moment(one.until),
                "discounted_votes_on": sorted(found.vote.comment_id for found in one.discounted_votes.all()),
                "undoes": one.undoes_id,
            }
            for one in decisions
        ],
        "held_to_be_one_person": [
            {"since": moment(one.alarm.settled_at), "accounts": one.alarm.accounts}
            for one in AlarmAccount.objects.filter(reader=reader, alarm__state=AlarmState.LINKED)
            .select_related("alarm")
            .order_by("alarm")
        ],
        "appeals": [
            {
                "decision": one.decision_id,
                "words": one.words,
                "at": moment(one.created_at),
                "outcome": one.state,
                "answer": one.answer,
            }
            for one in Appeal.objects.filter(reader=reader).order_by("pk")
        ],
        "asked_to_think_again": [
            {
                "why": one.cause,
                "language": one.language,
                "at": moment(one.asked_at),
                "outcome": one.outcome,
                "comment": one.comment_id,
            }
            for one in Nudge.objects.filter(reader=reader).order_by("pk")
        ],
        "flags": [
            {
                "comment": one.comment_id,
                "rule": str(one.rule) if one.rule else None,
                "words": one.words,
                "at": moment(one.created_at),
                "outcome": one.outcome,
                "settled_at": moment(one.settled_at),
                "counts": one.weight,
            }
            for one in Flag.objects.filter(reader=reader).select_related("rule").order_by("pk")
        ],
        "legal_notices": [
            {
                "reference": one.reference,
                "place": one.place,
                "kind": one.category,
                "law": one.law,
                "explanation": one.explanation,
                "name": one.name,
                "email": one.email,
                "at": moment(one.created_at),
                "outcome": one.outcome,
                "settled_at": moment(one.settled_at),
                "answer": one.answer,
                "asked_again": one.complaint,
            }
            for one in LegalNotice.objects.filter(reader=reader).order_by("pk")
        ],
    }


def part_from(*, reader: Reader, withdraw: bool, now: datetime) -> None:
    """Forget what the leaving reader typed here, and whom the staff's words were for.

    What was decided stays, for figures and the public log, without the words that name them: the row of the reader is
    empty by then. A notice is not kept with a name longer than its sender is.
    """
    decisions = Decision.objects.filter(reader=reader)
    decisions.update(explanation="", facts="")
    Appeal.objects.filter(reader=reader).update(words="", answer="")
    Flag.objects.filter(reader=reader).update(words="")
    LegalNotice.objects.filter(reader=reader).update(reader=None, name="", email="", erased_at=now)
    Nudge.objects.filter(reader=reader).update(reader=None)
    TrustedFlagger.objects.filter(reader=reader).delete()
    Claim.objects.filter(moderator=reader).delete()
    AlarmAccount.objects.filter(reader=reader).delete()
    if withdraw:
        # What others flagged is gone now: nobody need look at it.
        written = Comment.objects.filter(author=reader, state="withdrawn")
        waiting = {"comment__in": written, "outcome": "waiting"}
        Flag.objects.filter(**waiting).update(outcome="moot", settled_at=now)
