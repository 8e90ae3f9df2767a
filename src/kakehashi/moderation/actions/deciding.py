"""Decisions on comments and discussions: what a moderator's click, or a check, does."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.actions import threads
from kakehashi.comments.models import LONGEST_REASON, Comment, CommentState, Thread, ThreadState
from kakehashi.lib.errors import Conflict, Invalid
from kakehashi.moderation import queries
from kakehashi.moderation.actions.recording import (
    record,
    require_fitting,
    require_ground,
    require_somebody_else,
    require_staff,
    typed,
)
from kakehashi.moderation.actions.settling import settle_reports
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.grounds import NO_GROUND, By, Ground, Machine, Seen
from kakehashi.moderation.models import ON_COMMENTS, Action, Decision
from kakehashi.readers.models import Reader


@transaction.atomic
def decide_comment(
    *,
    actor: By,
    comment: Comment,
    action: str,
    ground: Ground = NO_GROUND,
    source: str = "",
    seen: Seen | None = None,
    follows_others: bool = True,
    batch: UUID | None = None,
    now: datetime | None = None,
) -> Decision:
    """Publish, hold, remove or change a comment (`source`: its new words), and record it with its reasons.

    Flags and legal notices that wait on it are answered by that (`settling`); with `follows_others`, flags that named
    another rule count as followed too. `seen` is what the moderator had on the screen: where the comment was changed or
    decided on meanwhile, nothing is done. Publishing what was removed undoes the removal. Raises `NotFound` (not a
    moderator), `NotAllowed` (publishing one's own, where a colleague could), `Invalid` (action, ground, text)
    or `Conflict` (withdrawn, changed, decided on by somebody else, already so).
    """
    require_staff(actor, comment.thread_id)
    if action not in ON_COMMENTS:
        raise Invalid(_("A comment can be published, held back, changed or removed."), code="no-such-action")
    if action in (Action.VISIBLE, Action.EDITED):
        require_somebody_else(actor, comment.author_id)
    require_ground(action, ground)
    now = now or timezone.now()
    threads.lock(comment.thread_id)
    comment = threads.fresh(comment)
    last = queries.last_decision(comment.pk)
    revision = comment.revisions.count()
    if comment.state == CommentState.WITHDRAWN:
        raise Conflict(_("Its author has withdrawn this comment, so there is nothing to decide."), code="withdrawn")
    _require_unchanged(seen, comment, revision, last)
    if action in (Action.HELD, Action.REMOVED) and comment.state == action:
        raise Conflict(_already(last, action), code="already")
    before = comment.state
    _carry_out(actor, comment, action, ground, source, now)
    undoes = last if _puts_back(last, action, before) else None
    decision = record(
        action,
        actor,
        ground,
        now=now,
        reader_id=comment.author_id,
        comment=comment,
        revision=revision,
        state_before=before,
        undoes=undoes,
        batch=batch,
    )
    settle_reports(decision, follows_others=follows_others)
    settle_waiting(comments=[comment.pk], now=now)
    return decision


def _require_unchanged(seen: Seen | None, comment: Comment, revision: int, last: Decision | None) -> None:
    if seen is None:
        return
    is_new = seen.decision is not None and (last.pk if last else 0) != seen.decision
    if is_new or (seen.state and seen.state != comment.state):
        raise Conflict(_already(last, last.action if last else ""), code="decided")
    if seen.revision is not None and revision != seen.revision:
        raise Conflict(
            _("Its author has changed this comment since you read it. Please read it again, then decide."),
            code="edited",
        )


def _already(last: Decision | None, action: str) -> str:
    """Who was quicker, in a sentence."""
    if last is None or last.actor is None or last.action != action:
        return _("This comment is already so: somebody was quicker. Please look again.")
    return _("%(name)s has decided on this comment already: %(action)s. Please look again.") % {
        "name": last.actor.name,
        "action": last.get_action_display(),
    }


def _puts_back(last: Decision | None, action: str, before: str) -> bool:
    is_back = action == Action.VISIBLE and before == CommentState.REMOVED
    return is_back and last is not None and last.action == Action.REMOVED


def _carry_out(actor: By, comment: Comment, action: str, ground: Ground, source: str, now: datetime) -> None:
    person = actor if isinstance(actor, Reader) else None
    number = queries.number_to_tell(ground.rule)
    if action == Action.EDITED:
        if isinstance(actor, Machine):
            raise Invalid(_("Only a person changes the words of somebody’s comment."), code="no-such-action")
        if source == comment.source:
            raise Invalid(_("You have changed nothing in the text yet."), code="unchanged")
        comment_actions.rewrite_comment(
            actor=person, comment=comment, source=source, is_edited_by_staff=True, rule_number=number, now=now
        )
        if comment.state == CommentState.HELD:
            # What is in order now is published with it.
            comment_actions.set_comment_state(
                actor=person, comment=comment, state=CommentState.VISIBLE, rule_number=number, now=now
            )
    else:
        number = number if action == Action.REMOVED else 0
        comment_actions.set_comment_state(actor=person, comment=comment, state=action, rule_number=number, now=now)


@transaction.atomic
def decide_thread(
    *,
    actor: By,
    thread: Thread,
    action: str,
    ground: Ground = NO_GROUND,
    seen: int | None = None,
    now: datetime | None = None,
) -> Decision:
    """Open or close a discussion, or let its comments wait for a moderator, and record it. Whatever it is but open, everybody
    reads the rule and the explanation above its comments; to correct these is a decision, too, for who has `seen` the last one
    on it (its number, 0 where there is none).

    Raises `NotFound` (not a moderator), `Invalid` (no such state, no rule, too many words) or `Conflict` (already so,
    or decided on since).
    """
    require_staff(actor, thread.pk)
    if action not in ThreadState.values:
        raise Invalid(_("A discussion can be open, held first or closed."), code="no-such-state")
    require_ground(action, ground)
    if action != ThreadState.OPEN and ground.rule is None:
        raise Invalid(_("Please choose the rule for whose sake you do this: readers see it."), code="no-ground")
    require_fitting(ground.explanation, LONGEST_REASON)
    thread = threads.lock(thread.pk)
    before, number, reason = thread.state, queries.number_to_tell(ground.rule), typed(ground.explanation)
    is_corrected = (
        seen is not None and action != ThreadState.OPEN and (thread.rule_number, thread.reason) != (number, reason)
    )
    if (before == action and not is_corrected) or seen not in (None, queries.last_on_thread(thread.pk)):
        raise Conflict(_("This discussion is already so: somebody was quicker."), code="already")
    comment_actions.set_thread_state(
        actor=actor if isinstance(actor, Reader) else None,
        thread=thread,
        state=action,
        rule_number=number,
        reason=reason,
    )
    return record(action, actor, ground, now=now or timezone.now(), thread=thread, state_before=before)
