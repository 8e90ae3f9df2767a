"""Dates as pages print them: `JUN. 3, 2015 - 10:41PM JST`, `14 May 2014`, `2014-05-14 18:30`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Hours ahead of UTC of the zones whose letters mean one thing only on such a page.
_ZONES = {"JST": 9, "KST": 9, "UTC": 0, "GMT": 0, "BST": 1, "CET": 1, "CEST": 2, "HKT": 8, "SGT": 8}

_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_TIME = (
    r"(?:\s*[-–—,|T]?\s*(?:at\s+)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?"
    r"\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>\b[A-Z]{3,4}\b)?)?"
)
_ORDERS = (
    rf"{_MONTH}\s*{_DAY},?\s*{_YEAR}",
    rf"{_DAY}\s+{_MONTH},?\s+{_YEAR}",
    rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)",
)
_STAMPS = [re.compile(order + _TIME, re.IGNORECASE) for order in _ORDERS]
_LONGEST = 100  # characters of a line that is nothing but a date
_LINE = re.compile(r"(?:(?:posted|published|updated|last updated|created)\b[\s:]*)?(?:on\s+)?", re.IGNORECASE)
_RELATIVE = re.compile(
    r"(?:(?:today|yesterday)\b[\s,]*(?:at\s+)?\d{1,2}:\d\d.{0,10}|(?:\d{1,3}|an?)\s+(?:min(?:ute)?|hour|day|week|month|year)s?\s+ago)",
    re.IGNORECASE,
)


def find_stamp(text: str) -> tuple[int, int, datetime] | None:
    """The first date in the text: where it begins and ends, and when it is (naive where the zone is not printed)."""
    for pattern in _STAMPS:
        if match := pattern.search(text):
            moment = _moment(match)
            if moment is not None:
                return match.start(), match.end(), moment
    return None


def is_stamp_line(text: str) -> bool:
    """A line that holds nothing but a date or "3 hours ago"."""
    text = text.strip()
    if len(text) > _LONGEST:
        return False
    start = match.end() if (match := _LINE.match(text)) else 0
    if _RELATIVE.fullmatch(text, start):
        return True
    found = find_stamp(text)
    return found is not None and found[0] <= start and not text[found[1] :].strip(" .|")


def _moment(match: re.Match[str]) -> datetime | None:
    month = match["month"].lower()
    hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
    half = (match["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    offset = _ZONES.get((match["zone"] or "").upper())
    zone = None if offset is None else timezone(timedelta(hours=offset))
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
    try:
        return datetime(int(match["year"]), number, int(match["day"]), hour, minute, tzinfo=zone)
    except ValueError:
        return None
