"""What a moderator does with one click. Nothing is deleted: states change, and can be changed back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments import rules
from kakehashi.comments.actions import threads
from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.readers.models import Reader

SETTABLE = (CommentState.VISIBLE, CommentState.HELD, CommentState.REMOVED)


def _require_moderator(actor: Reader) -> None:
    if not rules.can_moderate(actor):
        raise NotFound(_("There is nothing here."))


@transaction.atomic
def set_comment_state(*, actor: Reader, comment: Comment, state: str, now: datetime | None = None) -> Comment:
    """Publish, hold or remove a comment and move its thread's counters; setting the state it has changes nothing.

    Raises `NotFound` (not a moderator), `Invalid` (no such state) or `Conflict` (its author withdrew it).
    """
    _require_moderator(actor)
    if state not in SETTABLE:
        raise Invalid(_("A comment can be made visible, held or removed."), code="no-such-state")
    thread = threads.lock(comment.thread_id)
    comment = threads.fresh(comment)
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(_("Its author has withdrawn this comment."), code="withdrawn")
    if comment.state == state:
        return comment
    comment.state_changed_at = now or timezone.now()
    threads.change(thread, comment, state=state, fields=["state_changed_at"])
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
