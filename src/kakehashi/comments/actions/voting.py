"""Votes: the request states the wished value, so a repeat is harmless; counters are recomputed from the rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import rules
from kakehashi.comments.models import Comment, CommentState, Thread, Vote
from kakehashi.lib import ratelimit
from kakehashi.lib.errors import Invalid, NotAllowed, NotFound
from kakehashi.readers.models import Reader

VOTE_LIMIT = ratelimit.Limit(60, timedelta(minutes=1), gettext_lazy("You have voted 60 times within a minute."))
DOWN_LIMIT = ratelimit.Limit(
    6, timedelta(days=1), gettext_lazy("You have voted down six comments of the same member within a day.")
)


@dataclass(frozen=True)
class Tally:
    """A comment's score with what was archived; `own` is the voter's present vote."""

    net: int
    up: int
    down: int
    own: int


# One statement for SQLite (3.35 and later) and PostgreSQL: counts the rows, then writes counters and Wilson bound.
# Must stand after the comment's row is locked: on PostgreSQL the counting sees what was committed when it began.
RECOUNT = f"""
UPDATE comments_comment SET
    up = t.up,
    down = t.down,
    popularity = CASE WHEN t.n = 0 THEN 0 ELSE (
        (t.u + {rules.Z * rules.Z / 2}) - {rules.Z} * SQRT((t.u * t.d) / t.n + {rules.Z * rules.Z / 4})
    ) / (t.n + {rules.Z * rules.Z}) END
FROM (
    SELECT live.up, live.down,
        1.0 * (c.archived_up + live.up) AS u,
        1.0 * (c.archived_down + live.down) AS d,
        1.0 * (c.archived_up + live.up + c.archived_down + live.down) AS n
    FROM comments_comment c, (
        SELECT COALESCE(SUM(CASE WHEN value = 1 THEN 1 ELSE 0 END), 0) AS up,
            COALESCE(SUM(CASE WHEN value = -1 THEN 1 ELSE 0 END), 0) AS down
        FROM comments_vote WHERE comment_id = %s
    ) live
    WHERE c.id = %s
) t
WHERE id = %s
RETURNING archived_net + comments_comment.up - comments_comment.down,
    archived_up + comments_comment.up, archived_down + comments_comment.down
"""  # noqa: S608 - only constants of ours


@transaction.atomic
def cast_vote(*, reader: Reader, comment: Comment, value: int, now: datetime | None = None) -> Tally:
    """Set the reader's vote to `value` (+1, −1, or 0 to take it back) and recount the comment.

    Raises `Invalid` (another value), `NotFound` (a comment nobody sees), `NotAllowed` (own comment, suspended) or
    `TooMany`.
    """
    if value not in (-1, 0, 1):
        raise Invalid(_("A vote is +1, −1 or 0."), code="vote-value")
    now = now or timezone.now()
    target = _locked(comment.pk)
    if target.state != CommentState.VISIBLE:
        raise NotFound(_("This comment is not here."))
    if not rules.can_vote(reader, target):
        raise NotAllowed(_("This is your own comment: others decide how it rates."), code="own-comment")
    if not rules.can_write(reader, now):
        raise NotAllowed(_("Your account is suspended, so you cannot vote at present."), code="suspended")
    before = Vote.objects.filter(reader=reader, comment_id=comment.pk).values_list("value", flat=True).first() or 0
    if before == value:
        return Tally(net=target.net, up=target.total_up, down=target.total_down, own=value)
    _require_within_limits(reader, target, value, now)
    Vote.objects.bulk_create(
        [Vote(comment_id=target.pk, reader=reader, value=value, changed_at=now)],
        update_conflicts=True,
        unique_fields=["comment", "reader"],
        update_fields=["value", "changed_at"],
    )
    net, up, down = recount_votes(target.pk)
    Thread.objects.filter(pk=target.thread_id).update(version=F("version") + 1)
    return Tally(net=net, up=up, down=down, own=value)


def _locked(comment_id: int) -> Comment:
    found = (
        Comment.objects.select_for_update(no_key=True)
        .only("author", "thread", "state", "up", "down", "archived_net", "archived_up", "archived_down")
        .filter(pk=comment_id)
        .first()
    )
    if found is None:
        raise NotFound(_("This comment is not here."))
    return found


def _require_within_limits(reader: Reader, target: Comment, value: int, now: datetime) -> None:
    votes = Vote.objects.filter(reader=reader)
    ratelimit.check(votes, "changed_at", [VOTE_LIMIT], now=now)
    if value == -1 and target.author_id is not None:
        downs = votes.filter(value=-1, comment__author=target.author_id)
        ratelimit.check(downs, "changed_at", [DOWN_LIMIT], now=now)


def recount_votes(comment_id: int) -> tuple[int, int, int]:
    """Recompute a comment's counters from its votes: (net, up, down) with what was archived. Row locked by caller."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, [comment_id, comment_id, comment_id])
        net, up, down = cursor.fetchone()
    return net, up, down
