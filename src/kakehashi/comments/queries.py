"""What the pages of the discussion need, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.utils import timezone

from kakehashi.comments import rules
from kakehashi.comments.actions.threads import newsroom
from kakehashi.comments.models import Comment, CommentQuerySet, CommentState, Quote, Thread, Vote
from kakehashi.comments.orders import PAGE_SIZE, Choice, preferred
from kakehashi.comments.shown import Discussion, Door, Shown, Viewer, answer_query
from kakehashi.readers.models import Mute, Reader
from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import attach_sections, live_stories

FEED_LENGTH = 50
MEMBER_PAGE = 20
# "Most discussed" are first the threads that somebody wrote into within this time.
LIVELY = timedelta(days=14)


def discussion(story: StoryPage, *, reader: Reader | None, choice: Choice, now: datetime | None = None) -> Discussion:
    """One page of a story's discussion as `reader` sees it; a page past the last gives the last.

    Seven queries, nine with a reader; fewer where the section is known or nobody has commented.
    """
    now = now or timezone.now()
    thread = Thread.objects.filter(story=story).first() or Thread(story=story)
    door = _door(thread, story, reader, now)
    total, people = _counts(thread, reader)
    pages = max(1, -(-total // PAGE_SIZE))
    choice = replace(choice, page=max(1, min(choice.page, pages)))
    found = listed(thread, reader).order_by(*choice.ordering()).values_list("pk", flat=True)
    first = (choice.page - 1) * PAGE_SIZE
    ids = list(found[first : first + PAGE_SIZE]) if total else []
    answering = answer_query(story, choice, reader=reader) if door.can_comment else ""
    viewer = _viewer(reader, ids, story=story, now=now, answering=answering)
    return Discussion(
        story=story,
        thread=thread,
        door=door,
        reader=reader,
        choice=choice,
        pages=pages,
        total=total,
        people=people,
        comments=shown(ids, viewer=viewer, is_nested=choice.is_nested),
    )


def _door(thread: Thread, story: StoryPage, reader: Reader | None, now: datetime) -> Door:
    """Whether the reader can comment, and until when anybody can: one query."""
    settings = newsroom()
    # A draft in an editor's preview has not been published yet.
    published_at = story.published_at or now
    days = settings.close_after_days
    return Door(
        newsroom=settings,
        is_open=rules.is_open(thread, published_at=published_at, close_after_days=days, now=now),
        closes_at=rules.closes_at(published_at, days),
        is_member=reader is not None,
        is_suspended=reader is not None and not rules.can_write(reader, now),
    )


def listed(thread: Thread, reader: Reader | None) -> CommentQuerySet:
    """The comments whose place in the thread is the reader's to know of."""
    comments = Comment.objects.filter(thread_id=thread.pk)
    if rules.can_moderate(reader):
        return comments
    if reader is None:
        return comments.listed()
    return comments.filter(~Q(state=CommentState.HELD) | Q(author=reader))


def _counts(thread: Thread, reader: Reader | None) -> tuple[int, int]:
    """(comments with a place, members who wrote them)."""
    if thread.pk is None:
        return 0, 0
    found = listed(thread, reader).aggregate(total=Count("pk"), people=Count("author", distinct=True))
    return found["total"], found["people"]


def count_listed(thread: Thread, reader: Reader | None) -> int:
    return listed(thread, reader).count()


def page_of(comment: Comment, choice: Choice, reader: Reader | None) -> int:
    """The page on which the comment stands in that order and layout: one query."""
    before = listed(comment.thread, reader).filter(choice.before(comment)).count()
    return before // PAGE_SIZE + 1


def shown(ids: Sequence[int], *, viewer: Viewer, is_nested: bool = False) -> list[Shown]:
    """These comments in the order given, ready to print: two queries."""
    if not ids:
        return []
    rows = (
        Comment.objects.select_related("author", "parent__author")
        .defer("source", "parent__source", "parent__html", "parent__plain")
        .in_bulk(ids)
    )
    quotes: dict[int, list[Comment]] = {}
    for quote in Quote.objects.filter(comment__in=ids).select_related("quoted__author").order_by("pk"):
        quotes.setdefault(quote.comment_id, []).append(quote.quoted)
    return [Shown(rows[pk], viewer=viewer, quoted=quotes.get(pk, []), is_nested=is_nested) for pk in ids if pk in rows]


