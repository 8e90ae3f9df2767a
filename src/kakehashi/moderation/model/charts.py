"""How far what was said and what was done agree, as an SVG picture. The table beside it holds the same figures, and its
colours come from the page's style sheet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

SIDE = 300
LEFT, TOP, RIGHT, BELOW = 48, 18, 30, 52
SMALLEST, LARGEST = 4.0, 14.0


def percent(share: float | str | None) -> str:
    """A dash where there is none, or where a version trained by an earlier release has no such figure ("" in a template)."""
    return (
        "–" if share is None or isinstance(share, str) else _("%(n)s%%") % {"n": number_format(round(100 * share), 0)}
    )


def calibration(bins: Sequence[dict[str, Any]]) -> SafeString:
    """Circles at (said, was), the larger the more decisions; on the line both agree. "" where there is nothing to draw."""
    if not bins:
        return SafeString("")
    title = escape(_("Said and done: how likely a removal was said to be, and how often it came"))
    same = escape(_("The table beside it holds the same figures."))
    width, height = LEFT + SIDE + RIGHT, TOP + SIDE + BELOW
    return mark_safe(
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="calibration-title calibration-desc">'
        f'<title id="calibration-title">{title}</title><desc id="calibration-desc">{same}</desc>'
        f"{_frame()}{_circles(bins)}</svg>"
    )


def _x(share: float) -> float:
    return round(LEFT + SIDE * share, 1)


def _y(share: float) -> float:
    return round(TOP + SIDE * (1 - share), 1)


def _frame() -> str:
    parts = [f'<path class="axis" d="M{LEFT} {TOP}V{TOP + SIDE}H{LEFT + SIDE}"/>']
    parts.append(f'<path class="agree" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(f'<text class="end" x="{LEFT - 8}" y="{_y(share) + 5}">{percent(share)}</text>')
        parts.append(f'<text class="middle" x="{_x(share)}" y="{TOP + SIDE + 20}">{percent(share)}</text>')
    said = escape(_("said"))
    parts.append(f'<text class="middle" x="{_x(0.5)}" y="{TOP + SIDE + 42}">{said}</text>')
    return "".join(parts)


def _circles(bins: Sequence[dict[str, Any]]) -> str:
    most = max(row["decisions"] for row in bins)
    parts = []
    for row in bins:
        radius = SMALLEST + (LARGEST - SMALLEST) * (row["decisions"] / most) ** 0.5
        parts.append(f'<circle class="bar" cx="{_x(row["said"])}" cy="{_y(row["was"])}" r="{radius:.1f}"/>')
    return "".join(parts)
