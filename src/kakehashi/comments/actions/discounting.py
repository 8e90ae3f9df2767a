"""Votes that stand and count nothing, because whoever moderates has found that they were arranged; and that count again.

Who decides so, why, and how the voters are told, is the room `moderation`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from kakehashi.comments.actions.counting import wilson
from kakehashi.comments.models import Comment, Thread, Vote

# Votes of one call: some hundred milliseconds, for which their threads are held.
MOST_AT_ONCE = 1000

# Both databases call the columns of bare VALUES so.
_MOVE = f"""
UPDATE comments_comment SET up = up + m.column2, down = down + m.column3,
    popularity = {wilson("archived_up + up + m.column2", "archived_down + down + m.column3")},
    version = (SELECT t.version FROM comments_thread t WHERE t.id = comments_comment.thread_id)
FROM (VALUES {{rows}}) AS m WHERE comments_comment.id = m.column1
"""  # noqa: S608 - only constants of ours


@transaction.atomic
def discount_votes(*, votes: Collection[int], is_discounted: bool, now: datetime) -> int:
    """Let these votes (by number) count nothing any more, or count again; how many did otherwise before.

    Scores and order follow at once, by the difference; the ranking reads `recounted_at`. The threads are held until the
    transaction ends, so give it MOST_AT_ONCE votes at most: more raise `ValueError`.
    """
    if len(votes) > MOST_AT_ONCE:
        raise ValueError(f"At most {MOST_AT_ONCE} votes at once, not {len(votes)}.")
    # Votes first, then threads, then comments: see counting. A vote that is being changed is read as it will be.
    held = Vote.objects.select_for_update(no_key=True).filter(pk__in=votes, is_discounted=not is_discounted)
    found = list(held.order_by("pk").values_list("pk", "comment_id", "value"))
    if not found:
        return 0
    sign = -1 if is_discounted else 1
    ups = Counter(comment for _pk, comment, value in found if value == 1)
    downs = Counter(comment for _pk, comment, value in found if value == -1)
    touched = sorted(ups.keys() | downs.keys())
    threads = Thread.objects.filter(pk__in=Comment.objects.filter(pk__in=touched).values("thread"))
    # By their numbers, read before: the rows of a subquery could be others when they are written.
    ids = list(threads.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Vote.objects.filter(pk__in=[pk for pk, _comment, _value in found]).update(
        is_discounted=is_discounted, recounted_at=now
    )
    Thread.objects.filter(pk__in=ids).update(version=F("version") + 1)
    if touched:
        rows = [figure for pk in touched for figure in (pk, sign * ups[pk], sign * downs[pk])]
        with connection.cursor() as cursor:
            cursor.execute(_MOVE.format(rows=", ".join(["(%s, %s, %s)"] * len(touched))), rows)
    return len(found)
