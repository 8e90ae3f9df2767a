"""The row of a discussion: found or made, locked while something in it changes, moved on after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kakehashi.comments import lulls, rules
from kakehashi.comments.actions import counting
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.lib import hot
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.readers.models import Reader
from kakehashi.stories.hours import Outside
from kakehashi.stories.models import NewsroomSettings, StoryPage

HOUSE = """
SELECT t.id, t.state, s.published_at, s.section_pk, sec.holds_comments, (SELECT version FROM stories_edition WHERE id = 1)
FROM wagtailcore_page p JOIN stories_storypage s ON s.page_ptr_id = p.id
LEFT JOIN stories_sectionpage sec ON sec.page_ptr_id = s.section_pk
LEFT JOIN comments_thread t ON t.story_id = p.id WHERE p.id = %s AND p.live
"""


@dataclass(frozen=True)
class House:
    """A thread with what decides whether it takes comments."""

    thread: Thread
    published_at: datetime
    section_id: int
    section_holds: bool
    edition: int
    newsroom: NewsroomSettings

    def require_open(self, now: datetime) -> None:
        """Raise `Conflict` where the thread takes no comments any more."""
        is_open = rules.is_open(
            self.thread,
            published_at=self.published_at,
            close_after_days=self.newsroom.close_after_days,
            now=now,
        )
        if not is_open:
            raise Conflict(
                _("This discussion has closed and takes no more comments. Your text is kept here for you to copy."),
                code="closed",
            )
        lull = self.lull(now)
        if lull.kind == Outside.CLOSE:
            raise Conflict(lulls.closed_until(lull.until, now), code="closed-hours")

    def lull(self, now: datetime) -> rules.Lull:
        """What holds here because nobody of the team is there."""
        return rules.lull(self.newsroom, section=self.section_id, published_at=self.published_at, now=now)

    def waits_for(self, author: Reader, now: datetime) -> str:
        """Why whatever the author writes here now waits for a moderator; empty: it does not."""
        return rules.waits_for(
            author,
            section=self.section_id,
            thread_state=self.thread.state,
            section_holds=self.section_holds,
            newsroom=self.newsroom,
            lull=self.lull(now),
        )


def section_of(thread_id: int, reader: Reader) -> int:
    """The section in which the story of a thread stands now, for whoever is confined to some; 0 for others, whom it does
    not matter to. 1 query, or none."""
    if not reader.sections:
        return 0
    return StoryPage.objects.filter(thread=thread_id).values_list("section_pk", flat=True).first() or 0


def thread_for(story: StoryPage) -> Thread:
    """The story's thread, made if this is the first time anybody asks."""
    return Thread.objects.get_or_create(story=story)[0]


def newsroom() -> NewsroomSettings:
    """The site's settings, or the defaults where nobody has saved any."""
    return NewsroomSettings.objects.filter(site__is_default_site=True).first() or NewsroomSettings()


def lock(thread_id: int) -> Thread:
    """The thread's row, held until the transaction ends; rows of its comments are written only by who holds it.

    Raises `NotFound`.
    """
    thread = Thread.objects.select_for_update(no_key=True).filter(pk=thread_id).first()
    if thread is None:
        raise NotFound(_("This story is no longer here."))
    return thread


def lock_all(wanted: QuerySet[Any, Any]) -> None:
    """These threads' rows, in the order of their numbers, held until the transaction ends."""
    list(Thread.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))


def fresh(comment: Comment) -> Comment:
    """The comment as it is now that its thread is held. Raises `NotFound`."""
    now_there = Comment.objects.filter(pk=comment.pk).first()
    if now_there is None:
        raise NotFound(_("This comment is not here."))
    return now_there


def change(thread: Thread, comment: Comment, *, state: str, fields: list[str]) -> None:
    """Save these fields of a comment and its state, under the next version of the thread, whose lock is held.

    With the state, what answers or quotes the comment gets that version too.
    """
    version, before, comment.state = thread.version + 1, comment.state, state
    comment.version = version
    if comment.is_visible and before != CommentState.VISIBLE and not comment.first_version:
        comment.first_version = version
    comment.save(update_fields=[*fields, "state", "version", "first_version"])
    if state != before:
        counting.mark_answers(comment.pk, version)
    more = (state == CommentState.VISIBLE) - (before == CommentState.VISIBLE)
    counting.move_thread(thread.pk, version=version, more=more)


def house_of(story_id: int, newsroom: NewsroomSettings) -> House:
    """What the rules need to know of a published story's thread, which is made if it has none; nothing is held.

    One query. Raises `NotFound`.
    """
    with hot.cursor() as cursor:
        cursor.execute(HOUSE, [story_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(_("This story is no longer here."))
    thread_id, state, published_at, section_id, section_holds, edition = row
    if thread_id is None:
        thread = Thread.objects.get_or_create(story_id=story_id)[0]
    else:
        thread = Thread(pk=thread_id, story_id=story_id, state=state)
    return House(
        thread=thread,
        published_at=counting.as_time(published_at),
        section_id=section_id,
        section_holds=bool(section_holds),
        edition=edition or 0,
        newsroom=newsroom,
    )
