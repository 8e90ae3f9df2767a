"""Staffed hours: when somebody of the team reads the discussion, and what holds while nobody does. Pure.

Nothing of it is stored with a story or a thread: whether a moment is staffed follows from the timetable, the clock and the
site's time zone, each time it is asked. A span is meant by the clock on the wall: one that begins in an hour that summer time
skips begins with the hour after it, and one that ends in an hour that comes twice ends with the second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.lib.errors import Invalid

DAY = 24 * 60
# So far ahead the next change is looked for; beyond that nobody is told an hour.
FARTHEST_DAYS = 60
# For so long the answer is good that nothing changes as far as that.
REMEMBERED = timedelta(hours=1)
MOST_SPANS = 6
MOST_EXCEPTIONS = 200
LONGEST_MINUTES = 24 * 60
LONGEST_HOURS = 24 * 365
# The key of `Hours.outside` for sections that are not named.
OTHERS = 0
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—]\s*(\d{1,2}):(\d{2})")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})\s*:?\s*(.*)")


class Outside(TextChoices):
    """What becomes of new comments outside staffed hours."""

    NOTHING = "nothing", gettext_lazy("Nothing changes")
    HOLD = "hold", gettext_lazy("Comments wait until a moderator has read them")
    SLOW = "slow", gettext_lazy("Each member writes less often")
    CLOSE = "close", gettext_lazy("Nobody writes; votes are still taken")


class Span(NamedTuple):
    """Minutes from the beginning of a day; `end` beyond DAY: in the next one."""

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


Spans = tuple[Span, ...]
WHOLE_DAY: Spans = (Span(0, DAY),)


class Shift(NamedTuple):
    """Whether a moment is staffed, and until when that holds; None: for longer than anybody needs to know."""

    is_staffed: bool
    until: datetime | None


@dataclass(frozen=True)
class Hours:
    """The timetable and what holds outside of it. `week` has seven days from Monday; all empty: every day is staffed, but for
    the exceptions. `outside` by section, OTHERS for those not named; `minutes` between two comments of a member where they
    write less often; `new_hours`: only for stories younger than that, 0 for all."""

    week: tuple[Spans, ...] = ((),) * 7
    exceptions: Mapping[date, Spans] = field(default_factory=dict)
    outside: Mapping[int, str] = field(default_factory=dict)
    minutes: int = 30
    new_hours: int = 0
    _last: list[tuple[datetime, ZoneInfo, Shift]] = field(default_factory=list, compare=False, repr=False)

    @property
    def is_always_staffed(self) -> bool:
        return not any(self.week) and not self.exceptions

    def outside_in(self, section: int) -> str:
        """What holds in a section outside staffed hours (`Outside`)."""
        return self.outside.get(section, self.outside.get(OTHERS, Outside.NOTHING))

    def shift(self, at: datetime, zone: ZoneInfo) -> Shift:
        """Whether `at` is staffed in that time zone, and until when. Remembered until then, or for a while where nothing
        changes within sight: pages ask it each time."""
        if self.is_always_staffed:
            return Shift(True, None)
        if self._last:
            since, known_zone, last = self._last[0]
            if known_zone is zone and since <= at < (last.until or since + REMEMBERED):
                return last
        found = self._shift(at, zone)
        self._last[:] = [(at, zone, found)]
        return found

    def _shift(self, at: datetime, zone: ZoneInfo) -> Shift:
        today = at.astimezone(zone).date()
        for start, end in self._staffed_from(today - timedelta(days=2), FARTHEST_DAYS, zone):
            if at < start:
                return Shift(False, start)
            if at < end:
                is_known = end < _moment(today + timedelta(days=FARTHEST_DAYS - 3), 0, zone, is_end=False)
                return Shift(True, end if is_known else None)
        return Shift(False, None)

    def _staffed_from(self, first: date, days: int, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """The staffed times of so many days, those that touch as one, in their order, in UTC."""
        found = sorted(
            (_moment(day, span.start, zone, is_end=False), _moment(day, span.end, zone, is_end=True))
            for day in (first + timedelta(days=n) for n in range(days))
            for span in self._spans_of(day)
        )
        merged: tuple[datetime, datetime] | None = None
        for start, end in found:
            if merged is not None and start <= merged[1]:
                merged = merged[0], max(merged[1], end)
                continue
            if merged is not None:
                yield merged
            merged = (start, end) if start < end else None
        if merged is not None:
            yield merged

    def _spans_of(self, day: date) -> Spans:
        if day in self.exceptions:
            return self.exceptions[day]
        return self.week[day.weekday()] if any(self.week) else WHOLE_DAY

    def written(self) -> str:
        """As it is stored; `read` takes it apart again."""
        return json.dumps(
            {
                "week": [spans_text(spans) for spans in self.week],
                "exceptions": exceptions_text(self.exceptions),
                "outside": {str(section): kind for section, kind in self.outside.items() if kind},
                "minutes": self.minutes,
                "new_hours": self.new_hours,
            }
        )


ALWAYS = Hours()


@lru_cache(maxsize=64)
def read(text: str) -> Hours:
    """Hours as they were stored; "" is a site that is always staffed."""
    if not text:
        return ALWAYS
    data = json.loads(text)
    return Hours(
        week=tuple(read_spans(spans) for spans in data["week"]),
        exceptions=read_exceptions(data["exceptions"]),
        outside={int(section): kind for section, kind in data["outside"].items()},
        minutes=data["minutes"],
        new_hours=data["new_hours"],
    )


def read_spans(text: str) -> Spans:
    """What somebody wrote for a day: "07:00-12:00, 22:00-02:00"; empty: nobody is there. Raises `Invalid` with a sentence."""
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;、，]", text))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise Invalid(
                _("“%(part)s” is not understood. Write hours like 07:00-12:00, several with commas.")
                % {"part": part[:40]},
                code="span",
            )
        from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
        start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if start >= DAY or end > DAY or from_minute > 59 or to_minute > 59 or start == end:
            raise Invalid(_("“%(part)s” are no hours of a day.") % {"part": part[:40]}, code="span")
        found.append(Span(start, end if end > start else end + DAY))
    spans = tuple(sorted(found))
    if len(spans) > MOST_SPANS:
        raise Invalid(_("At most %(n)s times a day fit.") % {"n": MOST_SPANS}, code="span")
    if any(first.end > second.start for first, second in pairwise(spans)):
        raise Invalid(_("These hours overlap: “%(part)s”.") % {"part": text.strip()[:60]}, code="span")
    return spans


def read_exceptions(text: str) -> dict[date, Spans]:
    """One date a line, with its hours or without: "2026-12-25", "2026-12-24 07:00-12:00". Raises `Invalid`."""
    found: dict[date, Spans] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = _DATE.fullmatch(line)
        try:
            day = date.fromisoformat(match[1]) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            raise Invalid(
                _("“%(part)s” does not begin with a date like 2026-12-25.") % {"part": line[:40]}, code="exception"
            )
        if day in found:
            raise Invalid(_("%(day)s stands there twice.") % {"day": day.isoformat()}, code="exception")
        found[day] = read_spans(match[2])
    if len(found) > MOST_EXCEPTIONS:
        raise Invalid(
            _("At most %(n)s dates fit: take out those that are over.") % {"n": MOST_EXCEPTIONS}, code="exception"
        )
    return dict(sorted(found.items()))


def spans_text(spans: Spans) -> str:
    return ", ".join(map(str, spans))


def exceptions_text(exceptions: Mapping[date, Spans]) -> str:
    return "\n".join(f"{day.isoformat()} {spans_text(spans)}".strip() for day, spans in exceptions.items())


def _moment(day: date, minutes: int, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """So many minutes by the wall clock after the beginning of that day, in UTC."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > second:
        return _turn(second, first, zone)
    return second if is_end else first


def _turn(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """When the clock is put forward between two moments, to the second."""
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=int((late - early).total_seconds() // 2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
