"""What a moderator does with one click. Nothing is deleted: states change, and can be changed back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments import rules
from kakehashi.comments.actions import counting, threads, writing
from kakehashi.comments.models import Comment, CommentState, Revision, Thread, ThreadState
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.readers.models import Reader

SETTABLE = (CommentState.VISIBLE, CommentState.HELD, CommentState.REMOVED)


def _require_moderator(actor: Reader | None, thread_id: int) -> None:
    """None is the room above, which has asked who may."""
    if actor is not None and not rules.can_moderate(actor, threads.section_of(thread_id, actor)):
        raise NotFound(_("There is nothing here."))


@transaction.atomic
def set_comment_state(
    *, actor: Reader | None, comment: Comment, state: str, rule_number: int = 0, now: datetime | None = None
) -> Comment:
    """Publish, hold or remove a comment and move its thread's counters; setting the state it has changes nothing.

    `rule_number`: the rule that readers are told in its place. `actor` None is the room above, which has asked who may.
    Raises `NotFound` (not a moderator), `Invalid` (no such state) or `Conflict` (its author withdrew it).
    """
    _require_moderator(actor, comment.thread_id)
    if state not in SETTABLE:
        raise Invalid(_("A comment can be made visible, held or removed."), code="no-such-state")
    thread = threads.lock(comment.thread_id)
    comment = threads.fresh(comment)
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(_("Its author has withdrawn this comment."), code="withdrawn")
    if comment.state == state:
        return comment
    comment.state_changed_at = now or timezone.now()
    comment.rule_number = rule_number
    threads.change(thread, comment, state=state, fields=["state_changed_at", "rule_number"])
    return comment


@transaction.atomic
def set_comment_states(
    *, comments: Iterable[int], state: str, rule_number: int = 0, now: datetime | None = None
) -> dict[int, str]:
    """As `set_comment_state` for many at once, in nine statements; what is withdrawn or already so stays as it is.

    For the room above, which has asked who may. Returns the state before of each comment that was changed. Raises `Invalid`.
    """
    if state not in SETTABLE:
        raise Invalid(_("A comment can be made visible, held or removed."), code="no-such-state")
    asked = Comment.objects.filter(pk__in=list(comments))
    threads.lock_all(asked.values("thread"))
    others = asked.exclude(state__in=(state, CommentState.WITHDRAWN))
    before = dict(others.order_by("pk").values_list("pk", "state"))
    if before:
        counting.change_states(list(before), state=state, rule_number=rule_number, now=now or timezone.now())
    return before


@transaction.atomic
def rewrite_comment(
    *,
    actor: Reader | None,
    comment: Comment,
    source: str,
    is_edited_by_staff: bool = True,
    rule_number: int = 0,
    now: datetime | None = None,
) -> Comment:
    """Change the words of somebody's comment, with a mark that says so; what it said before is kept as a revision.

    `is_edited_by_staff` False takes the mark off, where the author's own words are put back. Raises `Invalid` (text) or
    `Conflict` (its author withdrew it).
    """
    _require_moderator(actor, comment.thread_id)
    thread = threads.lock(comment.thread_id)
    comment = threads.fresh(comment)
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(_("Its author has withdrawn this comment."), code="withdrawn")
    now = now or timezone.now()
    source = writing.fitting(source, threads.newsroom())
    Revision.objects.create(comment=comment, source=comment.source, replaced_at=now, replaced_by=actor)
    written = writing.rendered(source, thread)
    comment.source, comment.html, comment.plain = source, written.html, written.plain
    comment.edited_at, comment.is_edited_by_staff, comment.rule_number = now, is_edited_by_staff, rule_number
    comment.mentions.all().delete()
    writing.add_mentions(comment, written.mentioned)
    fields = ["source", "html", "plain", "edited_at", "is_edited_by_staff", "rule_number"]
    threads.change(thread, comment, state=comment.state, fields=fields)
    return comment


@transaction.atomic
def set_thread_state(
    *, actor: Reader | None, thread: Thread, state: str, rule_number: int = 0, reason: str = ""
) -> Thread:
    """Open or close a thread at once, or let its comments wait for a moderator; everybody reads why, except of one that is
    open. Raises `NotFound` or `Invalid`."""
    _require_moderator(actor, thread.pk)
    if state not in ThreadState.values:
        raise Invalid(_("A discussion can be open, held first or closed."), code="no-such-state")
    is_open = state == ThreadState.OPEN
    told = {"rule_number": 0 if is_open else rule_number, "reason": "" if is_open else reason}
    changed = Thread.objects.filter(pk=thread.pk).exclude(state=state, **told)
    changed.update(state=state, version=F("version") + 1, **told)
    thread.refresh_from_db()
    return thread
