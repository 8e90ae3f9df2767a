"""What moderators do, through the actions."""

from __future__ import annotations

from datetime import datetime

import pytest

from kakehashi.comments import actions
from kakehashi.comments.models import CommentState, Thread, ThreadState
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.readers.models import Reader, Role
from tests.factories import a_comment, a_reader


def test_removing_and_publishing_again(thread: Thread, moderator: Reader, now: datetime) -> None:
    comment = a_comment(thread)
    gone = actions.set_comment_state(actor=moderator, comment=comment, state=CommentState.REMOVED, now=now)
    assert (gone.state, gone.state_changed_at, gone.source) == (CommentState.REMOVED, now, comment.source)
    thread.refresh_from_db()
    assert (thread.comment_count, thread.version) == (0, 1)
    actions.set_comment_state(actor=moderator, comment=comment, state=CommentState.VISIBLE)
    thread.refresh_from_db()
    assert (thread.comment_count, thread.version) == (1, 2)


def test_the_same_state_again_changes_nothing(thread: Thread, moderator: Reader) -> None:
    comment = a_comment(thread)
    actions.set_comment_state(actor=moderator, comment=comment, state=CommentState.VISIBLE)
    thread.refresh_from_db()
    assert thread.version == 0


@pytest.mark.parametrize("state", ["withdrawn", "deleted", ""])
def test_other_states_cannot_be_set(thread: Thread, moderator: Reader, state: str) -> None:
    with pytest.raises(Invalid):
        actions.set_comment_state(actor=moderator, comment=a_comment(thread), state=state)
    with pytest.raises(Invalid):
        actions.set_thread_state(actor=moderator, thread=thread, state=state)


def test_what_its_author_withdrew_stays_withdrawn(thread: Thread, moderator: Reader) -> None:
    comment = a_comment(thread, state=CommentState.WITHDRAWN)
    with pytest.raises(Conflict):
        actions.set_comment_state(actor=moderator, comment=comment, state=CommentState.VISIBLE)


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_only_moderators(thread: Thread, role: Role) -> None:
    actor = a_reader(role=role)
    with pytest.raises(NotFound):
        actions.set_comment_state(actor=actor, comment=a_comment(thread), state=CommentState.REMOVED)
    with pytest.raises(NotFound):
        actions.set_thread_state(actor=actor, thread=thread, state=ThreadState.CLOSED)


def test_a_moderator_who_left_is_none(thread: Thread) -> None:
    actor = a_reader(role=Role.MODERATOR, is_active=False)
    with pytest.raises(NotFound):
        actions.set_comment_state(actor=actor, comment=a_comment(thread), state=CommentState.REMOVED)


def test_a_thread_state_moves_the_version_once(thread: Thread, moderator: Reader) -> None:
    for _ in range(2):
        changed = actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.HELD_FIRST)
    assert (changed.state, changed.version) == (ThreadState.HELD_FIRST, 1)
