"""What an author wrote a moment ago: for the limits on posting, and so that the same text is not posted twice."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from kakehashi.comments import rules
from kakehashi.comments.actions.counting import as_time
from kakehashi.comments.models import Comment
from kakehashi.lib import hot

FORGOTTEN_AT_ONCE = 5000

AUTHOR = (
    "SELECT 1 FROM readers_reader WHERE id = %s AND is_active AND warned_at IS NULL"
    " AND (suspended_until IS NULL OR suspended_until <= %s)"
)

# Only texts that may be the same are read. Then, from anybody and longer ago, what has the same digest.
POSTS = """
SELECT * FROM (
  SELECT id, created_at, author_id, thread_id, FALSE,
    CASE WHEN thread_id = %s AND created_at > %s AND state <> 'withdrawn' THEN source END
  FROM comments_comment WHERE author_id = %s AND created_at > %s ORDER BY created_at DESC, id DESC LIMIT 20
) AS own
UNION ALL SELECT * FROM (
  SELECT id, created_at, author_id, thread_id, TRUE, NULL
  FROM comments_comment WHERE digest = %s AND created_at > %s AND state <> 'withdrawn' LIMIT 20
) AS alike
"""


class Post(NamedTuple):
    """`source` is None for what was withdrawn, written elsewhere or longer ago."""

    pk: int
    created_at: datetime
    author_id: int | None
    thread_id: int
    source: str | None


class Recent(NamedTuple):
    """The author's latest comments, the latest first; and whose texts are alike to the one that is about to be posted."""

    posts: list[Post]
    alike: list[Post]


def hold_author(author_id: int, *, now: datetime) -> bool:
    """Whether the author may write comments at all; if so their row is held until the transaction ends."""
    sql = AUTHOR
    if connection.features.has_select_for_update:
        sql += connection.ops.for_update_sql(no_key=connection.features.has_select_for_no_key_update)
    with hot.cursor() as cursor:
        cursor.execute(sql, [author_id, connection.ops.adapt_datetimefield_value(now)])
        return cursor.fetchone() is not None


def posts_of(
    author_id: int, thread_id: int, *, since: datetime, same_since: datetime, digest: int | None, alike_since: datetime
) -> Recent:
    """Twenty of each kind at most."""
    moment = connection.ops.adapt_datetimefield_value
    own: list[Post] = []
    alike: list[Post] = []
    with hot.cursor() as cursor:
        values = [thread_id, moment(same_since), author_id, moment(since), digest, moment(alike_since)]
        cursor.execute(POSTS, values)
        for pk, created_at, author, thread, is_alike, source in cursor.fetchall():
            (alike if is_alike else own).append(Post(pk, as_time(created_at), author, thread, source))
    own.sort(key=lambda post: (post.created_at, post.pk), reverse=True)
    return Recent(own, alike)


def alike_to(comment: Comment, *, digest: int | None, now: datetime) -> Recent:
    """Whose texts are alike to what `comment` is to say from now on. Its author posts nothing by that, so of their pace
    nothing is told. 1 query, none without a digest."""
    if digest is None or comment.author_id is None:
        return Recent([], [])
    since = now - rules.ALIKE_WITHIN
    found = posts_of(comment.author_id, comment.thread_id, since=now, same_since=now, digest=digest, alike_since=since)
    return Recent([], [post for post in found.alike if post.pk != comment.pk])


def forget_digests(*, now: datetime) -> int:
    """Let go of what is older than texts are looked for; how many. Some thousands at a time."""
    old = Comment.objects.filter(digest__isnull=False, created_at__lt=now - rules.ALIKE_WITHIN).order_by("pk")
    return Comment.objects.filter(pk__in=old.values("pk")[:FORGOTTEN_AT_ONCE]).update(digest=None)
