"""When the ranking is made anew, and who may see how. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from kakehashi.ranking.models import RankingRun, RunKind
from kakehashi.readers.models import Reader

# A warm run follows so many new votes for each one of the last run.
NEW_VOTES = 0.01
# After a warm run there is none for so many times as long as it took.
REST = 10.0


def can_see_runs(actor: Reader) -> bool:
    """For those who have to answer for the order of comments: editors, moderators and administrators."""
    return actor.is_active and (actor.is_editor or actor.is_moderator)


def kind_due(
    last: RankingRun | None,
    last_cold_at: datetime | None,
    *,
    new_votes: int,
    now: datetime,
    at_hour: int,
    after: timedelta,
) -> RunKind | None:
    """Which run is due. `new_votes` are those since the last one began; `last_cold_at` is when one from nothing did.

    From nothing: the first, and the first of each night, which begins at `at_hour` of the site's own time. From the last
    one: after a hundredth of new votes, or with any new vote `after` so long, and never for most of the time.
    """
    if last is None or last_cold_at is None:
        return RunKind.COLD if new_votes else None
    if last_cold_at < _night(now, at_hour):
        return RunKind.COLD
    if now - last.started_at < timedelta(seconds=REST * last.seconds):
        return None
    is_many = new_votes >= max(1.0, NEW_VOTES * last.votes)
    return RunKind.WARM if is_many or (new_votes and now - last.started_at >= after) else None


def _night(now: datetime, at_hour: int) -> datetime:
    """When the clock last showed that hour."""
    local = timezone.localtime(now)
    night = local.replace(hour=at_hour, minute=0, second=0, microsecond=0)
    return night if night <= local else night - timedelta(days=1)
