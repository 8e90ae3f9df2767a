"""From where an account was used: once at registration, at each log-in, and once a day of use, for 30 days.

A network is an address (of IPv6 its /64: a household), a device what every browser sends anyway: its name and its languages.
Both are kept as keyed hashes whose key changes every 30 days, so that nobody can be followed for longer, and nobody who
reads the table learns an address. No cookie is set for it, and nothing is asked of the browser.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from kakehashi.readers.addresses import household
from kakehashi.readers.models import Reader, Trace

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=30)
KEY_LASTS_DAYS = 30
LONGEST_HEADER = 400


def note(request: HttpRequest, reader: Reader, *, is_joining: bool = False, now: datetime | None = None) -> None:
    """Write down that the account is used from here today; repeats change nothing. One statement."""
    day = (now or timezone.now()).date()
    network, device = keys_of(request, day.toordinal())
    row = Trace(reader=reader, day=day, network=network, device=device, is_joining=is_joining)
    try:
        Trace.objects.bulk_create([row], ignore_conflicts=True)
    except DatabaseError:
        # The page is made; this is not worth another one.
        logger.warning("trace of a log-in not written")


def keys_of(request: HttpRequest, day: int) -> tuple[str, str]:
    """Network and device as they are called in these 30 days (`day` as an ordinal); "" where the request has none."""
    agent, languages = (
        request.META.get(name, "")[:LONGEST_HEADER] for name in ("HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE")
    )
    who = household(request.META.get("REMOTE_ADDR", ""))
    what = f"{agent}|{languages.lower()}" if agent else ""
    return _keyed("network", who, day), _keyed("device", what, day)


def _keyed(kind: str, value: str, day: int) -> str:
    if not value:
        return ""
    salt = f"kakehashi.readers.traces.{kind}.{day // KEY_LASTS_DAYS}"
    return salted_hmac(salt, value, algorithm="sha256").hexdigest()[:24]


def forget(*, now: datetime) -> int:
    """Delete what is older than KEPT_FOR; how many rows."""
    return Trace.objects.filter(day__lt=(now - KEPT_FOR).date()).delete()[0]
