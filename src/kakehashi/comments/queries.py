"""What the pages of the discussion need, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import OuterRef, Q, Subquery

from kakehashi.comments import rules
from kakehashi.comments.models import Comment, CommentQuerySet, CommentState, Thread, ThreadState
from kakehashi.comments.orders import Choice
from kakehashi.lib import hot
from kakehashi.lib.paging import LongList, LongPage
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import live_stories

FEED_LENGTH = 50
MEMBER_PAGE = 20

_STANDING = """
SELECT e.version, e.survey, t.id, t.version, t.state, t.comment_count, t.rule_number, t.reason FROM wagtailcore_page p
LEFT JOIN comments_thread t ON t.story_id = p.id LEFT JOIN stories_edition e ON e.id = 1
WHERE p.id = %s AND p.live
"""
# The same, with whom a reader has muted, in one text.
_MUTED = {
    "postgresql": "SELECT string_agg(m.muted_id::text, ',') FROM readers_mute m WHERE m.reader_id = %s",
    "sqlite": "SELECT group_concat(m.muted_id) FROM readers_mute m WHERE m.reader_id = %s",
}
_STANDING_FOR = {vendor: _STANDING.replace(" FROM", f", ({muted}) FROM", 1) for vendor, muted in _MUTED.items()}
_EDITION = "SELECT version, survey FROM stories_edition WHERE id = 1"
_OWN_MARKS = """
SELECT 'vote', comment_id, value FROM comments_vote WHERE reader_id = %s AND value <> 0 AND comment_id IN ({ids})
UNION ALL SELECT 'mute', muted_id, 0 FROM readers_mute WHERE reader_id = %s
"""


_PLACES = "SELECT c.id, c.version, c.agreement FROM comments_comment c {end} LIMIT %(size)s OFFSET %(first)s"
_COUNT = "SELECT COUNT(*), COUNT(DISTINCT c.author_id) FROM comments_comment c WHERE {where}"
_WAITING = "SELECT author_id FROM comments_comment WHERE thread_id = %s AND state = 'held' AND author_id IS NOT NULL"


class Standing(NamedTuple):
    """Where a story's discussion stands; `version` grows with every change in it. No thread: nobody has written yet.
    `survey`: whose banner stands on the pages, 0: none's. `rule_number`, `reason`: why it is closed or read first."""

    edition: int
    thread_id: int | None
    version: int
    state: str
    comments: int
    survey: int = 0
    rule_number: int = 0
    reason: str = ""


def standing(story_id: int) -> Standing | None:
    """Of a published story: one query."""
    with hot.cursor() as cursor:
        cursor.execute(_STANDING, [story_id])
        row = cursor.fetchone()
    return _standing(*row) if row is not None else None


def standing_for(story_id: int, reader_id: int) -> tuple[Standing | None, frozenset[int]]:
    """As `standing`, and whom the reader has muted: one query for both."""
    with hot.cursor() as cursor:
        cursor.execute(_STANDING_FOR[connection.vendor], [reader_id, story_id])
        row = cursor.fetchone()
    if row is None:
        return None, frozenset()
    *stands, muted = row
    return _standing(*stands), frozenset(map(int, muted.split(","))) if muted else frozenset()


def _standing(
    edition: int | None,
    survey: int | None,
    thread_id: int | None,
    version: int | None,
    state: str,
    count: int | None,
    rule_number: int | None,
    reason: str | None,
) -> Standing:
    state = state or ThreadState.OPEN
    return Standing(
        edition or 0, thread_id, version or 0, state, count or 0, survey or 0, rule_number or 0, reason or ""
    )


def edition() -> tuple[int, int]:
    """The number of the edition, and of the survey whose banner stands on its pages: one query."""
    with hot.cursor() as cursor:
        cursor.execute(_EDITION)
        row = cursor.fetchone()
    return (int(row[0]), int(row[1])) if row is not None else (0, 0)


def own_marks(reader_id: int, comments: Sequence[int]) -> tuple[dict[int, int], frozenset[int]]:
    """The reader's votes on these comments, and whom the reader has muted: one query."""
    ids = ",".join(map(str, map(int, comments))) or "NULL"
    with connection.cursor() as cursor:
        cursor.execute(_OWN_MARKS.format(ids=ids), [reader_id, reader_id])
        found = cursor.fetchall()
    votes = {pk: value for kind, pk, value in found if kind == "vote"}
    return votes, frozenset(pk for kind, pk, _value in found if kind == "mute")


