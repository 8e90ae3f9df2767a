"""Counters that are not what the rows say: found without holding anything, mended thread by thread.

They move by difference, so nothing but a hand in the database or a fault of ours makes them wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, Model

from kakehashi.comments.actions import threads
from kakehashi.comments.actions.counting import wilson
from kakehashi.comments.models import Comment, Thread

# Ids looked at in one query.
STRETCH = 20_000

_TALLIES = """
SELECT c.id, c.thread_id, c.archived_up, c.archived_down, COALESCE(v.up, 0) AS up, COALESCE(v.down, 0) AS down
FROM comments_comment c LEFT JOIN (
    SELECT comment_id, SUM(CASE WHEN value = 1 AND NOT is_discounted THEN 1 ELSE 0 END) AS up,
        SUM(CASE WHEN value = -1 AND NOT is_discounted THEN 1 ELSE 0 END) AS down
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

_IN_RANGE = "BETWEEN %(first)s AND %(last)s"
FIND_COMMENTS = f"""
SELECT k.thread_id, COUNT(*) FROM comments_comment k
JOIN ({_TALLIES.format(of_votes=f"WHERE comment_id {_IN_RANGE}", of_comments=f"WHERE c.id {_IN_RANGE}")}) t ON t.id = k.id
WHERE {_COMMENT_DIFFERS} GROUP BY k.thread_id
"""  # noqa: S608 - only constants of ours
FIND_THREADS = f"""
SELECT h.id FROM comments_thread h
JOIN ({_THREADS.format(of_comments=f"AND thread_id {_IN_RANGE}")} WHERE h.id {_IN_RANGE}) t ON t.id = h.id
WHERE {_THREAD_DIFFERS} ORDER BY h.id
"""  # noqa: S608 - only constants of ours
_LATEST = "(SELECT MAX(c.version) FROM comments_comment c WHERE c.thread_id = h.id)"
FIND_BEHIND = f"SELECT h.id FROM comments_thread h WHERE h.id {_IN_RANGE} AND h.version < {_LATEST} ORDER BY h.id"  # noqa: S608
CATCH_UP = f"UPDATE comments_thread AS h SET version = 1 + {_LATEST} WHERE h.id = %(thread)s AND h.version < {_LATEST}"  # noqa: S608

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
    """Ids of the threads in which a counter is not what the rows say; reads every vote, some thousands of comments at a
    time."""
    found: set[int] = set()
    for first, last in ranges(Comment):
        found.update(find_miscounted_comments(first, last))
    for first, last in ranges(Thread):
        found.update(find_miscounted_threads(first, last))
    return sorted(found)


def ranges(model: type[Model]) -> Iterator[tuple[int, int]]:
    """(first, last) id of consecutive stretches that cover the table as it is now."""
    ends = model._default_manager.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["last"] is not None:
        for first in range(ends["first"], ends["last"] + 1, STRETCH):
            yield first, min(first + STRETCH - 1, ends["last"])


def find_miscounted_comments(first: int, last: int) -> dict[int, int]:
    """Of the comments from id `first` to `last`: thread -> how many whose votes are not counted right."""
    return dict(_rows(FIND_COMMENTS, first, last))


def find_miscounted_threads(first: int, last: int) -> list[int]:
    """The threads from id `first` to `last` whose comments are not counted right."""
    return [thread for (thread,) in _rows(FIND_THREADS, first, last)]


def find_behind(first: int, last: int) -> list[int]:
    """The threads from id `first` to `last` that have a lower version than one of their comments."""
    return [thread for (thread,) in _rows(FIND_BEHIND, first, last)]


def _rows(sql: str, first: int, last: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"first": first, "last": last})
        return list(cursor.fetchall())


def catch_up(*, thread_id: int) -> None:
    """Give the thread a version above all of its comments'."""
    with connection.cursor() as cursor:
        cursor.execute(CATCH_UP, {"thread": thread_id})


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
