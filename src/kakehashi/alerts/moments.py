"""When a receiver's next daily or weekly mail is due, by the receiver's own clock. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings

from kakehashi.alerts.models import Rhythm


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; the site's for "" and for one that there is no more."""
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


@cache
def zone_names() -> tuple[str, ...]:
    """Zones to choose from: those named after places."""
    odd = ("Etc/", "SystemV/", "US/", "Canada/", "Brazil/", "Chile/", "Mexico/", "posix", "right")
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith(odd)))


def next_due(rhythm: str, *, after: datetime, hour: int, weekday: int, zone: ZoneInfo) -> datetime:
    """The first moment past `after` at which it is `hour` o'clock there, on `weekday` where the rhythm is weekly.

    An hour that a change to summer time leaves out counts as the one after it, one that comes twice as its first: every
    day has one such moment.
    """
    day = after.astimezone(zone).date()
    while True:
        moment = datetime.combine(day, time(hour), tzinfo=zone).astimezone(after.tzinfo)
        if moment > after and (rhythm != Rhythm.WEEKLY or day.weekday() == weekday):
            return moment
        day += timedelta(days=1)
