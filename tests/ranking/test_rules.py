"""When a run is due, by the votes and by the clock; and who may see the runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from kakehashi.ranking.models import RankingRun, RunKind
from kakehashi.ranking.rules import can_see_runs, kind_due
from kakehashi.readers.models import Reader, Role

pytestmark = pytest.mark.once

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def due(
    *, votes: int = 1000, new: int = 0, last: timedelta = HOUR / 2, cold: timedelta = 5 * HOUR, now: datetime = NOON
) -> RunKind | None:
    run = RankingRun(votes=votes, started_at=now - last)
    return kind_due(run, now - cold, new_votes=new, now=now, at_hour=3, after=HOUR)


def test_the_first_run_comes_with_the_first_vote() -> None:
    given = {"now": NOON, "at_hour": 3, "after": HOUR}
    assert kind_due(None, None, new_votes=0, **given) is None
    assert kind_due(None, None, new_votes=1, **given) == RunKind.COLD


def test_a_warm_run_follows_a_hundredth_of_new_votes() -> None:
    assert due(new=9) is None
    assert due(new=10) == RunKind.WARM
    assert due(votes=0, new=0) is None
    assert due(votes=0, new=1) == RunKind.WARM


def test_runs_do_not_take_all_of_a_workers_time() -> None:
    run = RankingRun(votes=1000, started_at=NOON - timedelta(seconds=100), seconds=11.0)
    given = {"new_votes": 500, "at_hour": 3, "after": HOUR}
    assert kind_due(run, NOON - HOUR, now=NOON, **given) is None
    assert kind_due(run, NOON - HOUR, now=NOON + timedelta(seconds=10), **given) == RunKind.WARM


def test_or_any_new_vote_after_an_hour() -> None:
    assert due(new=1, last=HOUR) == RunKind.WARM
    assert due(new=0, last=3 * HOUR) is None


def test_a_cold_run_comes_once_a_night() -> None:
    assert due(cold=8 * HOUR) is None
    assert due(cold=10 * HOUR) == RunKind.COLD
    night = NOON.replace(hour=3)
    assert due(now=night - timedelta(seconds=1), cold=20 * HOUR) is None
    assert due(now=night, cold=20 * HOUR) == RunKind.COLD
    assert due(now=night + HOUR, cold=HOUR) is None


def test_night_is_where_the_site_is(settings: Settings) -> None:
    """Three in Tokyo is six in the evening of the day before in UTC."""
    settings.TIME_ZONE = "Asia/Tokyo"
    evening = NOON.replace(hour=18)
    assert due(now=evening - timedelta(seconds=1), cold=20 * HOUR) is None
    assert due(now=evening, cold=20 * HOUR) == RunKind.COLD


@pytest.mark.parametrize("role", Role.values)
def test_the_staff_see_the_runs(role: str) -> None:
    assert can_see_runs(Reader(role=role)) == (role != Role.READER)
    assert not can_see_runs(Reader(role=role, is_active=False))