def _viewer(reader: Reader | None, ids: Sequence[int], *, story: StoryPage, now: datetime, answering: str) -> Viewer:
    """What of these comments is the reader's: two queries with a reader, none without."""
    votes: dict[int, int] = {}
    muted: set[int] = set()
    if reader is not None and ids:
        votes = dict(Vote.objects.filter(reader=reader, comment__in=ids).values_list("comment_id", "value"))
        muted = set(Mute.objects.filter(reader=reader).values_list("muted_id", flat=True))
    section = story.section
    return Viewer(
        reader=reader,
        votes=votes,
        muted=frozenset(muted),
        here=frozenset(ids),
        vote_display=section.vote_display,
        votes_hidden_hours=section.votes_hidden_hours,
        now=now,
        answer_query=answering,
    )


def shown_one(comment: Comment, *, reader: Reader | None, now: datetime | None = None) -> Shown:
    """One comment, ready to print in place of what stood there."""
    now = now or timezone.now()
    story, choice = comment.thread.story, preferred(reader)
    door = _door(comment.thread, story, reader, now)
    answering = answer_query(story, choice, reader=reader) if door.can_comment else ""
    viewer = _viewer(reader, [comment.pk], story=story, now=now, answering=answering)
    return shown([comment.pk], viewer=viewer, is_nested=choice.is_nested)[0]


def find_comment(pk: int, reader: Reader | None) -> Comment | None:
    """The comment with its thread and story, if its place is the reader's to know of."""
    comment = (
        Comment.objects.select_related("thread__story", "root", "author")
        .filter(pk=pk, thread__story__live=True)
        .first()
    )
    return comment if comment is not None and rules.can_see(reader, comment) else None


def find_story(pk: int) -> StoryPage | None:
    """A published story."""
    story: StoryPage | None = live_stories().filter(id=pk).first()
    return story


def thread_counts(stories: Iterable[StoryPage]) -> dict[int, int]:
    """Visible comments by story id, for a whole list in one query; a story without a thread is absent."""
    ids = [story.pk for story in stories]
    return dict(Thread.objects.filter(story__in=ids).values_list("story_id", "comment_count")) if ids else {}


def most_discussed(limit: int = 5, *, now: datetime | None = None) -> list[StoryPage]:
    """The stories with most comments, those with a recent one first; three queries."""
    since = (now or timezone.now()) - LIVELY
    is_lively = Case(When(last_comment_at__gte=since, then=Value(0)), default=Value(1), output_field=IntegerField())
    busiest = list(
        Thread.objects.filter(comment_count__gt=0, story__live=True)
        .annotate(is_quiet=is_lively)
        .order_by("is_quiet", "-comment_count", "-pk")
        .values_list("story_id", "comment_count")[: max(0, limit)]
    )
    stories = {story.pk: story for story in attach_sections(live_stories().for_lists().filter(pk__in=dict(busiest)))}
    return [stories[pk] for pk, _count in busiest if pk in stories]


def member_comments(member: Reader, *, page: int = 1) -> Page[Comment]:
    """A page of the member's visible comments, newest first, each with its story: two queries."""
    comments = (
        Comment.objects.visible()
        .filter(author=member, thread__story__live=True)
        .select_related("thread__story")
        .defer("source", "thread__story__body")
        .order_by("-created_at", "-pk")
    )
    return Paginator(comments, MEMBER_PAGE).get_page(page)


def latest_visible(thread: Thread, limit: int = FEED_LENGTH) -> list[Comment]:
    """The thread's latest comments that everybody may read, newest first."""
    return list(
        Comment.objects.visible().filter(thread=thread).select_related("author").order_by("-created_at", "-pk")[:limit]
    )
