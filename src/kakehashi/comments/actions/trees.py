"""Comments that do not stand where `parent` says: their root, path and depth, found and mended stretch by stretch.

A comment answers an older one of its own thread, so by going up the ids everything is mended from the roots downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from kakehashi.comments.models import DEEPEST, SEGMENT, Thread

_ZEROS = "0" * SEGMENT
_PADDED = f"('{_ZEROS}' || CAST(c.id AS TEXT))"
_SEGMENT = f"SUBSTR({_PADDED}, LENGTH({_PADDED}) - {SEGMENT - 1})"
# As writing.add_comment makes them.
_DEPTH = f"(CASE WHEN p.depth >= {DEEPEST} THEN {DEEPEST} ELSE p.depth + 1 END)"
_IS_DEEPEST = f"p.depth >= {DEEPEST} AND LENGTH(p.path) > {SEGMENT}"
_ABOVE = f"(CASE WHEN {_IS_DEEPEST} THEN SUBSTR(p.path, 1, LENGTH(p.path) - {SEGMENT}) ELSE p.path END)"
_PATH = f"({_ABOVE} || {_SEGMENT})"
_IS_ROOT = "(c.root_id = c.id AND c.path = '' AND c.depth = 0)"
# What it answered is gone, and it stands where it stood.
_IS_LEFT_BEHIND = f"""(r.id <> c.id AND r.root_id = r.id AND r.thread_id = c.thread_id AND c.depth > 0
    AND LENGTH(c.path) = {SEGMENT} * c.depth AND c.path LIKE ('%%' || {_SEGMENT}))"""
_CANNOT_ANSWER = "(p.id IS NULL OR p.thread_id <> c.thread_id OR p.id >= c.id)"

FIND = f"""
SELECT c.id, c.thread_id FROM comments_comment c
LEFT JOIN comments_comment p ON p.id = c.parent_id LEFT JOIN comments_comment r ON r.id = c.root_id
WHERE c.id BETWEEN %(first)s AND %(last)s AND CASE
    WHEN c.root_id IS NULL THEN TRUE
    WHEN c.parent_id IS NULL THEN NOT ({_IS_ROOT} OR COALESCE({_IS_LEFT_BEHIND}, FALSE))
    WHEN {_CANNOT_ANSWER} THEN TRUE
    WHEN p.root_id IS NULL THEN TRUE
    ELSE c.root_id <> p.root_id OR c.depth <> {_DEPTH} OR c.path <> {_PATH} END
ORDER BY c.id
"""  # noqa: S608 - only constants of ours

MEND_STRAYS = f"""
UPDATE comments_comment AS c SET parent_id = NULL WHERE c.id IN ({{ids}}) AND c.parent_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM comments_comment p WHERE p.id = c.parent_id AND NOT {_CANNOT_ANSWER})
"""  # noqa: S608 - only constants of ours
MEND_ROOTS = "UPDATE comments_comment SET root_id = id, path = '', depth = 0 WHERE id IN ({ids}) AND parent_id IS NULL"
MEND_ANSWERS = f"""
UPDATE comments_comment AS c SET root_id = p.root_id, depth = {_DEPTH}, path = {_PATH}
FROM comments_comment p WHERE p.id = c.parent_id AND c.id IN ({{ids}})
    AND p.root_id IS NOT NULL AND LENGTH({_PATH}) <= {DEEPEST * SEGMENT}
"""  # noqa: S608 - only constants of ours
MARK = """
UPDATE comments_comment SET version = (SELECT t.version FROM comments_thread t WHERE t.id = comments_comment.thread_id)
WHERE id IN ({ids})
"""
# Rows held at once, and how often a stretch is gone through: a level of a tree each time.
BATCH = 500
ROUNDS = 50


def find_misplaced(first: int, last: int) -> list[tuple[int, int]]:
    """(comment, its thread) from id `first` to `last` that stand elsewhere than below what they answer."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, {"first": first, "last": last})
        return list(cursor.fetchall())


def replace_misplaced(*, first: int, last: int) -> int:
    """Put them where they belong, and show their threads anew; how many. Who answers nothing that is there stands alone."""
    mended: set[int] = set()
    for _ in range(ROUNDS):
        found = find_misplaced(first, last)
        if not found:
            break
        for start in range(0, len(found), BATCH):
            part = found[start : start + BATCH]
            _replace([comment for comment, _thread in part], {thread for _comment, thread in part})
        mended.update(comment for comment, _thread in found)
    return len(mended)


@transaction.atomic
def _replace(comments: Sequence[int], threads: set[int]) -> None:
    """Threads are held before their comments are written, as everywhere."""
    held = Thread.objects.filter(pk__in=threads).order_by("pk")
    list(held.select_for_update(no_key=True).values_list("pk"))
    Thread.objects.filter(pk__in=threads).update(version=F("version") + 1)
    for sql in (MEND_STRAYS, MEND_ROOTS, MEND_ANSWERS, MARK):
        _execute(sql, comments)


def _execute(sql: str, comments: Sequence[int]) -> None:
    marks: list[Any] = list(comments)
    with connection.cursor() as cursor:
        cursor.execute(sql.format(ids=", ".join(["%s"] * len(marks))), marks)