def listed(thread_id: int, reader: Reader | None, section: int) -> CommentQuerySet:
    """The comments whose place in the thread, under a story of that section, is the reader's to know of."""
    comments = Comment.objects.filter(thread_id=thread_id)
    if rules.can_moderate(reader, section):
        return comments
    if reader is None:
        return comments.listed()
    return comments.filter(~Q(state=CommentState.HELD) | Q(author=reader))


def places(
    thread_id: int, reader: Reader | None, section: int, choice: Choice, size: int
) -> list[tuple[int, int, str]]:
    """(id, version, agreement) of the comments that stand on this page for the reader, in their order: one query."""
    where, values = _seen(thread_id, reader, section)
    sql = _PLACES.format(end=choice.sql.format(where=where))
    with connection.cursor() as cursor:
        cursor.execute(sql, values | {"size": size, "first": (choice.page - 1) * size})
        return list(cursor.fetchall())


def count_places(thread_id: int, reader: Reader | None, section: int) -> tuple[int, int]:
    """(comments with a place, members who wrote them): one query."""
    where, values = _seen(thread_id, reader, section)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(where=where), values)
        total, people = cursor.fetchone()
    return total, people


def waiting(thread_id: int) -> frozenset[int]:
    """The authors of comments that wait for a moderator: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [thread_id])
        return frozenset(author for (author,) in cursor.fetchall())


def _seen(thread_id: int, reader: Reader | None, section: int) -> tuple[str, dict[str, int]]:
    """As `listed`, in SQL, with its values."""
    if rules.can_moderate(reader, section):
        return "c.thread_id = %(thread)s", {"thread": thread_id}
    if reader is None:
        return "c.thread_id = %(thread)s AND c.state <> 'held'", {"thread": thread_id}
    where = "c.thread_id = %(thread)s AND (c.state <> 'held' OR c.author_id = %(reader)s)"
    return where, {"thread": thread_id, "reader": reader.pk}


def page_of(comment: Comment, choice: Choice, reader: Reader | None, size: int) -> int:
    """The page of that size on which the comment stands in that order and layout: one query."""
    seen = listed(comment.thread_id, reader, comment.thread.story.section_pk)
    before = seen.filter(choice.before(comment)).count()
    return before // size + 1


def find_comment(pk: int, reader: Reader | None) -> Comment | None:
    """The comment with its thread and story, if its place is the reader's to know of."""
    comment = (
        Comment.objects.select_related("thread__story", "root", "author")
        .filter(pk=pk, thread__story__live=True)
        .first()
    )
    return comment if comment is not None and rules.can_see(reader, comment, comment.thread.story.section_pk) else None


def find_story(pk: int) -> StoryPage | None:
    """A published story."""
    story: StoryPage | None = live_stories().filter(id=pk).first()
    return story


def thread_counts(stories: Iterable[StoryPage]) -> dict[int, int]:
    """Visible comments by story id, for a whole list in one query; a story without a thread is absent."""
    ids = [story.pk for story in stories]
    return dict(Thread.objects.filter(story__in=ids).values_list("story_id", "comment_count")) if ids else {}


def member_comments(member: Reader, *, page: int = 1) -> LongPage[Comment]:
    """A page of the member's visible comments, newest first, each with its story: two queries."""
    # Asked of each comment by its key: to join stories to many comments, PostgreSQL would read all of them.
    is_live = Subquery(Thread.objects.filter(pk=OuterRef("thread_id")).values("story__live"))
    theirs = Comment.objects.visible().filter(is_live, author=member).order_by("-created_at", "-pk")
    whole = Comment.objects.select_related("thread__story").defer("source", "thread__story__body")
    written = LongList(
        lambda first, number: list(theirs.values_list("pk", flat=True)[first : first + number]),
        lambda ids: whole.filter(pk__in=ids).order_by("-created_at", "-pk"),
        MEMBER_PAGE,
    )
    return written.get_page(page)


def latest_visible(thread: Thread, limit: int = FEED_LENGTH) -> list[Comment]:
    """The thread's latest comments that everybody may read, newest first."""
    return list(
        Comment.objects.visible().filter(thread=thread).select_related("author").order_by("-created_at", "-pk")[:limit]
    )
