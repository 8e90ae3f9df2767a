"""Who may do what in a discussion. Pure: no query, no clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from django.utils import timezone

from kakehashi.comments.models import Comment, CommentState, ThreadState, Waits
from kakehashi.readers.models import Reader, Standing
from kakehashi.stories.hours import Outside
from kakehashi.stories.models import NewsroomSettings, VoteDisplay

EDIT_WINDOW = timedelta(minutes=5)
SAME_TEXT_WITHIN = timedelta(minutes=6)
# For so long the same text is known again, in whatever discussion and by whomever.
ALIKE_WITHIN = timedelta(days=2)
# A comment that its author may still change or take back.
STANDING = (CommentState.VISIBLE, CommentState.HELD)
# Of the normal distribution, two-sided 95 %.
Z = 1.96


class Stated(Protocol):
    """A thread, or as much of it as decides whether it is open."""

    @property
    def state(self) -> str: ...


class Votable(Protocol):
    """A comment, or as much of it as this question needs."""

    @property
    def author_id(self) -> int | None: ...

    @property
    def state(self) -> str: ...


def closes_at(published_at: datetime, close_after_days: int) -> datetime | None:
    """When a thread closes by itself; None: never."""
    return published_at + timedelta(days=close_after_days) if close_after_days else None


def is_open(thread: Stated, *, published_at: datetime, close_after_days: int, now: datetime) -> bool:
    """Whether new comments are taken (at once, or after a moderator has read them)."""
    if thread.state == ThreadState.CLOSED:
        return False
    closing = closes_at(published_at, close_after_days)
    return closing is None or now < closing


def can_write(reader: Reader, now: datetime) -> bool:
    """Whether the reader may comment and vote anywhere."""
    return reader.is_active and not reader.is_suspended(now)


def can_moderate(reader: Reader | None, section: int) -> bool:
    """Whether the reader moderates under the stories of that section, and so reads what others may not."""
    return reader is not None and reader.is_active and reader.moderates(section)


def skips_the_wait(reader: Reader, section: int) -> bool:
    """Whether the reader's comments appear at once where others' wait for a moderator."""
    return reader.moderates(section) or reader.is_editor


class Lull(NamedTuple):
    """What holds for new comments while nobody of the team is there (stories.hours): `kind` is `Outside`, `until` None where
    nobody knows yet; `minutes` between two comments of a member where they write less often."""

    kind: str
    until: datetime | None
    minutes: int


# Nothing changes here, whatever the hour.
NO_LULL = Lull(Outside.NOTHING, None, 0)


def lull(newsroom: NewsroomSettings, *, section: int, published_at: datetime, now: datetime) -> Lull:
    """What holds under a story at this moment because nobody of the team is there, and until when that is so; computed
    from the newsroom's timetable each time, and stored nowhere."""
    hours = newsroom.hours
    kind = hours.outside_in(section)
    if kind == Outside.NOTHING:
        return NO_LULL
    shift = hours.shift(now, zone())
    is_new = not hours.new_hours or now < published_at + timedelta(hours=hours.new_hours)
    if shift.is_staffed or not is_new:
        return Lull(Outside.NOTHING, shift.until, 0)
    return Lull(kind, shift.until, hours.minutes)


def zone() -> ZoneInfo:
    """The site's time zone, in which its timetable is written."""
    found = timezone.get_default_timezone()
    assert isinstance(found, ZoneInfo)
    return found


def waits_for(
    reader: Reader, *, section: int, thread_state: str, section_holds: bool, newsroom: NewsroomSettings, lull: Lull
) -> str:
    """Why whatever this reader writes here waits for a moderator (`Waits`); empty: it does not."""
    if skips_the_wait(reader, section):
        return ""
    reasons = (
        (lull.kind == Outside.HOLD, Waits.HOURS),
        (newsroom.holds_comments, Waits.SITE),
        (section_holds, Waits.SECTION),
        (thread_state == ThreadState.HELD_FIRST, Waits.THREAD),
        (reader.standing == Standing.WATCHED, Waits.RECORD),
        (reader.standing == Standing.NEW and newsroom.first_comments_held > 0, Waits.NEW),
    )
    return next((str(reason) for is_so, reason in reasons if is_so), "")


def has_place(state: str, *, is_own: bool, is_moderator: bool) -> bool:
    """Whether the place of a comment in that state is somebody's to know of."""
    return state != CommentState.HELD or is_own or is_moderator


def is_readable(state: str, *, is_own: bool, is_moderator: bool) -> bool:
    """Whether somebody may see the words of a comment in that state."""
    if state == CommentState.VISIBLE:
        return True
    return state != CommentState.WITHDRAWN and (is_moderator or (is_own and state == CommentState.HELD))


def can_see(reader: Reader | None, comment: Votable, section: int) -> bool:
    """Whether the comment's place in the thread, under a story of that section, is the reader's to know of."""
    return has_place(comment.state, is_own=is_author(reader, comment), is_moderator=can_moderate(reader, section))


def can_read(reader: Reader | None, comment: Votable, section: int) -> bool:
    """Whether the reader may see the comment's words."""
    return is_readable(comment.state, is_own=is_author(reader, comment), is_moderator=can_moderate(reader, section))


def is_author(reader: Reader | None, comment: Votable) -> bool:
    return reader is not None and comment.author_id == reader.pk


def can_edit(reader: Reader | None, comment: Comment, now: datetime) -> bool:
    """The author, for some minutes, as long as the comment stands or waits in words of theirs."""
    is_own = can_withdraw(reader, comment) and not comment.is_edited_by_staff
    return is_own and now < comment.created_at + EDIT_WINDOW


def can_withdraw(reader: Reader | None, comment: Comment) -> bool:
    return is_author(reader, comment) and comment.state in STANDING


def can_vote(reader: Reader | None, comment: Votable) -> bool:
    """A closed thread still takes votes: rating an old discussion harms nobody."""
    return reader is not None and comment.state == CommentState.VISIBLE and comment.author_id != reader.pk


def shows_votes_from(display: str, hidden_hours: int, created_at: datetime) -> datetime | None:
    """From when on a comment's score is shown; None: always. Where votes are hidden, it is not in its first hours."""
    return created_at + timedelta(hours=hidden_hours) if display == VoteDisplay.HIDDEN else None


def wilson(up: int, down: int) -> float:
    """Lower end of the 95 % interval of the share of ups: what "popular" sorts by; 0 without votes."""
    n = up + down
    spread = Z * math.sqrt((up * down / n if n else 0.0) + Z * Z / 4)
    return max(0.0, (up + Z * Z / 2 - spread) / (n + Z * Z))
