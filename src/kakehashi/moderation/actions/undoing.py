"""Taking decisions back. Nothing is deleted: to undo is another decision, and can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.actions import threads
from kakehashi.comments.models import LONGEST_REASON, CommentState, ThreadState
from kakehashi.lib.errors import Conflict, NotAllowed, NotFound
from kakehashi.moderation import queries, rules
from kakehashi.moderation.actions.discounting import count_again, settle_votes, stop_discounting, take_over
from kakehashi.moderation.actions.flagging import reweigh
from kakehashi.moderation.actions.recording import record, require_somebody_else, require_staff
from kakehashi.moderation.actions.restricting import hold, settle
from kakehashi.moderation.actions.settling import unsettle_reports
from kakehashi.moderation.actions.sweeping import is_for_many, put_back_many
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Action, Decision, FlagDiscount, Origin
from kakehashi.readers.models import Reader

_AFTERWARDS = gettext_lazy("Something else was decided on this comment afterwards. Please undo that first.")
# A change of words publishes what was held; taken back, it waits again.
STANDING = {CommentState.VISIBLE, CommentState.HELD}


@transaction.atomic
def undo(*, actor: Reader, decision: Decision, explanation: str = "", now: datetime | None = None) -> Decision:
    """Take a decision back, and with it what it did; its reader is told.

    Raises `NotFound` (not a moderator), `NotAllowed` (about a member whom the actor may not restrict) or `Conflict`
    (undone already, withdrawn, or something was decided after it).
    """
    _require_may_undo(actor, decision)
    return take_back(actor, decision, Ground(explanation=explanation), now or timezone.now())


@transaction.atomic
def undo_slip(*, actor: Reader, decision: Decision, now: datetime | None = None) -> None:
    """Take back what the actor has just decided, with all that the same click decided, before anybody was told of it.

    Neither is told to anybody then, nor stands in the public log. Raises as `undo`; `NotFound` for somebody else's decision,
    `Conflict` once the seconds for it are over.
    """
    now = now or timezone.now()
    if decision.actor_id != actor.pk:
        raise NotFound(_("There is nothing to undo."))
    if now > decision.decided_at + rules.UNDO_WITHIN + rules.UNDO_GRACE:
        raise Conflict(
            _(
                "The seconds to take this back are over. It can still be undone among the decisions, and its reader is told."
            ),
            code="too-late",
        )
    together = [decision]
    if decision.batch is not None:
        stop_discounting(decision.batch)
        of_batch = Decision.objects.standing().filter(batch=decision.batch, undoes=decision.undoes)
        together = _in_order_of_locks(of_batch.select_related("comment", "reader"))
    if not together:
        raise Conflict(_("This decision has been undone already."), code="undone")
    for one in together:
        _require_may_undo(actor, one)
    # A ban may have swept away much.
    many = [one for one in together if len(together) > 1 and is_for_many(one)]
    for one in together:
        if len(together) == 1 or not is_for_many(one):
            take_back(actor, one, Ground(), now, is_slip=True)
    back = {one.undoes_id for one in put_back_many(actor, many, Ground(), now, is_slip=True)}
    if many and is_for_many(decision) and decision.pk not in back:
        raise Conflict(str(_AFTERWARDS), code="decided")


@transaction.atomic
def undo_batch(*, actor: Reader, batch: UUID, explanation: str = "", now: datetime | None = None) -> list[Decision]:
    """Take back all that one click decided and that still stands; what was decided on since, or withdrawn, stays.

    Raises `NotFound` (not a moderator, no such batch) or `NotAllowed`, as `undo`.
    """
    now, ground = now or timezone.now(), Ground(explanation=explanation)
    stop_discounting(batch)
    found = _in_order_of_locks(
        Decision.objects.standing().filter(batch=batch, undoes=None).select_related("comment", "reader")
    )
    if not found:
        require_staff(actor, None)
        raise NotFound(_("There is nothing to undo."))
    for decision in found:
        _require_may_undo(actor, decision)
    if all(one.action == Action.DISCOUNTED for one in found):
        return count_again(actor, found, ground, now)
    many = [one for one in found if is_for_many(one)]
    undone = []
    for decision in (one for one in found if not is_for_many(one)):
        try:
            with transaction.atomic():
                undone.append(take_back(actor, decision, ground, now))
        except Conflict:
            continue
    return undone + put_back_many(actor, many, ground, now)


def _in_order_of_locks(found: Iterable[Decision]) -> list[Decision]:
    """Readers first, then threads in their order."""
    return sorted(
        found, key=lambda one: (not rules.is_on_reader(one), one.comment.thread_id if one.comment else 0, one.pk)
    )


def _require_may_undo(actor: Reader, decision: Decision) -> None:
    require_staff(actor, decision.comment.thread_id if decision.comment is not None else decision.thread_id)
    if not rules.can_undo(actor, decision):
        raise NotAllowed(_("You cannot warn, suspend or ban this member."), code="not-this-member")
    if decision.comment is not None and decision.is_restriction and decision.actor_id != actor.pk:
        require_somebody_else(actor, decision.comment.author_id)


def take_back(actor: Reader, decision: Decision, ground: Ground, now: datetime, *, is_slip: bool = False) -> Decision:
    """As `undo`, by somebody whom the caller has asked."""
    decision = Decision.objects.select_related("undoes", "reader", "comment", "thread").get(pk=decision.pk)
    if rules.is_on_reader(decision) or decision.action == Action.REINSTATED:
        return _give_back(actor, decision, ground, now, is_slip)
    if decision.thread is not None:
        return _reopen(actor, decision, ground, now, is_slip)
    return _put_back(actor, decision, ground, now, is_slip)


def _require_standing(decision: Decision) -> None:
    """Asked again with the lock held."""
    if Decision.objects.filter(undoes=decision).exists():
        raise Conflict(_("This decision has been undone already."), code="undone")


def _ground_again(decision: Decision, ground: Ground) -> Ground:
    """To undo what undid a decision is to decide that again, for its reasons."""
    first = decision.undoes
    if first is None:
        return ground
    return Ground(
        rule=first.rule,
        law=first.law,
        explanation=ground.explanation or first.explanation,
        facts=first.facts,
        origin=ground.origin if ground.origin == Origin.APPEAL else first.origin,
    )


def _give_back(actor: Reader, decision: Decision, ground: Ground, now: datetime, is_slip: bool) -> Decision:
    assert decision.reader is not None
    reader = hold(decision.reader)
    _require_standing(decision)
    again = decision.undoes if decision.action == Action.REINSTATED else None
    made = record(
        rules.undoing_action(decision),
        actor,
        _ground_again(decision, ground),
        now=now,
        reader=reader,
        comment=decision.comment,
        revision=decision.revision,
        until=again.until if again else None,
        undoes=decision,
        is_slip=is_slip,
        batch=decision.batch,
    )
    if again is not None and again.action == Action.DISCOUNTED:
        take_over(again, made)
    if again is not None and again.action == Action.UNHEARD:
        FlagDiscount.objects.create(decision=made, until=again.discount.until)
    if Action.UNHEARD in (decision.action, made.action):
        reweigh(reader, now)
    settle(reader)
    settle_votes([decision.pk, made.pk], now=now)
    return made


def _put_back(actor: Reader, decision: Decision, ground: Ground, now: datetime, is_slip: bool) -> Decision:
    if decision.comment is None:
        raise Conflict(_("This comment is no longer here."), code="gone")
    threads.lock(decision.comment.thread_id)
    comment = threads.fresh(decision.comment)
    _require_standing(decision)
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(_("Its author has withdrawn this comment, so there is nothing to decide."), code="withdrawn")
    if any(one > decision.pk for one in queries.in_effect(comment.pk)):
        raise Conflict(str(_AFTERWARDS), code="decided")
    ground = _ground_again(decision, ground)
    before, revision, action = comment.state, comment.revisions.count(), rules.undoing_action(decision)
    number = queries.number_to_tell(ground.rule)
    if action == Action.EDITED:
        first, *after = comment.revisions.order_by("pk")[decision.revision : decision.revision + 2]
        if after and after[0].source != comment.source:
            raise Conflict(_("Its author has changed this comment since then."), code="edited")
        comment_actions.rewrite_comment(
            actor=None,
            comment=comment,
            source=first.source,
            is_edited_by_staff=decision.undoes is not None,
            rule_number=number,
            now=now,
        )
        if comment.state != decision.state_before and {comment.state, decision.state_before} == STANDING:
            comment_actions.set_comment_state(
                actor=None, comment=comment, state=decision.state_before, rule_number=number, now=now
            )
    else:
        comment_actions.set_comment_state(
            actor=None, comment=comment, state=action, rule_number=number if action == Action.REMOVED else 0, now=now
        )
    made = record(
        action,
        actor,
        ground,
        now=now,
        reader_id=decision.reader_id,
        comment=comment,
        revision=revision,
        state_before=before,
        undoes=decision,
        is_slip=is_slip,
        batch=decision.batch,
    )
    unsettle_reports(decision, made)
    settle_waiting(comments=[comment.pk], now=now)
    return made


def _reopen(actor: Reader, decision: Decision, ground: Ground, now: datetime, is_slip: bool) -> Decision:
    assert decision.thread is not None
    thread = threads.lock(decision.thread.pk)
    _require_standing(decision)
    later = Decision.objects.standing().filter(thread=thread, pk__gt=decision.pk, undoes=None)
    if thread.state != decision.action or later.exists():
        raise Conflict(_("This discussion was opened or closed again since then."), code="decided")
    before = thread.state
    # Closed again, it is for the reasons of then; words that are too long for that were for colleagues.
    then = _why_so(thread.pk, state=decision.state_before, before=decision.pk)
    reason = ""
    if then is not None and decision.state_before != ThreadState.OPEN:
        reason = then.explanation if len(then.explanation) <= LONGEST_REASON else ""
        ground = Ground(rule=then.rule, explanation=reason, facts=ground.explanation)
    comment_actions.set_thread_state(
        actor=None,
        thread=thread,
        state=decision.state_before,
        rule_number=queries.number_to_tell(ground.rule),
        reason=reason,
    )
    return record(
        decision.state_before,
        actor,
        ground,
        now=now,
        thread=thread,
        state_before=before,
        undoes=decision,
        is_slip=is_slip,
    )


def _why_so(thread_id: int, *, state: str, before: int) -> Decision | None:
    """Why a discussion was last so before that decision; 1 query."""
    earlier = Decision.objects.filter(thread=thread_id, action=state, pk__lt=before, rule__isnull=False)
    return earlier.select_related("rule__version").order_by("-pk").first()
