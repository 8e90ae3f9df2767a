"""The row of a discussion: found or made, locked while something in it changes, recounted after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from kakehashi.comments import rules
from kakehashi.comments.models import CommentState, Thread, ThreadState
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.stories.models import NewsroomSettings, StoryPage


@dataclass(frozen=True)
class House:
    """A thread, locked until the transaction ends, with what decides whether it takes comments."""

    thread: Thread
    published_at: datetime
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

    def first_state(self, *, skips_the_wait: bool) -> CommentState:
        """The state in which a comment written now begins."""
        if self.thread.state == ThreadState.HELD_FIRST and not skips_the_wait:
            return CommentState.HELD
        return CommentState.VISIBLE


def thread_for(story: StoryPage) -> Thread:
    """The story's thread, made if this is the first time anybody asks."""
    return Thread.objects.get_or_create(story=story)[0]


def newsroom() -> NewsroomSettings:
    """The site's settings, or the defaults where nobody has saved any."""
    return NewsroomSettings.objects.filter(site__is_default_site=True).first() or NewsroomSettings()


def lock(thread_id: int) -> Thread:
    """The thread's row, held until the transaction ends: counts made after this see every earlier writer's rows."""
    return Thread.objects.select_for_update(no_key=True).get(pk=thread_id)


def open_house(*, story: StoryPage | None, thread: Thread | None) -> House:
    """Lock the thread of a published story and fetch what its rules need. Raises `NotFound`."""
    if thread is None:
        if story is None:
            raise ValueError("a story or a thread is needed")
        thread = thread_for(story)
    locked = (
        Thread.objects.select_for_update(of=("self",), no_key=True)
        .annotate(published_at=F("story__published_at"), is_live=F("story__live"))
        .get(pk=thread.pk)
    )
    if not locked.is_live:
        raise NotFound(_("This story is no longer here."))
    return House(thread=locked, published_at=locked.published_at, newsroom=newsroom())
