"""Views and comments become heat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from kakehashi.trending.heat import FARTHEST, heat_of, shift
from kakehashi.trending.models import Pace, Readership, Talk

READS, TALK = "reads", "talk"
# Stories in one statement.
BATCH = 400

_LARGER = {"postgresql": "GREATEST", "sqlite": "MAX"}
_SMALLER = {"postgresql": "LEAST", "sqlite": "MIN"}
_ADD_VIEWS = """
WITH seen (story_id, views, heat) AS (VALUES {rows})
INSERT INTO trending_readership (story_id, views, heat)
SELECT s.page_ptr_id, seen.views, seen.heat FROM seen JOIN stories_storypage s ON s.page_ptr_id = seen.story_id
WHERE true ORDER BY s.page_ptr_id
ON CONFLICT (story_id) DO UPDATE SET views = trending_readership.views + excluded.views,
heat = {larger}(trending_readership.heat, excluded.heat)
    + LN(1 + EXP(LN(2.0) * -{smaller}({farthest}, ABS(trending_readership.heat - excluded.heat)))) / LN(2.0)
"""
# Discussions that stand otherwise than when they were weighed.
_MOVED = """
SELECT t.id FROM comments_thread t LEFT JOIN trending_talk x ON x.story_id = t.story_id
WHERE t.id > %s AND (t.comment_count <> COALESCE(x.comments, 0)
    OR (x.story_id IS NOT NULL AND t.last_comment_at IS DISTINCT FROM x.last_at))
ORDER BY t.id LIMIT %s
"""
_BEFORE_LAST = {
    "postgresql": "EXTRACT(EPOCH FROM (w.last_at - c.created_at))::float8",
    "sqlite": "(JULIANDAY(w.last_at) - JULIANDAY(c.created_at)) * 86400.0",
}
# Each comment's weight is taken against the thread's latest, so that nothing grows out of a number.
_WEIGH = """
SELECT t.story_id, t.comment_count, t.last_comment_at, w.last_at,
    SUM(POWER(2.0, -{smaller}({farthest}, {before_last} / %s)))
FROM comments_thread t
LEFT JOIN (SELECT thread_id, MAX(created_at) AS last_at FROM comments_comment
    WHERE state = 'visible' AND thread_id IN ({ids}) GROUP BY thread_id) w ON w.thread_id = t.id
LEFT JOIN comments_comment c ON c.thread_id = t.id AND c.state = 'visible'
WHERE t.id IN ({ids}) GROUP BY t.story_id, t.comment_count, t.last_comment_at, w.last_at
"""


@transaction.atomic
def add_views(*, counts: Mapping[int, int], now: datetime | None = None) -> int:
    """So many views of each story, by its id, at this moment, all or none: one statement for each few hundred stories. Stories
    that are gone are passed over. Several processes add up. How many views were written."""
    hours = settings.KAKEHASHI_MOST_READ_HALF_LIFE_HOURS
    now = now or timezone.now()
    vendor = connection.vendor
    # In one order everywhere, so that no two processes wait for each other.
    seen = sorted((story, count) for story, count in counts.items() if count > 0)
    for start in range(0, len(seen), BATCH):
        part = seen[start : start + BATCH]
        sql = _ADD_VIEWS.format(
            rows=", ".join(["(%s, %s, %s)"] * len(part)),
            larger=_LARGER[vendor],
            smaller=_SMALLER[vendor],
            farthest=FARTHEST,
        )
        with connection.cursor() as cursor:
            values = [value for story, n in part for value in (story, n, heat_of(n, now, hours))]
            cursor.execute(sql, values)
    return sum(count for _story, count in seen)


def weigh_discussions() -> int:
    """Give every discussion that has moved its heat anew, from its visible comments; how many. What a moderator took away
    weighs nothing from then on, and a repeat changes nothing."""
    done = last = 0
    while threads := _moved(last):
        _weigh(threads)
        done, last = done + len(threads), threads[-1]
    return done


def _moved(after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [after, BATCH])
        return [pk for (pk,) in cursor.fetchall()]


def _weigh(threads: Sequence[int]) -> None:
    hours = settings.KAKEHASHI_MOST_DISCUSSED_HALF_LIFE_HOURS
    vendor = connection.vendor
    sql = _WEIGH.format(
        ids=",".join(map(str, threads)),
        smaller=_SMALLER[vendor],
        farthest=float(FARTHEST),
        before_last=_BEFORE_LAST[vendor],
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [hours * 3600.0])
        found = cursor.fetchall()
    talks = [
        Talk(
            story_id=story,
            comments=comments,
            last_at=_aware(thread_last),
            heat=heat_of(weight, _aware(last), hours) if last is not None else None,  # type: ignore[arg-type]
        )
        for story, comments, thread_last, last, weight in found
    ]
    Talk.objects.bulk_create(
        talks, update_conflicts=True, unique_fields=["story"], update_fields=["comments", "last_at", "heat"]
    )


def _aware(value: datetime | str | None) -> datetime | None:
    """SQLite tells times in UTC and as text, where a statement is our own."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=value.tzinfo or UTC) if value is not None else None


@transaction.atomic
def keep_pace(*, now: datetime | None = None) -> int:
    """After the half-lives were set otherwise: move all heats; how many were moved."""
    now = now or timezone.now()
    reads, talk = settings.KAKEHASHI_MOST_READ_HALF_LIFE_HOURS, settings.KAKEHASHI_MOST_DISCUSSED_HALF_LIFE_HOURS
    moved = 0
    for name, hours, model in ((READS, reads, Readership), (TALK, talk, Talk)):
        pace, _is_new = Pace.objects.get_or_create(name=name, defaults={"hours": hours})
        if pace.hours == hours:
            continue
        if model is Talk:
            # Comments are all still there to be weighed.
            moved += Talk.objects.all().delete()[0]
        else:
            moved += Readership.objects.update(heat=F("heat") + shift(now, pace.hours, hours))
        Pace.objects.filter(pk=name).update(hours=hours)
    return moved
