"""Columns by day as an SVG picture. The table beside it holds the same figures, and its colours come from the page's style
sheet. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kakehashi.moderation.reports.team import Day

WIDTH, HEIGHT, TOP, BELOW = 560, 140, 18, 26


def inflow(days: Sequence[Day]) -> SafeString:
    """What came in each day, as one column; "" where nothing did."""
    sums = [day.held + day.flags + day.notices for day in days]
    most = max(sums, default=0)
    if not most:
        return SafeString("")
    step = WIDTH / len(days)
    parts = []
    for place, n in enumerate(sums):
        height = HEIGHT * n / most
        y = TOP + HEIGHT - height
        parts.append(
            f'<rect class="bar" x="{place * step + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{height:.1f}"/>'
        )
    peak = (sums.index(most) + 0.5) * step
    parts.append(f'<text class="middle" x="{min(max(peak, 20), WIDTH - 20):.1f}" y="{TOP - 4}">{most}</text>')
    ends = (("", 0, days[0]), ("end", WIDTH, days[-1]))
    for kind, x, day in ends:
        label = escape(date_format(day.day, "SHORT_DATE_FORMAT"))
        parts.append(f'<text class="{kind}" x="{x}" y="{TOP + HEIGHT + BELOW - 6}">{label}</text>')
    title = escape(_("What came in each day"))
    same = escape(_("The table beside it holds the same figures."))
    return mark_safe(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {TOP + HEIGHT + BELOW}" role="img" aria-labelledby="inflow-t inflow-d">'
        f'<title id="inflow-t">{title}</title><desc id="inflow-d">{same}</desc>{"".join(parts)}</svg>'
    )
