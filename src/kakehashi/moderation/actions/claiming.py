"""Who of the staff is at which comment, so that no two of them read the same one for nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.moderation import queue, rules
from kakehashi.moderation.actions.recording import require_staff
from kakehashi.moderation.models import Claim
from kakehashi.readers.models import Reader


def claim_comment(*, actor: Reader, comment: Comment, takes_over: bool = False, now: datetime | None = None) -> None:
    """Be at a comment for the next minutes, or for longer; whatever else the actor was at is let go.

    `takes_over`: also from somebody who is at it now. Raises `NotFound` (not a moderator) or `Conflict` (somebody else is).
    """
    require_staff(actor, comment.thread_id)
    # Before, not with it: two who take over from each other would wait for each other.
    Claim.objects.filter(moderator=actor).exclude(comment=comment).delete()
    take(actor, comment.pk, now or timezone.now(), takes_over=takes_over)


@transaction.atomic
def take(actor: Reader, comment: int, now: datetime, *, takes_over: bool = False) -> None:
    """As `claim_comment`; what else the actor is at stays."""
    wished = {"moderator": actor, "until": now + rules.CLAIM_LASTS}
    # One statement asks and takes: of two at once the second finds the first one's row.
    free = Q() if takes_over else Q(moderator=actor) | Q(until__lte=now)
    held = None
    while held is None:
        if Claim.objects.filter(free, comment=comment).update(**wished):
            return
        Claim.objects.bulk_create([Claim(comment_id=comment, **wished)], ignore_conflicts=True)
        # None: whoever was there has let it go just now.
        held = Claim.objects.filter(comment=comment).values_list("moderator", "moderator__name").first()
    if held[0] != actor.pk:
        raise Conflict(_("%(name)s is at this comment now.") % {"name": held[1]}, code="claimed")


def claim_next(
    *, actor: Reader, order: Iterable[int], skipped: Iterable[int] = (), now: datetime | None = None
) -> int | None:
    """Be at the first of these comments, in their order (queue.first), that nobody else is at; None where there is none."""
    if not rules.can_decide(actor):
        raise NotFound(_("There is nothing here."))
    now = now or timezone.now()
    release_claims(actor=actor)
    for pk in queue.unclaimed(order, actor, skipped, now):
        try:
            take(actor, pk, now)
        except Conflict:
            continue
        return pk
    return None


def release_claims(*, actor: Reader, comment: Comment | None = None) -> None:
    """Be at nothing any more, or not at this comment."""
    mine = Claim.objects.filter(moderator=actor)
    (mine if comment is None else mine.filter(comment=comment)).delete()
