"""Staffed hours, over weeks, nights, holidays, and the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.lib.errors import Invalid
from kakehashi.stories import hours
from kakehashi.stories.hours import DAY, Hours, Span

pytestmark = pytest.mark.once

BERLIN, TOKYO, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo"), ZoneInfo("Pacific/Apia")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
ZONES = [BERLIN, TOKYO, APIA, LORD_HOWE, ZoneInfo("UTC"), ZoneInfo("America/St_Johns")]
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@st.composite
def days(draw: st.DrawFn) -> hours.Spans:
    """Spans of a day that do not overlap; the last may cross midnight."""
    cuts = sorted(draw(st.sets(st.integers(0, DAY - 1), max_size=6)))
    spans = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    if len(cuts) % 2:
        start = cuts[-1]
        spans.append(Span(start, draw(st.integers(start + 1, start + DAY - 1))))
    return tuple(spans)


WEEKS = st.tuples(*[days()] * 7)
HOURS = st.builds(
    Hours, week=WEEKS, exceptions=st.dictionaries(st.dates(date(2025, 1, 1), date(2027, 1, 1)), days(), max_size=3)
)


def by_the_wall(found: Hours, at: datetime, zone: ZoneInfo) -> bool:
    """Asked minute by minute of the clock on the wall, where it is not put forward or back."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        if day in found.exceptions:
            spans = found.exceptions[day]
        else:
            spans = found.week[day.weekday()] if any(found.week) else hours.WHOLE_DAY
        if any(span.start <= minute + back * DAY < span.end for span in spans):
            return True
    return False


@given(HOURS, MOMENTS, st.sampled_from(ZONES))
def test_a_moment_is_staffed_as_the_clock_on_the_wall_says(found: Hours, at: datetime, zone: ZoneInfo) -> None:
    offsets = {(at + timedelta(hours=n)).astimezone(zone).utcoffset() for n in range(-50, 51, 5)}
    if len(offsets) == 1:
        assert found.shift(at, zone).is_staffed == by_the_wall(found, at, zone)


@given(HOURS, MOMENTS, st.sampled_from(ZONES), st.floats(0, 1))
def test_it_holds_until_it_changes(found: Hours, at: datetime, zone: ZoneInfo, share: float) -> None:
    shift = found.shift(at, zone)
    if shift.until is None:
        assert Hours(found.week, found.exceptions).shift(at + timedelta(days=20), zone).is_staffed == shift.is_staffed
        return
    assert shift.until > at
    between = at + (shift.until - at) * share * 0.999
    fresh = Hours(found.week, found.exceptions)
    assert fresh.shift(between, zone) == shift
    assert fresh.shift(shift.until, zone).is_staffed is not shift.is_staffed
    # Asked in any order, what was remembered changes nothing.
    assert found.shift(at, zone) == shift


def test_pages_do_not_work_out_again_what_changes_far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Hours(exceptions=hours.read_exceptions("2027-12-25"))
    now = datetime(2026, 12, 1, tzinfo=UTC)
    assert found.shift(now, BERLIN) == (True, None)
    monkeypatch.setattr(Hours, "_shift", None)
    assert found.shift(now + timedelta(minutes=59), BERLIN) == (True, None)
    with pytest.raises(TypeError):
        found.shift(now + hours.REMEMBERED, BERLIN)


@given(HOURS)
def test_what_is_stored_is_read_again(found: Hours) -> None:
    again = hours.read(found.written())
    assert (again.week, dict(again.exceptions)) == (found.week, dict(sorted(found.exceptions.items())))


@given(MOMENTS, st.sampled_from(ZONES))
def test_an_empty_timetable_is_always_staffed(at: datetime, zone: ZoneInfo) -> None:
    assert hours.read("").shift(at, zone) == (True, None)


@given(st.text(max_size=60))
def test_whatever_is_typed_gets_a_sentence(text: str) -> None:
    for read in (hours.read_spans, hours.read_exceptions):
        try:
            read(text)  # type: ignore[operator]
        except Invalid as refusal:
            assert refusal.message  # noqa: PT017


DAILY = Hours(week=(hours.read_spans("07:00-22:00"),) * 7)
NIGHTLY = Hours(week=(hours.read_spans("22:00–02:30"),) * 7)


@pytest.mark.parametrize(
    ("found", "at", "is_staffed", "until"),
    [
        (DAILY, "2026-01-15T05:59", False, "2026-01-15T06:00"),
        (DAILY, "2026-01-15T06:00", True, "2026-01-15T21:00"),
        (DAILY, "2026-07-15T04:59", False, "2026-07-15T05:00"),
        # Over the night in which clocks go forward: seven o'clock is an hour earlier.
        (DAILY, "2026-03-28T21:00", False, "2026-03-29T05:00"),
        (DAILY, "2026-10-24T20:00", False, "2026-10-25T06:00"),
        # Half past two does not come: the span ends as the clock jumps. On the other night it comes twice.
        (NIGHTLY, "2026-03-28T22:00", True, "2026-03-29T01:00"),
        (NIGHTLY, "2026-10-24T21:00", True, "2026-10-25T01:30"),
        (NIGHTLY, "2026-01-15T00:00", True, "2026-01-15T01:30"),
    ],
)
def test_nights_and_days_in_berlin(found: Hours, at: str, is_staffed: bool, until: str) -> None:
    shift = found.shift(datetime.fromisoformat(at).replace(tzinfo=UTC), BERLIN)
    assert shift == (is_staffed, datetime.fromisoformat(until).replace(tzinfo=UTC))


def test_a_holiday_and_spans_that_touch() -> None:
    found = Hours(
        week=(hours.read_spans("00:00-12:00, 12:00-24:00"),) * 7,
        exceptions=hours.read_exceptions("2026-12-25\n2026-12-24 08:00-12:00"),
    )
    assert found.shift(datetime(2026, 12, 1, tzinfo=UTC), TOKYO).until == datetime(2026, 12, 23, 15, tzinfo=UTC)
    assert found.shift(datetime(2026, 12, 24, 3, tzinfo=UTC), TOKYO) == (False, datetime(2026, 12, 25, 15, tzinfo=UTC))
    alone = Hours(exceptions=hours.read_exceptions("2026-12-25"))
    assert alone.shift(datetime(2026, 12, 25, 3, tzinfo=UTC), TOKYO) == (False, datetime(2026, 12, 25, 15, tzinfo=UTC))
    assert alone.shift(datetime(2026, 12, 26, 3, tzinfo=UTC), TOKYO) == (True, None)


@pytest.mark.parametrize(
    "text", ["7", "07:00-25:00", "07:61-08:00", "07:00-07:00", "07:00-09:00, 08:00-10:00", "24:00-25:00"]
)
def test_odd_hours_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        hours.read_spans(text)
