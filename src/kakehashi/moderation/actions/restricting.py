"""Decisions on a member: warning, suspension, ban.

What the member may do follows from the decisions that stand, and is worked out anew after each of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.moderation import flaggers, queries, rules
from kakehashi.moderation.actions.flagging import reweigh
from kakehashi.moderation.actions.recording import record, require_ground, require_staff
from kakehashi.moderation.actions.sweeping import decide_many, slices
from kakehashi.moderation.grounds import By, Ground
from kakehashi.moderation.models import Acknowledgement, Action, Decision, FlagDiscount
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import FOREVER, Reader


@transaction.atomic
def warn(
    *,
    actor: By,
    reader: Reader,
    ground: Ground,
    comment: Comment | None = None,
    batch: UUID | None = None,
    seen: int | None = None,
    now: datetime | None = None,
) -> Decision:
    """Warn a member, who writes no comment before having confirmed it. `comment`: what gave the reason; `seen`: the number of
    the last decision about the member that was on the screen (0: none), where that is to be compared.

    Raises `NotFound` (not a moderator), `NotAllowed` (not this member), `Invalid` (ground) or `Conflict` (something was decided
    since).
    """
    return _restrict(Action.WARNED, actor, reader, ground, comment, None, batch, now, seen)


@transaction.atomic
def suspend(
    *,
    actor: By,
    reader: Reader,
    ground: Ground,
    hours: int,
    comment: Comment | None = None,
    batch: UUID | None = None,
    seen: int | None = None,
    now: datetime | None = None,
) -> Decision:
    """Take writing and voting from a member for so many hours; a longer suspension that stands is not shortened.

    Raises as `warn`.
    """
    now = now or timezone.now()
    if not 0 < hours <= rules.LONGEST_SUSPENSION / timedelta(hours=1):
        raise Invalid(_("A suspension lasts between an hour and a year."), code="hours")
    return _restrict(Action.SUSPENDED, actor, reader, ground, comment, now + timedelta(hours=hours), batch, now, seen)


@transaction.atomic
def ban(
    *,
    actor: By,
    reader: Reader,
    ground: Ground,
    comment: Comment | None = None,
    sweeps: bool = False,
    batch: UUID | None = None,
    seen: int | None = None,
    now: datetime | None = None,
) -> Decision:
    """Take writing and voting from a member for good; with `sweeps`, remove all their comments too, under one batch.

    Reading, and objecting to this, stay open to them. Raises as `warn`; `Conflict` for who is banned already.
    """
    now, batch = now or timezone.now(), batch or (uuid4() if sweeps else None)
    decision = _restrict(Action.BANNED, actor, reader, ground, comment, None, batch, now, seen)
    if sweeps:
        assert batch is not None
        standing = Comment.objects.filter(author=reader, state__in=(CommentState.VISIBLE, CommentState.HELD))
        # Threads are locked in the order of their numbers, as everywhere.
        for ids in slices(list(standing.order_by("thread_id", "pk").values_list("pk", flat=True))):
            decide_many(actor=actor, comments=ids, action=Action.REMOVED, ground=ground, batch=batch, now=now)
    return decision


@transaction.atomic
def discount_flags(
    *, actor: Reader, reader: Reader, ground: Ground, days: int, now: datetime | None = None
) -> Decision:
    """Leave a member's flags out of count for so many days, those too that wait already. They are taken still, and legal
    notices count as ever; the member is told, and may object.

    Raises as `warn`; `Invalid` (days) and `Conflict` for whose flags are left out already.
    """
    now = now or timezone.now()
    if days not in rules.DISCOUNT_DAYS:
        raise Invalid(_("Please choose for how long."), code="days")
    held = hold(reader)
    if flaggers.discount_of(held, now) is not None:
        raise Conflict(_("The reports of this member are not counted already."), code="already")
    decision = _restrict(Action.UNHEARD, actor, held, ground, None, None, None, now)
    FlagDiscount.objects.create(decision=decision, until=now + timedelta(days=days))
    reweigh(held, now)
    return decision


def _restrict(
    action: str,
    actor: By,
    reader: Reader,
    ground: Ground,
    comment: Comment | None,
    until: datetime | None,
    batch: UUID | None,
    now: datetime | None,
    seen: int | None = None,
) -> Decision:
    require_staff(actor, comment.thread_id if comment is not None else None)
    require_ground(action, ground)
    reader = hold(reader)
    if isinstance(actor, Reader) and not rules.can_restrict(actor, reader, action):
        raise NotAllowed(_("You cannot warn, suspend or ban this member."), code="not-this-member")
    if action == Action.BANNED and reader.is_banned:
        raise Conflict(_("This member is banned already."), code="already")
    last = queries.last_about(reader) if seen is not None else None
    if seen is not None and seen != (last.pk if last is not None else 0):
        raise Conflict(_decided_already(last), code="decided")
    decision = record(
        action,
        actor,
        ground,
        now=now or timezone.now(),
        reader=reader,
        comment=comment,
        revision=comment.revisions.count() if comment is not None else 0,
        until=until,
        batch=batch,
    )
    settle(reader)
    return decision


def _decided_already(last: Decision | None) -> str:
    if last is None or last.actor is None:
        return _("Something was decided about this member meanwhile. Please look again.")
    return _("%(name)s has decided on this member already: %(action)s. Please look again.") % {
        "name": last.actor.name,
        "action": last.get_action_display(),
    }


def hold(reader: Reader) -> Reader:
    """The member's row, held until the transaction ends. Before any thread: see comments.actions.counting."""
    found = Reader.objects.select_for_update(no_key=True).filter(pk=reader.pk, erased_at=None).first()
    if found is None:
        raise NotFound(_("This member is not here."))
    return found


def settle(reader: Reader) -> None:
    """Write what the decisions that stand say of the member, whose row is held."""
    standing = Decision.objects.standing().filter(reader=reader)
    if standing.filter(action=Action.BANNED).exists():
        until: datetime | None = FOREVER
    else:
        until = standing.filter(action=Action.SUSPENDED).order_by("-until").values_list("until", flat=True).first()
    unread = standing.filter(action=Action.WARNED, acknowledgement=None).order_by("decided_at")
    reader_actions.suspend(actor=None, reader=reader, until=until)
    reader_actions.set_warned(reader=reader, since=unread.values_list("decided_at", flat=True).first())


@transaction.atomic
def acknowledge(*, reader: Reader, decision: Decision, now: datetime | None = None) -> Acknowledgement:
    """The reader has read this warning; repeats change nothing. Raises `NotFound` unless it is the reader's."""
    reader = hold(reader)
    if decision.reader_id != reader.pk or decision.action != Action.WARNED:
        raise NotFound(_("There is no such decision."))
    found, is_new = Acknowledgement.objects.get_or_create(
        decision=decision, defaults={"acknowledged_at": now or timezone.now()}
    )
    if is_new:
        settle(reader)
    return found
