"""Telling readers what the staff decided: on their comments and on them, on their appeals, on what they flagged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from kakehashi.alerts.actions.telling import Event, tell
from kakehashi.alerts.models import Look, NoticeKind
from kakehashi.moderation import queries, rules
from kakehashi.moderation.models import Action, Appeal, Decision, Flag, Origin, Outcome

OVERLAP = timedelta(minutes=2)
# A look that finds nothing is written down this seldom: an idle site should not write all the time.
IDLE = timedelta(seconds=20)


def tell_of_decisions(*, now: datetime, since: datetime | None = None) -> int:
    """What was decided since the last look (or `since`) about a reader, on an appeal or on a flag; how many notices.

    Not of the last seconds, in which a moderator still takes back a slip: the next look finds that.
    """
    look, _is_first = Look.objects.get_or_create(name="decisions noticed")
    since = since or (look.looked_at or now) - OVERLAP
    told = sum(tell(events=read(since, now), now=now) for read in READERS)
    if told or look.looked_at is None or now - look.looked_at >= IDLE:
        Look.objects.filter(pk=look.pk).update(looked_at=now)
    return told


def _decisions(since: datetime, now: datetime) -> Iterator[Event]:
    """An appeal that was granted is told by its answer, and nobody is told of what they decided themselves."""
    for decision in queries.decisions_since(since, now):
        is_answer = decision.undoes_id is not None and decision.origin == Origin.APPEAL
        if decision.reader_id is not None and decision.actor_id != decision.reader_id and not is_answer:
            # What one click did to many comments is told once.
            subject = f"{decision.batch.hex}:{decision.action}" if decision.batch else str(decision.pk)
            yield _of(
                decision,
                decision.reader_id,
                NoticeKind.DECISION,
                f"decision:{decision.pk}",
                subject,
                _outcome(decision),
            )


def _outcome(decision: Decision) -> str:
    """What the decision does; of a comment that is shown again, that it was before."""
    return "restored" if decision.action == Action.VISIBLE and decision.undoes_id is not None else decision.action


def _appeals(since: datetime, now: datetime) -> Iterator[Event]:
    settled = Appeal.objects.filter(settled_at__gte=since, settled_at__lte=now).select_related(
        "decision__comment__thread"
    )
    for appeal in settled.order_by("settled_at", "pk"):
        cause = f"appeal:{appeal.pk}"
        yield _of(appeal.decision, appeal.reader_id, NoticeKind.APPEAL, cause, str(appeal.pk), appeal.state)


def _of(decision: Decision, reader: int, kind: NoticeKind, cause: str, subject: str, outcome: str) -> Event:
    """What only lets a comment through has no reasons to lead to."""
    comment = decision.comment
    return Event(
        reader=reader,
        kind=kind,
        cause=cause,
        subject=subject,
        story=comment.thread.story_id if comment is not None else None,
        comment=decision.comment_id,
        decision=decision.pk if outcome != Action.VISIBLE else None,
        outcome=outcome,
    )


def _flags(since: datetime, now: datetime) -> Iterator[Event]:
    lasting = Flag.objects.filter(settled_at__range=(since, now - rules.TELL_AFTER))
    settled = lasting.exclude(outcome=Outcome.WAITING).select_related("comment__thread")
    for flag in settled.order_by("settled_at", "pk"):
        yield Event(
            reader=flag.reader_id,
            kind=NoticeKind.FLAG,
            # Turned around by a later decision, it is told again.
            cause=f"flag:{flag.pk}:{flag.outcome}:{flag.decision_id or 0}",
            subject=flag.outcome,
            story=flag.comment.thread.story_id,
            comment=flag.comment_id,
            outcome=flag.outcome,
        )


READERS: tuple[Callable[[datetime, datetime], Iterator[Event]], ...] = (_decisions, _appeals, _flags)
