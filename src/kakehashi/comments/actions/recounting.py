"""Counters that are not what the rows say: found without holding anything, mended thread by thread.

They move by difference, so nothing but a hand in the database or a fault of ours makes them wrong.
"""

from __future__ import annotations

from django.db import connection, transaction

from kakehashi.comments.actions import threads
from kakehashi.comments.actions.counting import wilson

_TALLIES = """
SELECT c.id, c.thread_id, c.archived_up, c.archived_down, COALESCE(v.up, 0) AS up, COALESCE(v.down, 0) AS down
FROM comments_comment c LEFT JOIN (
    SELECT comment_id, SUM(CASE WHEN value = 1 THEN 1 ELSE 0 END) AS up,
        SUM(CASE WHEN value = -1 THEN 1 ELSE 0 END) AS down
    FROM comments_vote {of_votes} GROUP BY comment_id
) v ON v.comment_id = c.id {of_comments}
"""
_WILSON = wilson("t.archived_up + t.up", "t.archived_down + t.down")
_COMMENT_DIFFERS = f"(k.up <> t.up OR k.down <> t.down OR ABS(k.popularity - ({_WILSON})) > 0.000001)"

_THREADS = """
SELECT h.id, COALESCE(c.n, 0) AS n, c.last FROM comments_thread h LEFT JOIN (
    SELECT thread_id, COUNT(*) AS n, MAX(created_at) AS last FROM comments_comment
    WHERE state = 'visible' {of_comments} GROUP BY thread_id
) c ON c.thread_id = h.id
"""
_THREAD_DIFFERS = """
(h.comment_count <> t.n OR (h.last_comment_at IS NULL) <> (t.last IS NULL) OR h.last_comment_at <> t.last)
"""

FIND = f"""
SELECT k.thread_id FROM comments_comment k JOIN ({_TALLIES.format(of_votes="", of_comments="")}) t ON t.id = k.id
WHERE {_COMMENT_DIFFERS}
UNION
SELECT h.id FROM comments_thread h JOIN ({_THREADS.format(of_comments="")}) t ON t.id = h.id WHERE {_THREAD_DIFFERS}
ORDER BY 1
"""  # noqa: S608 - only constants of ours

_VOTES_HERE = "WHERE comment_id IN (SELECT id FROM comments_comment WHERE thread_id = %(thread)s)"
MEND_COMMENTS = f"""
UPDATE comments_comment AS k SET up = t.up, down = t.down, popularity = {_WILSON}, version = %(version)s
FROM ({_TALLIES.format(of_votes=_VOTES_HERE, of_comments="WHERE c.thread_id = %(thread)s")}) t
WHERE t.id = k.id AND {_COMMENT_DIFFERS}
"""  # noqa: S608 - only constants of ours
MEND_THREAD = f"""
UPDATE comments_thread AS h SET version = %(version)s, comment_count = t.n, last_comment_at = t.last
FROM ({_THREADS.format(of_comments="AND thread_id = %(thread)s")}) t
WHERE t.id = h.id AND h.id = %(thread)s AND {_THREAD_DIFFERS}
"""  # noqa: S608 - only constants of ours


def find_miscounted() -> list[int]:
    """Ids of the threads in which a counter is not what the rows say; one query, which reads every vote."""
    with connection.cursor() as cursor:
        cursor.execute(FIND)
        return [thread for (thread,) in cursor.fetchall()]


@transaction.atomic
def recount_thread(*, thread_id: int) -> int:
    """Set the thread's counters, and those of its comments, to what the rows say; how many rows were wrong.

    Its readers see the right figures as any other change. Raises `NotFound`.
    """
    thread = threads.lock(thread_id)
    given = {"thread": thread_id, "version": thread.version + 1}
    with connection.cursor() as cursor:
        cursor.execute(MEND_COMMENTS, given)
        wrong = int(cursor.rowcount)
        cursor.execute(MEND_THREAD, given)
        wrong += int(cursor.rowcount)
    if wrong:
        thread.version += 1
        thread.save(update_fields=["version"])
    return wrong
