"""The SQL of votes and counters, written by hand: it runs more often than anything else that writes.

One text for SQLite (3.35 and later) and PostgreSQL. Each function is one statement; the caller holds a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from kakehashi.comments.rules import Z

_LOOK = """
SELECT c.thread_id, c.author_id, c.state,
    c.archived_net + c.up - c.down, c.archived_up + c.up, c.archived_down + c.down,
    COALESCE((SELECT v.value FROM comments_vote v WHERE v.comment_id = c.id AND v.reader_id = %(reader)s), 0),
    (SELECT COALESCE(SUM(v.changes), 0) FROM comments_vote v
     WHERE v.reader_id = %(reader)s AND v.changed_at > %(votes_since)s),
    {downs}
FROM comments_comment c WHERE c.id = %(comment)s
"""
_DOWNS = """
    (SELECT COUNT(*) FROM comments_vote v JOIN comments_comment k ON k.id = v.comment_id
     WHERE v.reader_id = %(reader)s AND v.changed_at > %(downs_since)s AND v.value = -1 AND k.author_id = c.author_id)
"""
LOOK_UP, LOOK_DOWN = _LOOK.format(downs="0"), _LOOK.format(downs=_DOWNS)

RECORD = """
INSERT INTO comments_vote (comment_id, reader_id, value, changed_at, changes) VALUES (%s, %s, %s, %s, 1)
ON CONFLICT (comment_id, reader_id) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
    changes = CASE WHEN comments_vote.changed_at > %s THEN comments_vote.changes + 1 ELSE 1 END
"""

# Counts the rows, then writes the counters and the Wilson bound (rules.wilson) from them.
RECOUNT = f"""
UPDATE comments_comment SET up = t.up, down = t.down, popularity = CASE WHEN t.n = 0 THEN 0 ELSE
    (t.u + {Z * Z / 2} - {Z} * SQRT(t.u * t.d / t.n + {Z * Z / 4})) / (t.n + {Z * Z}) END
FROM (
    SELECT live.up, live.down, 1.0 * (c.archived_up + live.up) AS u, 1.0 * (c.archived_down + live.down) AS d,
        1.0 * (c.archived_up + live.up + c.archived_down + live.down) AS n
    FROM comments_comment c, (
        SELECT COALESCE(SUM(CASE WHEN value = 1 THEN 1 ELSE 0 END), 0) AS up,
            COALESCE(SUM(CASE WHEN value = -1 THEN 1 ELSE 0 END), 0) AS down
        FROM comments_vote WHERE comment_id = %s
    ) live
    WHERE c.id = %s
) t
WHERE comments_comment.id = %s
RETURNING archived_net + comments_comment.up - comments_comment.down,
    archived_up + comments_comment.up, archived_down + comments_comment.down
"""  # noqa: S608 - only constants of ours

RECOUNT_THREAD = """
UPDATE comments_thread SET version = version + 1,
    comment_count = (
        SELECT COUNT(*) FROM comments_comment c WHERE c.thread_id = comments_thread.id AND c.state = 'visible'),
    last_comment_at = (
        SELECT MAX(c.created_at) FROM comments_comment c WHERE c.thread_id = comments_thread.id AND c.state = 'visible')
WHERE id = %s
"""

TOUCH = "UPDATE comments_thread SET version = version + 1 WHERE id = %s"


@dataclass(frozen=True)
class Ballot:
    """A comment about to be voted on. `own` is the reader's vote so far; `votes` and `downs` count towards the limits
    (`downs`: of this reader on comments of this author, counted only for a down-vote)."""

    thread_id: int
    author_id: int | None
    state: str
    net: int
    up: int
    down: int
    own: int
    votes: int
    downs: int


def look(
    comment_id: int, reader_id: int, *, is_down: bool, votes_since: datetime, downs_since: datetime
) -> Ballot | None:
    """The comment, its row held until the transaction ends, so that whoever counts next sees this vote."""
    sql = LOOK_DOWN if is_down else LOOK_UP
    if connection.features.has_select_for_update:
        sql += connection.ops.for_update_sql(of=["c"], no_key=connection.features.has_select_for_no_key_update)
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "comment": comment_id,
                "reader": reader_id,
                "votes_since": _moment(votes_since),
                "downs_since": _moment(downs_since),
            },
        )
        row = cursor.fetchone()
    return Ballot(*row) if row is not None else None


def record(comment_id: int, reader_id: int, value: int, *, now: datetime, votes_since: datetime) -> None:
    """Write the vote, whether or not the reader has voted on this comment before; count its changes since."""
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [comment_id, reader_id, value, _moment(now), _moment(votes_since)])


def recount(comment_id: int) -> tuple[int, int, int]:
    """Recompute the comment's counters from its votes; (net, up, down) with what was archived."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, [comment_id, comment_id, comment_id])
        net, up, down = cursor.fetchone()
    return net, up, down


def recount_thread(thread_id: int) -> None:
    """Set the thread's counters from its comments and raise its version. The caller holds the thread's lock."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT_THREAD, [thread_id])


def touch(thread_id: int) -> None:
    """Raise the thread's version: pages that show it are out of date."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCH, [thread_id])


def _moment(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
