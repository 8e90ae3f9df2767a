"""Bursts of votes on one target by accounts that are odd: young, or voting for the first time. Pure.

That many vote on one comment within minutes is what a good discussion looks like. That nearly all of them are accounts which
hardly anybody else on the site is, at the same time, is not. So two questions are asked, and the weaker answer counts:

- Of `all` votes in the densest span, are more from odd accounts than their share among votes elsewhere explains? A binomial
  tail. It stays silent when a newsletter brings a thousand new readers: then they vote elsewhere too.
- Are there more of them than the rate of such votes on a target explains? A Poisson tail (the scan statistic of Naus, 1965,
  without its correction for overlapping spans, for which the bound leaves room).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from kakehashi.moderation.abuse.chance import binomial_tail, poisson_tail

# Fewer are not called a burst, however odd.
FEWEST = 8
# One in a million: some ten thousand targets and spans a day would give one false alarm in a hundred days.
BOUND = 6.0
# The share of odd accounts is never taken to be less, nor the rate of their votes on one target (a second: one in two hours).
LEAST_SHARE = 0.05
LEAST_RATE = 0.5 / 3600
# Standard errors by which the share of odd accounts elsewhere is taken to be higher than it was seen to be.
CAUTION = 1.28


@dataclass(frozen=True)
class Cast:
    """A vote on the target: when (in seconds), by whom, and whether the account is odd."""

    vote: int
    reader: int
    at: float
    is_odd: bool


@dataclass(frozen=True)
class Elsewhere:
    """What is usual: of `all` votes on other targets `odd` are from odd accounts; `rate` of those on one target, a second."""

    odd: int = 0
    all: int = 0
    rate: float = 0.0

    @property
    def share(self) -> float:
        """With ten votes more, one of them odd, the upper end of Wilson's interval (1927): few votes elsewhere say little of
        what is usual. Never so high that nothing could be found."""
        n, p, z = self.all + 10, (self.odd + 1) / (self.all + 10), CAUTION
        upper = (p + z * z / (2 * n) + z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
        return min(0.9, max(LEAST_SHARE, upper))


@dataclass(frozen=True)
class Burst:
    """`votes` are those of the odd accounts in the span; `all` counts every vote in it."""

    votes: tuple[Cast, ...]
    all: int
    share: float
    expected: float
    strength: float


def find(casts: Sequence[Cast], elsewhere: Elsewhere, *, span: float) -> Burst | None:
    """The burst among votes of one sign on one target, or None. `span` in seconds."""
    odd = sorted((cast for cast in casts if cast.is_odd), key=lambda cast: cast.at)
    if len(odd) < FEWEST:
        return None
    first, last = densest([cast.at for cast in odd], span)
    some = odd[first : last + 1]
    if len(some) < FEWEST:
        return None
    every = sum(some[0].at <= cast.at <= some[-1].at for cast in casts)
    expected = max(elsewhere.rate, LEAST_RATE) * span
    strength = min(binomial_tail(len(some), every, elsewhere.share), poisson_tail(len(some), expected))
    if strength < BOUND:
        return None
    return Burst(tuple(some), every, elsewhere.share, expected, strength)


def densest(times: Sequence[float], span: float) -> tuple[int, int]:
    """First and last index of the most times that lie within `span`, the earliest where there are several; ascending."""
    best, first = (0, 0), 0
    for last, at in enumerate(times):
        while at - times[first] > span:
            first += 1
        if last - first > best[1] - best[0]:
            best = first, last
    return best
