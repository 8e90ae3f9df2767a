"""Who may do what in a discussion. Pure: no query, no clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Protocol

from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.readers.models import Reader
from kakehashi.stories.models import VoteDisplay

EDIT_WINDOW = timedelta(minutes=5)
SAME_TEXT_WITHIN = timedelta(minutes=6)
# Of the normal distribution, two-sided 95 %.
Z = 1.96


def closes_at(published_at: datetime, close_after_days: int) -> datetime | None:
    """When a thread closes by itself; None: never."""
    return published_at + timedelta(days=close_after_days) if close_after_days else None


def is_open(thread: Thread, *, published_at: datetime, close_after_days: int, now: datetime) -> bool:
    """Whether new comments are taken (at once, or after a moderator has read them)."""
    if thread.state == ThreadState.CLOSED:
        return False
    closing = closes_at(published_at, close_after_days)
    return closing is None or now < closing


def can_write(reader: Reader, now: datetime) -> bool:
    """Whether the reader may comment and vote anywhere."""
    return reader.is_active and not reader.is_suspended(now)


def can_moderate(reader: Reader | None) -> bool:
    return reader is not None and reader.is_active and reader.is_moderator


def skips_the_wait(reader: Reader) -> bool:
    """Whether the reader's comments appear at once where others' wait for a moderator."""
    return reader.is_moderator or reader.is_editor


def can_see(reader: Reader | None, comment: Comment) -> bool:
    """Whether the comment's place in the thread is the reader's to know of."""
    if comment.state != CommentState.HELD:
        return True
    return can_moderate(reader) or (reader is not None and comment.author_id == reader.pk)


def can_read(reader: Reader | None, comment: Comment) -> bool:
    """Whether the reader may see the comment's words."""
    if comment.state == CommentState.VISIBLE:
        return True
    return comment.state != CommentState.WITHDRAWN and (can_moderate(reader) or _is_held_of(reader, comment))


def _is_held_of(reader: Reader | None, comment: Comment) -> bool:
    return reader is not None and comment.author_id == reader.pk and comment.state == CommentState.HELD


def is_author(reader: Reader | None, comment: Comment) -> bool:
    return reader is not None and comment.author_id == reader.pk


def can_edit(reader: Reader | None, comment: Comment, now: datetime) -> bool:
    """The author, for some minutes, as long as the comment stands or waits."""
    return can_withdraw(reader, comment) and now < comment.created_at + EDIT_WINDOW


def can_withdraw(reader: Reader | None, comment: Comment) -> bool:
    return is_author(reader, comment) and comment.state in (CommentState.VISIBLE, CommentState.HELD)


class Votable(Protocol):
    """A comment, or as much of it as this question needs."""

    @property
    def author_id(self) -> int | None: ...

    @property
    def state(self) -> str: ...


def can_vote(reader: Reader | None, comment: Votable) -> bool:
    """A closed thread still takes votes: rating an old discussion harms nobody."""
    return reader is not None and comment.state == CommentState.VISIBLE and comment.author_id != reader.pk


def shows_votes(display: str, hidden_hours: int, comment: Comment, now: datetime) -> bool:
    """Whether the comment's score is shown yet: where votes are hidden, not in the comment's first hours."""
    return display != VoteDisplay.HIDDEN or now >= comment.created_at + timedelta(hours=hidden_hours)


def wilson(up: int, down: int) -> float:
    """Lower end of the 95 % interval of the share of ups: what "popular" sorts by; 0 without votes."""
    n = up + down
    spread = Z * math.sqrt((up * down / n if n else 0.0) + Z * Z / 4)
    return max(0.0, (up + Z * Z / 2 - spread) / (n + Z * Z))
