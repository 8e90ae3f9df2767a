"""When daily and weekly mails are due, through changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.alerts.moments import next_due, zone_names, zone_of

pytestmark = pytest.mark.once
BERLIN, LORD_HOWE, TOKYO = (ZoneInfo(name) for name in ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo"))


def days(first: datetime, count: int, hour: int, zone: ZoneInfo) -> list[datetime]:
    found, moment = [], first
    for _ in range(count):
        moment = next_due("daily", after=moment, hour=hour, weekday=0, zone=zone)
        found.append(moment)
    return found


def test_the_hour_is_the_receivers() -> None:
    after = datetime(2026, 11, 30, 3, tzinfo=UTC)
    assert next_due("daily", after=after, hour=7, weekday=0, zone=TOKYO) == datetime(2026, 11, 30, 22, tzinfo=UTC)
    assert next_due("daily", after=after, hour=7, weekday=0, zone=BERLIN) == datetime(2026, 11, 30, 6, tzinfo=UTC)


def test_an_hour_that_is_left_out_counts_as_the_next() -> None:
    """On 29 March 2026 there is no two o’clock in Berlin."""
    found = days(datetime(2026, 3, 27, 12, tzinfo=UTC), 3, 2, BERLIN)
    assert [moment.astimezone(BERLIN).strftime("%d %H:%M") for moment in found] == ["28 02:00", "29 03:00", "30 02:00"]


def test_an_hour_that_comes_twice_counts_once() -> None:
    """On 25 October 2026 there are two of them."""
    found = days(datetime(2026, 10, 23, 12, tzinfo=UTC), 3, 2, BERLIN)
    assert [moment.astimezone(BERLIN).day for moment in found] == [24, 25, 26]
    assert found[1] == datetime(2026, 10, 25, 0, tzinfo=UTC)
    between = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_due("daily", after=between, hour=2, weekday=0, zone=BERLIN) == found[2]


def test_weekly_is_on_its_day_there() -> None:
    after = datetime(2026, 11, 29, 16, tzinfo=UTC)  # Monday, one in the morning, in Tokyo.
    due = next_due("weekly", after=after, hour=0, weekday=0, zone=TOKYO)
    assert due.astimezone(TOKYO).strftime("%A %d %H") == "Monday 07 00"


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)),
    st.integers(0, 23),
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia"]),
)
def test_every_day_has_one_moment(start: datetime, hour: int, name: str) -> None:
    zone = ZoneInfo(name)
    found = days(start.replace(tzinfo=UTC), 5, hour, zone)
    dates = [moment.astimezone(zone).date() for moment in found]
    assert [later - earlier for earlier, later in pairwise(dates)] == [timedelta(days=1)] * 4


def test_zones_that_are_gone_are_the_sites() -> None:
    assert zone_of("").key == "UTC"
    assert zone_of("Moon/Tranquility").key == "UTC"
    assert zone_of("../etc/passwd").key == "UTC"
    assert {"Asia/Tokyo", "Asia/Seoul", "Europe/Berlin"} <= set(zone_names())
