"""Heat: a count in which each event weighs half as much after every half-life, kept so that it never has to be rewritten.

The weight of an event at time t, seen at time T, is 2^-((T - t) / h). Forward decay (Cormode, Shkapenyuk, Srivastava, Xu:
"Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009) writes it as 2^(t/h) / 2^(T/h): the first
factor belongs to the event and never changes, the second is the same for all, so that sums of the first alone stand in the
right order for ever. They grow out of every number in a few thousand half-lives; what is kept is therefore their logarithm,

    heat = log2(sum of 2^(t/h)),    and one more event:    heat' = max + log2(1 + 2^-|heat - t/h|)

which a double holds to a millionth for millennia. Another half-life h' adds T/h' - T/h to every heat, which leaves the order
and the count as of T as they are.
"""

from __future__ import annotations

import math
from datetime import datetime

# log2(1 + 2^-x) is nothing beyond this, and PostgreSQL's exp() refuses to say so.
FARTHEST = 60


def heat_of(count: float, at: datetime, hours: float) -> float:
    """The heat of so many events at one moment. `count` > 0."""
    return math.log2(count) + at.timestamp() / (hours * 3600)


def decayed(heat: float, now: datetime, hours: float) -> float:
    """How many events of this very moment the heat is worth."""
    exponent = heat - now.timestamp() / (hours * 3600)
    return float(2.0 ** max(-1000.0, min(1000.0, exponent)))


def shift(now: datetime, hours: float, new_hours: float) -> float:
    """What another half-life adds to every heat."""
    seconds = now.timestamp() / 3600
    return seconds / new_hours - seconds / hours
