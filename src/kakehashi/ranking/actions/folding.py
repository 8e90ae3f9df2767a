"""Between two fits: a vote moves its comment within seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from kakehashi.comments.actions import place_by_common_ground
from kakehashi.comments.actions.counting import as_time
from kakehashi.ranking import queries
from kakehashi.ranking.models import Look

if TYPE_CHECKING:
    from kakehashi.bridging import BridgingModel

# A vote's time is given before it is committed, by the clock of the server that took it: look so far back each time.
OVERLAP = timedelta(seconds=15)
# Votes read in one look; what is left over comes with the next one, at once.
MOST_VOTES = 100_000
# Other comments that were rated by newcomers who voted again, and now count otherwise there: in one look, at most.
MOST_OTHERS = 2000
COMMENTS_AT_ONCE = 500
# A look that finds nothing is written down this seldom: an idle site should not write all the time.
IDLE = timedelta(seconds=5)

_FRESH = """
SELECT comment_id, reader_id, value, is_discounted, changed_at AS at FROM comments_vote WHERE changed_at >= %(since)s
UNION ALL SELECT comment_id, reader_id, value, is_discounted, recounted_at AS at FROM comments_vote
WHERE recounted_at >= %(since)s ORDER BY at LIMIT %(most)s
"""
_RATED = "SELECT DISTINCT comment_id FROM comments_vote WHERE value <> 0 AND reader_id IN ({marks}) LIMIT %s"

Row = tuple[Any, ...]


@dataclass
class _Seen:
    """Votes of the overlap that this process has folded into the ranks of this run; without it they are folded in again."""

    run_id: int | None = None
    rows: set[Row] = field(default_factory=set)


_seen = _Seen()


def forget() -> None:
    """Fold in the votes of the overlap again, as a process does that has just begun."""
    _seen.run_id, _seen.rows = None, set()


def fold_in_votes(*, now: datetime) -> int:
    """Rank anew each comment whose votes changed since the last look; how many votes that were.

    The model is the last applied run's, and who is in it stays where it put them; others are placed by all their votes.
    Each comment is ranked by all votes on it, so nothing hangs on what was looked at before, and repeats are harmless.
    """
    look, _ = Look.objects.get_or_create(name=queries.VOTES)
    run_id = queries.current_run_id()
    since = (look.looked_at or now) - OVERLAP
    rows = _fresh(since)
    new = rows if run_id != _seen.run_id else [row for row in rows if row not in _seen.rows]
    if new:
        run_id = _rank(new, run_id)
    _seen.run_id, _seen.rows = run_id, set(rows)
    # So many of one moment come from a hand in the database: the next run ranks by them.
    is_cut = len(rows) == MOST_VOTES and as_time(rows[-1][-1]) > since
    if new or is_cut or look.looked_at is None or now - look.looked_at >= IDLE:
        until = as_time(rows[-1][-1]) + OVERLAP if is_cut else now
        # A fit that ended meanwhile wants what came since its beginning read again: it has moved this back.
        Look.objects.filter(pk=look.pk, looked_at=look.looked_at).update(looked_at=until)
    return len(new)


def _fresh(since: datetime) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_FRESH, {"since": connection.ops.adapt_datetimefield_value(since), "most": MOST_VOTES})
        return list(cursor.fetchall())


def _rank(rows: Sequence[Row], run_id: int | None) -> int | None:
    """Place the comments of these votes; the run by whose model that was done.

    Where another run was applied meanwhile they are placed again: it may have placed them before we did.
    """
    # NumPy and the model are loaded when there is something to rank.
    from kakehashi.ranking import scoring

    comments = {row[0] for row in rows}
    while True:
        model = scoring.without_votes() if run_id is None else queries.model_of(run_id)
        if model is not None:
            others = _rated_by(scoring.newcomers(model, [row[1] for row in rows])) - comments
            _place(model, [*sorted(comments), *sorted(others)])
        newest = queries.current_run_id()
        if newest == run_id:
            return run_id
        run_id = newest


def _place(model: BridgingModel, comments: Sequence[int]) -> None:
    from kakehashi.ranking import scoring

    for start in range(0, len(comments), COMMENTS_AT_ONCE):
        place_by_common_ground(places=scoring.places_on(model, comments[start : start + COMMENTS_AT_ONCE]))


def _rated_by(readers: Sequence[int]) -> set[int]:
    """Comments that these readers rated."""
    if not readers:
        return set()
    some = list(readers[:COMMENTS_AT_ONCE])
    with connection.cursor() as cursor:
        cursor.execute(_RATED.format(marks=", ".join(["%s"] * len(some))), [*some, MOST_OTHERS])
        return {comment for (comment,) in cursor.fetchall()}
