"""Charts as SVG, drawn here: bars, columns of a scale, average places. Each says in letters and figures what it shows, so
nothing hangs on colour, and takes its colours from the page's style sheet. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from kakehashi.surveys.results import Outcome, Rank, Row

WIDTH = 360
LINE = 30
LEFT, RIGHT = 30, 54
SCALE_HEIGHT = 150
# Stands where a group is held back.
HELD_BACK = "–"


def chart(outcome: Outcome) -> SafeString:
    """The chart of a question; "" where there is nothing to draw. Its name for screen readers says to read the table."""
    rows = [row for row in outcome.rows if row.letter]
    if outcome.is_empty:
        return SafeString("")
    if outcome.ranks:
        return _svg(outcome, len(outcome.ranks) * LINE + 22, _places(outcome.ranks))
    if outcome.item.kind == "scale":
        return _svg(outcome, SCALE_HEIGHT + 46, _columns(rows))
    return _svg(outcome, len(rows) * LINE, _bars(rows))


def percent(share: float | None) -> str:
    return HELD_BACK if share is None else _("%(n)s%%") % {"n": number_format(round(100 * share), 0)}


def _svg(outcome: Outcome, height: int, inside: str) -> SafeString:
    name = f"chart-{outcome.item.pk}"
    title = escape(_("Chart: %(question)s") % {"question": outcome.item.text})
    same = escape(_("The table beside it holds the same figures."))
    return mark_safe(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{title}</title>'
        f'<desc id="{name}-desc">{same}</desc>{inside}</svg>'
    )


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{escape(words)}</text>'


def _bars(rows: Sequence[Row]) -> str:
    """A line for each answer: its letter, its bar, its share."""
    room = WIDTH - LEFT - RIGHT
    parts = []
    for place, row in enumerate(rows):
        y = place * LINE
        parts.append(_text(LEFT - 10, y + 20, row.letter, "end"))
        if row.share is None:
            parts.append(f'<rect class="held" x="{LEFT}" y="{y + 5}" width="{room}" height="20"/>')
            parts.append(_text(LEFT + room + 8, y + 20, HELD_BACK))
            continue
        width = max(room * min(row.share, 1.0), 1)
        parts.append(f'<rect class="all" x="{LEFT}" y="{y + 5}" width="{room}" height="20"/>')
        parts.append(f'<rect class="bar" x="{LEFT}" y="{y + 5}" width="{width:.1f}" height="20"/>')
        parts.append(_text(LEFT + room + 8, y + 20, percent(row.share)))
    return "".join(parts)


def _columns(rows: Sequence[Row]) -> str:
    """A column for each step, the highest one as high as there is room."""
    step = WIDTH / len(rows)
    most = max((row.share or 0.0 for row in rows), default=0.0) or 1.0
    parts = []
    for place, row in enumerate(rows):
        middle, width = (place + 0.5) * step, step * 0.7
        x = middle - width / 2
        if row.share is None:
            parts.append(f'<rect class="held" x="{x:.1f}" y="20" width="{width:.1f}" height="{SCALE_HEIGHT}"/>')
            parts.append(_text(middle, 14, HELD_BACK, "middle"))
        else:
            height = max(SCALE_HEIGHT * row.share / most, 1)
            y = 20 + SCALE_HEIGHT - height
            parts.append(f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>')
            parts.append(_text(middle, y - 6, percent(row.share), "middle"))
        parts.append(_text(middle, SCALE_HEIGHT + 40, row.letter, "middle"))
    return "".join(parts)


def _places(ranks: Sequence[Rank]) -> str:
    """A line for each answer with a mark at its average place; the best place is at the left."""
    room, last = WIDTH - LEFT - RIGHT, max(len(ranks), 2)
    parts = []
    for place, rank in enumerate(ranks):
        y = place * LINE + 15
        x = LEFT + room * (rank.average - 1) / (last - 1)
        parts.append(_text(LEFT - 10, y + 5, rank.letter, "end"))
        parts.append(f'<path class="axis" d="M{LEFT} {y}H{LEFT + room}"/>')
        parts.append(f'<circle class="bar" cx="{x:.1f}" cy="{y}" r="8"/>')
        parts.append(_text(LEFT + room + 12, y + 5, number_format(round(rank.average, 1), 1)))
    y = len(ranks) * LINE + 16
    parts.append(_text(LEFT, y, "1", "middle") + _text(LEFT + room, y, str(last), "middle"))
    return "".join(parts)
