"""Periods of reports and their names in addresses: "2026", "2026-h1", "2026-q3", "2026-01-15_2026-03-31". Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Invalid

LONGEST = timedelta(days=3 * 366)
_PART = re.compile(r"(\d{4})(?:-(h|q)([1-4]))?")
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Period:
    """From the beginning of its first day to the end of its last one, in the site's time zone."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """The shortest name that `read` understands."""
        year, days = self.first.year, (self.first, self.last)
        for part, months in (("", 12), *((f"-h{n}", 6) for n in (1, 2)), *((f"-q{n}", 3) for n in (1, 2, 3, 4))):
            if days == _part(year, months, int(part[-1]) if part else 1):
                return f"{year}{part}"
        return f"{self.first.isoformat()}_{self.last.isoformat()}"

    @property
    def label(self) -> str:
        """What people call it, where it has a name; else its days."""
        part = _PART.fullmatch(self.name)
        if part is None:
            return f"{date_format(self.first)} – {date_format(self.last)}"
        year, kind, number = part.groups()
        if kind == "q":
            return _("%(year)s, quarter %(number)s") % {"year": year, "number": number}
        if kind == "h":
            return (_("First half of %(year)s") if number == "1" else _("Second half of %(year)s")) % {"year": year}
        return str(year)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The first moment of it and the first one after it, in UTC."""
        start, end = (
            datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
            for day in (self.first, self.last + timedelta(days=1))
        )
        return start, end


def read(name: str) -> Period:
    """The period of that name. Raises `Invalid` with a sentence."""
    found = None
    if match := _PART.fullmatch(name):
        year, kind, number = int(match[1]), match[2], int(match[3] or 1)
        months = {None: 12, "h": 6, "q": 3}[kind]
        if date.min.year <= year < date.max.year and number * months <= 12:
            found = Period(*_part(year, months, number))
    elif match := _DATES.fullmatch(name):
        try:
            found = Period(date.fromisoformat(match[1]), date.fromisoformat(match[2]))
        except ValueError:
            found = None
    if found is None or not date(1990, 1, 1) <= found.first <= found.last < date(9000, 1, 1):
        raise Invalid(_("There is no such period."), code="period")
    if found.last - found.first > LONGEST:
        raise Invalid(_("A report covers three years at most."), code="period")
    return found


def _part(year: int, months: int, number: int) -> tuple[date, date]:
    """First and last day of the year's part of so many months, counted from 1."""
    first = date(year, (number - 1) * months + 1, 1)
    after = date(year + 1, 1, 1) if number * months == 12 else date(year, number * months + 1, 1)
    return first, after - timedelta(days=1)
