"""What changed in a discussion since a version, for readers who have its page open: what anybody may know of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kakehashi.comments import rules
from kakehashi.comments.actions.threads import newsroom, thread_for
from kakehashi.comments.articles import score
from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.stories.queries import attach_sections, live_stories

# Somebody who missed more than this loads the page anew.
MOST = 200
_FIELDS = (
    "thread_id",
    "state",
    "created_at",
    "edited_at",
    "state_changed_at",
    "version",
    "first_version",
    "up",
    "down",
    "archived_net",
    "archived_up",
    "archived_down",
)


@dataclass(frozen=True)
class Place:
    """An open discussion, with what decides how its votes are shown. `closes_at`: when it closes by itself."""

    story_id: int
    thread_id: int
    version: int
    count: int
    closes_at: datetime | None
    vote_display: str
    votes_hidden_hours: int


@dataclass(frozen=True)
class Changes:
    """From one version of a thread to `version`. Held comments are in none of this.

    `count`: visible comments of the whole thread. `new`: comments nobody could see before, oldest first. `scores`: by
    comment, as the page prints them. `gone`: by comment, its state now. `edited`: comments whose text may
    have changed or come back. Not `is_whole`: too much to tell, or a version that this thread never had.
    """

    version: int
    count: int
    new: list[int] = field(default_factory=list)
    scores: dict[int, str] = field(default_factory=dict)
    gone: dict[int, str] = field(default_factory=dict)
    edited: list[int] = field(default_factory=list)
    is_whole: bool = True

    @property
    def is_empty(self) -> bool:
        """Nothing that a reader could see: a comment waits for a moderator, or was voted on while votes are hidden."""
        return self.is_whole and not (self.new or self.scores or self.gone or self.edited)

    def as_json(self) -> dict[str, Any]:
        """For the page's script, which asks with `version` next time. The same for every language: the page has the words."""
        if not self.is_whole:
            return {"version": self.version, "reload": True}
        told = {"version": self.version, "count": self.count}
        parts = {"new": self.new, "scores": self.scores, "gone": self.gone, "edited": self.edited}
        return told | {name: part for name, part in parts.items() if part}


def places(story_ids: Collection[int], *, now: datetime) -> dict[int, Place]:
    """The open discussions of these published stories, by story: four queries. A first look makes a story's thread."""
    stories = attach_sections(live_stories().filter(pk__in=story_ids).only("pk", "path", "depth", "published_at"))
    threads = {thread.story_id: thread for thread in Thread.objects.filter(story__in=[story.pk for story in stories])}
    days = newsroom().close_after_days
    found = {}
    for story in stories:
        thread = threads.get(story.pk) or thread_for(story)
        published_at = story.published_at or now
        if rules.is_open(thread, published_at=published_at, close_after_days=days, now=now):
            found[story.pk] = Place(
                story_id=story.pk,
                thread_id=thread.pk,
                version=thread.version,
                count=thread.comment_count,
                closes_at=rules.closes_at(published_at, days),
                vote_display=story.section.vote_display,
                votes_hidden_hours=story.section.votes_hidden_hours,
            )
    return found


def changes(place: Place, since: Iterable[int], *, now: datetime) -> dict[int, Changes] | None:
    """What changed since each of these versions, by version; None where the discussion has closed. Two queries, the
    second by the index on (thread, version) and of a bounded number of rows."""
    thread = (
        Thread.objects.filter(pk=place.thread_id, story__live=True)
        .exclude(state=ThreadState.CLOSED)
        .values_list("version", "comment_count")
        .first()
    )
    if thread is None or (place.closes_at is not None and place.closes_at <= now):
        return None
    place = replace(place, version=thread[0], count=thread[1])
    versions = set(since)
    rows = _changed(place.thread_id, min(versions, default=place.version), place.version)
    return {version: _told(place, version, rows, now) for version in versions}


def new_since(story_id: int, version: int) -> list[int]:
    """The visible comments of a published story that nobody could see at that version, oldest first: one query. The
    first MOST of them."""
    new = Comment.objects.visible().filter(
        thread__story=story_id, thread__story__live=True, version__gt=version, first_version__gt=version
    )
    return list(new.order_by("created_at", "pk").values_list("pk", flat=True)[:MOST])


def _changed(thread_id: int, since: int, until: int) -> list[Comment]:
    """The comments changed since, the latest change first; one more than MOST where there are more than that."""
    if since >= until:
        return []
    changed = Comment.objects.filter(thread=thread_id, version__gt=since)
    return list(changed.order_by("-version").only(*_FIELDS)[: MOST + 1])


def _told(place: Place, since: int, rows: Sequence[Comment], now: datetime) -> Changes:
    found = Changes(version=place.version, count=place.count)
    changed = [comment for comment in rows if comment.version > since]
    if since > place.version or len(changed) > MOST:
        return replace(found, is_whole=False)
    for comment in changed:
        _tell(found, comment, since, _score(place, comment, now))
    found.new.sort()
    return found


def _tell(found: Changes, comment: Comment, since: int, rated: str) -> None:
    match comment.state:
        case CommentState.VISIBLE if comment.first_version > since:
            found.new.append(comment.pk)
        case CommentState.VISIBLE:
            if rated:
                found.scores[comment.pk] = rated
            if comment.edited_at or comment.state_changed_at:
                found.edited.append(comment.pk)
        # One that nobody has seen yet is nobody's to know of.
        case CommentState.HELD if 0 < comment.first_version <= since:
            found.gone[comment.pk] = comment.state
        case CommentState.REMOVED | CommentState.WITHDRAWN if comment.first_version <= since:
            found.gone[comment.pk] = comment.state


def _score(place: Place, comment: Comment, now: datetime) -> str:
    """As the page prints it; empty while votes are hidden."""
    shown_from = rules.shows_votes_from(place.vote_display, place.votes_hidden_hours, comment.created_at)
    if shown_from is not None and now < shown_from:
        return ""
    return score(place.vote_display, comment.net, comment.total_up, comment.total_down)
