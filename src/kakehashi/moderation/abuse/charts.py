"""Votes over time as an SVG picture; the table below it holds the same figures. Its colours come from the style sheet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

BINS = 24
BAR, GAP, HEIGHT = 20, 4, 160
LEFT, TOP, RIGHT, BELOW = 40, 12, 8, 28


@dataclass(frozen=True)
class Bin:
    """Votes cast from `at` until the next one begins; `odd` are those of the alarm."""

    at: datetime
    odd: int
    others: int

    @property
    def all(self) -> int:
        return self.odd + self.others


def bins(times: Sequence[tuple[datetime, bool]], since: datetime, until: datetime) -> list[Bin]:
    """BINS stretches of the same length; `times` with whether a vote is one of the alarm's, in any order."""
    width = max((until - since) / BINS, timedelta(seconds=1))
    odd, others = [0] * BINS, [0] * BINS
    for at, is_odd in times:
        place = min(BINS - 1, max(0, int((at - since) / width)))
        (odd if is_odd else others)[place] += 1
    return [Bin(since + width * place, odd[place], others[place]) for place in range(BINS)]


def over_time(found: Sequence[Bin]) -> SafeString:
    """Bars, those of the alarm's votes below the others; "" without votes."""
    most = max((one.all for one in found), default=0)
    if not most:
        return SafeString("")
    width, height = LEFT + len(found) * (BAR + GAP) + RIGHT, TOP + HEIGHT + BELOW
    title = escape(_("Votes over time"))
    same = escape(_("The table below holds the same figures."))
    bars = "".join(_bar(place, one, most) for place, one in enumerate(found))
    return mark_safe(
        f'<svg class="chart wide" viewBox="0 0 {width} {height}" role="img" aria-labelledby="votes-title votes-desc">'
        f'<title id="votes-title">{title}</title><desc id="votes-desc">{same}</desc>'
        f'<path class="axis" d="M{LEFT} {TOP}V{TOP + HEIGHT}H{width - RIGHT}"/>'
        f'<text class="end" x="{LEFT - 6}" y="{TOP + 10}">{number_format(most)}</text>'
        f'<text class="end" x="{LEFT - 6}" y="{TOP + HEIGHT}">0</text>{bars}{_hours(found)}</svg>'
    )


def _bar(place: int, one: Bin, most: int) -> str:
    x, odd, others = LEFT + GAP + place * (BAR + GAP), HEIGHT * one.odd / most, HEIGHT * one.others / most
    parts = ""
    if one.odd:
        parts += f'<rect class="bar" x="{x}" y="{TOP + HEIGHT - odd:.1f}" width="{BAR}" height="{odd:.1f}"/>'
    if one.others:
        y = TOP + HEIGHT - odd - others
        parts += f'<rect class="bar others" x="{x}" y="{y:.1f}" width="{BAR}" height="{others:.1f}"/>'
    return parts


def _hours(found: Sequence[Bin]) -> str:
    marks = ""
    for place in range(0, len(found), 6):
        at = date_format(timezone.localtime(found[place].at), "TIME_FORMAT")
        marks += f'<text x="{LEFT + GAP + place * (BAR + GAP)}" y="{TOP + HEIGHT + 20}">{escape(at)}</text>'
    return marks
