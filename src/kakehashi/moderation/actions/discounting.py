"""Discounting the votes of an alarm, and counting them again: one decision for each voter, who is told and may object.

A vote counts unless a decision stands that discounts it. After each change that is worked out anew from the rows, with the
voters' rows held, so it does not matter who comes first. Thousands of votes go in slices, each one transaction: the first with
the decision itself, the others by the worker. What is left to do stands in the alarm's rows, so a slice that was broken off is
begun again by whoever comes next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Vote
from kakehashi.lib.errors import Conflict, Invalid
from kakehashi.moderation import rules
from kakehashi.moderation.actions.recording import require_ground, require_staff
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import (
    UNDER_WAY,
    Action,
    Alarm,
    AlarmState,
    AlarmVote,
    Decision,
    DiscountedVote,
    Origin,
)
from kakehashi.readers.models import Reader

T = TypeVar("T")

# Votes, or decisions, in one transaction.
SLICE = 500
# Slices of one alarm in one look of the worker.
SLICES_AT_ONCE = 10
LONGEST_REASON = 2000


@transaction.atomic
def discount(
    *,
    actor: Reader,
    alarm: Alarm,
    ground: Ground,
    readers: Collection[int] | None = None,
    seen: int | None = None,
    now: datetime | None = None,
) -> int:
    """Let the votes of an alarm count nothing any more, those of these readers (None: of all whom the actor may
    restrict); how many votes that are. The alarm is settled by it, so that nobody is asked about these votes again:
    `seen` is its size (`Alarm.size`) when the actor looked.

    The first SLICE of them count no more on return; where there are more, the worker goes on (`go_on_discounting`).
    Raises `NotFound` (not a moderator), `Conflict` (settled already, grown since it was seen) or `Invalid` (ground, nobody
    chosen).
    """
    require_staff(actor)
    require_ground(Action.DISCOUNTED, ground)
    now = now or timezone.now()
    voters = _voters(actor, alarm, readers)
    if not voters:
        raise Invalid(_("Please choose at least one account whose votes shall not count."), code="nobody")
    alarm = _close(actor, alarm, AlarmState.WORKING, ground.explanation, seen, now)
    chosen = alarm.evidence.filter(vote__reader__in=voters).update(is_waiting=True)
    _discount_slice(alarm, _like(actor, alarm, ground), now)
    return chosen


def go_on_discounting(*, now: datetime) -> int:
    """Discount what is left of alarms that are being discounted, or let count again what is left of those that are taken
    back, some thousand at most of each; how many votes or voters."""
    done = 0
    for pk in list(Alarm.objects.filter(state__in=UNDER_WAY).order_by("pk").values_list("pk", flat=True)):
        for _slice in range(SLICES_AT_ONCE):
            count = _next_slice(pk, now)
            done += count
            if not count:
                break
    return done


@transaction.atomic
def _next_slice(pk: int, now: datetime) -> int:
    """0 where nothing is left."""
    alarm = Alarm.objects.select_for_update(of=("self",)).filter(pk=pk, state__in=UNDER_WAY).first()
    if alarm is None:
        return 0
    if alarm.state == AlarmState.RESTORING:
        return _next_to_restore(alarm, now)
    # Of who has left since, the words are gone.
    made = Decision.objects.filter(batch=alarm.batch, action=Action.DISCOUNTED, reader__erased_at=None)
    like = made.order_by("pk").first()
    if like is None:
        stop_discounting(alarm.batch)
        return 0
    return _discount_slice(alarm, like, now)


def _next_to_restore(alarm: Alarm, now: datetime) -> int:
    part = list(_standing(alarm.batch)[:SLICE])
    if len(part) < SLICE:
        Alarm.objects.filter(pk=alarm.pk).update(state=AlarmState.DISCOUNTED)
    made = Decision.objects.filter(batch=alarm.batch, action=Action.REINSTATED).exclude(origin=Origin.APPEAL)
    like = made.order_by("-pk").first()
    if part and like is not None:
        _count_slice(like.actor, part, Ground(explanation=like.explanation, origin=like.origin), now)
    return len(part)


def _standing(batch: UUID | None) -> QuerySet[Decision]:
    return Decision.objects.standing().filter(batch=batch, undoes=None, action=Action.DISCOUNTED).order_by("pk")


def stop_discounting(batch: UUID | None) -> None:
    """Leave alone what is not discounted yet of the alarm with these decisions: they are about to be taken back. Holds the
    alarm, which comes before its voters."""
    held = Alarm.objects.select_for_update(of=("self",)).filter(batch=batch).first()
    if held is not None and held.state == AlarmState.WORKING:
        held.evidence.filter(is_waiting=True).update(is_waiting=False)
        Alarm.objects.filter(pk=held.pk).update(state=AlarmState.DISCOUNTED)


def _voters(actor: Reader, alarm: Alarm, readers: Collection[int] | None) -> list[int]:
    """Of the staff only an administrator takes anything, and nobody decides about themselves."""
    found = Reader.objects.filter(pk__in=alarm.evidence.values("vote__reader"))
    if readers is not None:
        found = found.filter(pk__in=readers)
    return [reader.pk for reader in found if rules.can_restrict(actor, reader)]


def settle_alarm(
    *, actor: Reader, alarm: Alarm, state: str, reason: str, seen: int | None = None, now: datetime | None = None
) -> Alarm:
    """Close an alarm without discounting: it was nothing, it was settled otherwise, or its accounts are one person's, which
    is shown on their pages and takes nothing from them. `seen` as in `discount`.

    Raises `NotFound` (not a moderator), `Invalid` (no reason, no such state) or `Conflict` (settled already, grown since it
    was seen).
    """
    require_staff(actor)
    if state not in (AlarmState.DISMISSED, AlarmState.SETTLED, AlarmState.LINKED):
        raise Invalid(_("An alarm can be dismissed, settled, or its accounts linked."), code="no-such-state")
    if not reason.strip():
        raise Invalid(_("Please say in a few words why, for your colleagues."), code="empty")
    if len(reason) > LONGEST_REASON:
        raise Invalid(_("The reason is too long: 2,000 characters at most."), code="too-long")
    return _close(actor, alarm, state, reason, seen, now or timezone.now())


@transaction.atomic
def _close(actor: Reader, alarm: Alarm, state: str, reason: str, seen: int | None, now: datetime) -> Alarm:
    held = Alarm.objects.select_for_update(of=("self",)).get(pk=alarm.pk)
    if held.state != AlarmState.OPEN:
        raise Conflict(_("Somebody else has settled this alarm already. Please look again."), code="settled")
    if seen is not None and held.size != seen:
        raise Conflict(
            _("More votes or accounts were found since you opened this alarm. Please look at them and send it again."),
            code="grown",
        )
    held.state, held.settled_by, held.settled_at, held.reason = state, actor, now, reason.strip()
    held.batch = uuid4() if state == AlarmState.WORKING else None
    held.save(update_fields=["state", "settled_by", "settled_at", "reason", "batch"])
    return held


def _discount_slice(alarm: Alarm, like: Decision, now: datetime) -> int:
    """The next votes of the alarm, which is held, each reader's by one decision `like` that one; how many. Once none is left,
    the alarm says so."""
    waiting = AlarmVote.objects.filter(alarm=alarm, is_waiting=True).order_by("vote")
    part = list(waiting.values_list("vote__reader", "vote")[:SLICE])
    if part:
        hold_voters(reader for reader, _vote in part)
        votes = [vote for _reader, vote in part]
        told = _decisions_for({reader for reader, _vote in part}, like, now)
        DiscountedVote.objects.bulk_create(
            [DiscountedVote(decision_id=told[reader], vote_id=vote) for reader, vote in part], ignore_conflicts=True
        )
        _settle(votes, now)
        AlarmVote.objects.filter(alarm=alarm, vote__in=votes).update(is_waiting=False)
    if len(part) < SLICE:
        Alarm.objects.filter(pk=alarm.pk).update(state=AlarmState.DISCOUNTED)
    return len(part)


def _decisions_for(readers: Collection[int], like: Decision, now: datetime) -> dict[int, int]:
    """By reader the number of the decision about their votes, made where there is none."""
    known = Decision.objects.filter(batch=like.batch, action=Action.DISCOUNTED, reader__in=readers).order_by("pk")
    told = {reader: pk for reader, pk in known.values_list("reader", "pk") if reader is not None}
    copied = ("action", "actor_id", "is_found_by_machine", "rule_id", "law", "explanation", "facts", "origin", "batch")
    shared = {name: getattr(like, name) for name in copied}
    made = Decision.objects.bulk_create(
        Decision(reader_id=reader, decided_at=now, **shared) for reader in sorted(set(readers) - told.keys())
    )
    return told | {decision.reader_id: decision.pk for decision in made if decision.reader_id is not None}


def _like(actor: Reader, alarm: Alarm, ground: Ground) -> Decision:
    return Decision(
        action=Action.DISCOUNTED,
        actor=actor,
        is_found_by_machine=True,
        rule=ground.rule,
        law=ground.law.strip(),
        explanation=ground.explanation.strip(),
        facts=ground.facts.strip(),
        origin=Origin.CHECK,
        batch=alarm.batch,
    )


def count_again(actor: Reader, found: Sequence[Decision], ground: Ground, now: datetime) -> list[Decision]:
    """Take back decisions that discount votes, the first SLICE of them, and let the worker do the others; the caller has asked
    who may, and holds the alarm. What was taken back meanwhile is passed over."""
    if len(found) <= SLICE:
        return _count_slice(actor, found, ground, now)
    alarm = Alarm.objects.filter(batch=found[0].batch).exclude(batch=None)
    if alarm.update(state=AlarmState.RESTORING):
        return _count_slice(actor, found[:SLICE], ground, now)
    # After a year the alarm is gone.
    return [made for part in slices(found) for made in _count_slice(actor, part, ground, now)]


@transaction.atomic
def _count_slice(actor: Reader | None, part: Sequence[Decision], ground: Ground, now: datetime) -> list[Decision]:
    hold_voters(decision.reader_id for decision in part if decision.reader_id is not None)
    standing = Decision.objects.standing().filter(pk__in=[decision.pk for decision in part]).order_by("pk")
    made = Decision.objects.bulk_create(
        Decision(
            action=Action.REINSTATED,
            decided_at=now,
            actor=actor,
            reader_id=decision.reader_id,
            explanation=ground.explanation.strip(),
            origin=ground.origin,
            undoes=decision,
            batch=decision.batch,
        )
        for decision in standing
    )
    settle_votes([decision.pk for decision in part], now=now)
    return made


def take_over(earlier: Decision, decision: Decision) -> None:
    """Let a decision that decides an earlier one again discount the same votes."""
    rows = DiscountedVote.objects.filter(decision=earlier).values_list("vote", flat=True)
    DiscountedVote.objects.bulk_create(DiscountedVote(decision=decision, vote_id=vote) for vote in rows)


def settle_votes(decisions: Iterable[int], *, now: datetime) -> None:
    """Let each vote of these decisions count as the rows say; the voters' rows are held."""
    votes = DiscountedVote.objects.filter(decision__in=list(decisions)).values_list("vote", flat=True)
    for part in slices(sorted(set(votes))):
        _settle(part, now)


def _settle(votes: Sequence[int], now: datetime) -> None:
    standing = DiscountedVote.objects.filter(vote=OuterRef("pk"), decision__undone_by=None)
    rows = Vote.objects.filter(pk__in=votes).annotate(wanted=Exists(standing))
    wanted = dict(rows.values_list("pk", "wanted"))
    for is_discounted in (True, False):
        some = [pk for pk, found in wanted.items() if found == is_discounted]
        comment_actions.discount_votes(votes=some, is_discounted=is_discounted, now=now)


def hold_voters(readers: Iterable[int]) -> None:
    """Their rows, until the transaction ends, by number; before any vote or thread (comments.actions.counting)."""
    held: QuerySet[Reader] = Reader.objects.select_for_update(no_key=True).filter(pk__in=set(readers))
    list(held.order_by("pk").values_list("pk"))


def slices(items: Iterable[T]) -> Iterator[list[T]]:
    items = iter(items)
    while part := list(islice(items, SLICE)):
        yield part
