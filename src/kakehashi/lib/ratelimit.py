"""Limits counted from the rows themselves, so they hold across processes, machines and restarts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.lib.errors import TooMany

# By as much may the clocks of two machines of one site differ.
CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True)
class Limit:
    """At most `count` rows in any span of `per`; `what` begins the sentence shown when it is reached."""

    count: int
    per: timedelta
    what: str | Promise


def wait_sentence(seconds: float) -> str:
    """“in 8 seconds”, “in 12 minutes”, “in 5 hours”: how long until the same request will pass."""
    if seconds < 90:
        whole = max(1, math.ceil(seconds))
        return ngettext("in %(n)d second", "in %(n)d seconds", whole) % {"n": whole}
    if seconds < 5400:
        minutes = math.ceil(seconds / 60)
        return ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    hours = math.ceil(seconds / 3600)
    return ngettext("in %(n)d hour", "in %(n)d hours", hours) % {"n": hours}


def check(rows: QuerySet[Any], field: str, limits: Sequence[Limit], *, now: datetime) -> None:
    """Raise `TooMany` when one more row at `now` would break any of `limits`.

    `rows` are the rows that count (one query, bounded by the largest limit); `field` names their time. Rows from the
    future do not count: a clock that was set back must not lock people out until it has caught up.
    """
    widest = max(limit.per for limit in limits)
    most = max(limit.count for limit in limits)
    span = {f"{field}__gt": now - widest, f"{field}__lte": now + CLOCKS_DIFFER}
    times: list[datetime] = list(rows.filter(**span).order_by(f"-{field}").values_list(field, flat=True)[:most])
    check_times(times, limits, now=now)


def check_times(times: Sequence[datetime], limits: Sequence[Limit], *, now: datetime) -> None:
    """As `check`, for times that are known, the latest first."""
    times = [time for time in times if time <= now + CLOCKS_DIFFER]
    for limit in limits:
        if len(times) >= limit.count and times[limit.count - 1] > now - limit.per:
            retry_at = times[limit.count - 1] + limit.per
            wait = wait_sentence((retry_at - now).total_seconds())
            raise TooMany(
                _("%(what)s You can try again %(wait)s.") % {"what": limit.what, "wait": wait},
                retry_at=retry_at,
            )
