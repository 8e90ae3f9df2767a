"""Objections: one for each decision, heard by somebody else than who decided."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kakehashi.comments.actions.naming import hold_threads
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.moderation import queries, rules
from kakehashi.moderation.actions.recording import require_fitting, typed
from kakehashi.moderation.actions.restricting import hold
from kakehashi.moderation.actions.settling import turn_around
from kakehashi.moderation.actions.sweeping import is_for_many, put_back_many
from kakehashi.moderation.actions.undoing import take_back
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Action, Appeal, AppealState, Decision, Origin
from kakehashi.readers.models import Reader


def file_appeal(*, reader: Reader, decision: Decision, words: str, now: datetime | None = None) -> Appeal:
    """Object to a decision that concerns the reader; sending the same words again changes nothing.

    Raises `NotFound` (not the reader's decision), `Conflict` (objected already, undone, made on an appeal, too late) or
    `Invalid` (no words, too many).
    """
    now = now or timezone.now()
    if decision.reader_id != reader.pk:
        raise NotFound(_("There is no such decision."))
    words = typed(words)
    earlier = Appeal.objects.filter(decision=decision).first()
    if earlier is not None:
        if earlier.words == words and earlier.state == AppealState.WAITING:
            return earlier
        raise Conflict(_once(earlier), code="appealed")
    _require_open(decision, now)
    if not words:
        raise Invalid(_("Please say in a few words why you object."), code="empty")
    require_fitting(words, rules.LONGEST_APPEAL)
    try:
        with transaction.atomic():
            return Appeal.objects.create(decision=decision, reader=reader, words=words, created_at=now)
    except IntegrityError:
        raise Conflict(_once(Appeal.objects.get(decision=decision)), code="appealed") from None


def _once(earlier: Appeal) -> str:
    if earlier.state == AppealState.WAITING:
        return _("You have objected to this decision already; somebody will look at it.")
    return _(
        "Each decision can be objected to once, and you have had the answer. You may still turn to a dispute settlement "
        "body or a court."
    )


def _require_open(decision: Decision, now: datetime) -> None:
    if decision.origin == Origin.APPEAL:
        raise Conflict(
            _(
                "This was decided on an objection, and that is the last word here. You may still turn to a dispute "
                "settlement body or a court."
            ),
            code="appeal-of-appeal",
        )
    if not decision.is_restriction:
        raise Conflict(_("This decision takes nothing from you, so there is nothing to object to."), code="nothing")
    if Decision.objects.filter(undoes=decision).exists():
        raise Conflict(_("This decision has been undone already."), code="undone")
    if not rules.is_in_time(decision.decided_at, now):
        day = date_format(rules.last_day_to_object(decision.decided_at), "DATE_FORMAT")
        raise Conflict(_("The time to object to this decision ended on %(day)s.") % {"day": day}, code="too-late")


@transaction.atomic
def settle_appeal(
    *, actor: Reader, appeal: Appeal, is_granted: bool, answer: str, now: datetime | None = None
) -> Appeal:
    """Answer an objection. Granted, all that the decision did is taken back, as far as nothing else was decided since.

    Flags and notices that had led to it learn that they were not followed. Raises `NotFound` (not staff), `NotAllowed`
    (whoever decided first, or an editor where there is another moderator), `Conflict` (answered already, or the reader has
    left) or `Invalid`.
    """
    if not rules.can_enter(actor):
        raise NotFound(_("There is nothing here."))
    now, answer = now or timezone.now(), answer.strip()
    held = (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("reader", "decision__reader", "decision__comment__thread__story", "decision__thread__story")
        .get(pk=appeal.pk)
    )
    if held.state != AppealState.WAITING:
        raise Conflict(_("Somebody else has answered this objection already."), code="settled")
    if held.reader.is_erased:
        raise Conflict(_("Who objected has left, and waits for no answer any more."), code="gone")
    if not rules.can_settle(actor, held, other_moderators=queries.other_moderators(held.decision)):
        raise NotAllowed(_("Somebody else than who decided has to look at this objection."), code="not-yours")
    if not answer:
        raise Invalid(_("Please give your reasons: the author reads them."), code="empty")
    if is_granted:
        _restore(actor, held.decision, answer, now)
    held.state = AppealState.GRANTED if is_granted else AppealState.DECLINED
    held.judge, held.settled_at, held.answer = actor, now, answer
    held.save(update_fields=["state", "judge", "settled_at", "answer"])
    if is_granted:
        # Also where nothing of the decision was left to take back.
        turn_around(held.decision, now=now)
    return held


def _restore(actor: Reader, decision: Decision, answer: str, now: datetime) -> None:
    """Also what the same click did to the author for this comment, and what a ban swept away: that had no other reason. What
    was withdrawn or decided on since stays as it is."""
    ground = Ground(explanation=answer, origin=Origin.APPEAL)
    fallen = [*queries.falls_with(decision, actor), decision]
    is_sweep = decision.batch is not None and any(one.action == Action.BANNED for one in fallen)
    if is_sweep and decision.reader is not None:
        # The reader, then all threads in their order, before one of them alone.
        hold_threads(hold(decision.reader))
    for one in fallen:
        try:
            with transaction.atomic():
                take_back(actor, one, ground, now)
        except Conflict:
            continue
    if is_sweep:
        swept = Decision.objects.standing().filter(batch=decision.batch, action=Action.REMOVED)
        # The comment that gave the reason has a decision of its own, and an objection.
        swept = swept.exclude(comment=decision.comment) if decision.comment is not None else swept
        put_back_many(actor, [one for one in swept if is_for_many(one)], ground, now)
