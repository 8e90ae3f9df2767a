"""What a moderator does with one click. Nothing is deleted: states change, and can be changed back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments import rules
from kakehashi.comments.actions import counting, threads
from kakehashi.comments.actions.posting import locked_comment
from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.readers.models import Reader

SETTABLE = (CommentState.VISIBLE, CommentState.HELD, CommentState.REMOVED)


def _require_moderator(actor: Reader) -> None:
    if not rules.can_moderate(actor):
        raise NotFound(_("There is nothing here."))


@transaction.atomic
def set_comment_state(*, actor: Reader, comment: Comment, state: str, now: datetime | None = None) -> Comment:
    """Publish, hold or remove a comment and recount its thread; setting the state it has changes nothing.

    Raises `NotFound` (not a moderator), `Invalid` (no such state) or `Conflict` (its author withdrew it).
    """
    _require_moderator(actor)
    if state not in SETTABLE:
        raise Invalid(_("A comment can be made visible, held or removed."), code="no-such-state")
    comment = locked_comment(comment)
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(_("Its author has withdrawn this comment."), code="withdrawn")
    if comment.state == state:
        return comment
    threads.lock(comment.thread_id)
    comment.state, comment.state_changed_at = state, now or timezone.now()
    comment.save(update_fields=["state", "state_changed_at"])
    counting.recount_thread(comment.thread_id)
    return comment


@transaction.atomic
def set_thread_state(*, actor: Reader, thread: Thread, state: str) -> Thread:
    """Open or close a thread at once, or let its comments wait for a moderator. Raises `NotFound` or `Invalid`."""
    _require_moderator(actor)
    if state not in ThreadState.values:
        raise Invalid(_("A discussion can be open, held first or closed."), code="no-such-state")
    Thread.objects.filter(pk=thread.pk).exclude(state=state).update(state=state, version=F("version") + 1)
    thread.refresh_from_db()
    return thread
