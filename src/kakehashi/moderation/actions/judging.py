"""One click of a moderator on a comment: what becomes of it, and of its author, decided together or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments.actions.naming import hold_threads
from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Invalid
from kakehashi.moderation import queries, rules
from kakehashi.moderation.actions.claiming import release_claims, take
from kakehashi.moderation.actions.deciding import decide_comment
from kakehashi.moderation.actions.recording import require_staff
from kakehashi.moderation.actions.restricting import ban, hold, suspend, warn
from kakehashi.moderation.grounds import NO_GROUND, Ground, Seen
from kakehashi.moderation.models import GROUNDED, Decision
from kakehashi.readers.models import Reader


class Consequence(models.TextChoices):
    """For the author of a comment that breaks a rule."""

    NONE = "", gettext_lazy("Nothing more")
    WARNED = "warned", gettext_lazy("Warning, to be confirmed before the next comment")
    SUSPENDED = "suspended", gettext_lazy("Suspended from writing for some days")
    BANNED = "banned", gettext_lazy("Banned from writing")
    SWEPT = "swept", gettext_lazy("Banned from writing, and all their comments removed")


@transaction.atomic
def judge(
    *,
    actor: Reader,
    comment: Comment,
    action: str,
    ground: Ground = NO_GROUND,
    source: str = "",
    seen: Seen | None = None,
    consequence: str = Consequence.NONE,
    hours: int | None = None,
    follows_others: bool = True,
    now: datetime | None = None,
) -> Decision:
    """Decide on a comment and, for the same reasons, on its author; more than one decision are one batch.

    `hours` None: the next penalty step of the author's record; `follows_others` as in `decide_comment`.
    Raises as that and `warn`.
    """
    require_staff(actor, comment.thread_id)
    now = now or timezone.now()
    if not consequence:
        return decide_comment(
            actor=actor,
            comment=comment,
            action=action,
            ground=ground,
            source=source,
            seen=seen,
            follows_others=follows_others,
            now=now,
        )
    if consequence not in Consequence.values or action not in GROUNDED:
        raise Invalid(
            _("Only who broke a rule can be warned, suspended or banned: remove or change the comment too."),
            code="consequence",
        )
    if comment.author is None:
        raise Invalid(_("The author of this comment has no account here."), code="no-author")
    # The author's row before the thread's, as everywhere.
    author, batch = hold(comment.author), uuid4()
    if consequence == Consequence.SWEPT:
        # All at once in their order, before this comment's alone.
        hold_threads(author)
    first = decide_comment(
        actor=actor,
        comment=comment,
        action=action,
        ground=ground,
        source=source,
        seen=seen,
        follows_others=follows_others,
        batch=batch,
        now=now,
    )
    if consequence == Consequence.WARNED:
        warn(actor=actor, reader=author, ground=ground, comment=comment, batch=batch, now=now)
    elif consequence == Consequence.SUSPENDED:
        hours = hours or rules.proposed_hours(queries.suspensions_of(author, now))
        suspend(actor=actor, reader=author, ground=ground, hours=hours, comment=comment, batch=batch, now=now)
    else:
        sweeps = consequence == Consequence.SWEPT
        ban(actor=actor, reader=author, ground=ground, comment=comment, sweeps=sweeps, batch=batch, now=now)
    return first


@transaction.atomic
def judge_waiting(*, actor: Reader, comment: Comment, now: datetime | None = None, **decision: Any) -> Decision:
    """As `judge`, by who is at the comment in the queue, and is at nothing after. Raises `Conflict` too where somebody else
    has taken it over."""
    require_staff(actor, comment.thread_id)
    now = now or timezone.now()
    take(actor, comment.pk, now)
    made = judge(actor=actor, comment=comment, now=now, **decision)
    release_claims(actor=actor)
    return made
