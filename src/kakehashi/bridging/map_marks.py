"""The marks of which the opinion map is drawn: each camp has its own shape and its own hatching."""

from __future__ import annotations

from html import escape

# Lines in a square of eight: none, rising, falling, both, level, upright.
_HATCHINGS = ("", "M-2 2L2 -2M0 8L8 0M6 10L10 6", "M-2 6L2 10M0 0L8 8M6 -2L10 2", "M0 4H8M4 0V8", "M0 4H8", "M4 0V8")


def letter(camp: int) -> str:
    """a, b, c … for the camps 0, 1, 2 …"""
    return chr(ord("a") + camp)


def pattern(camp: int, name: str) -> str:
    """The hatching of a camp: a light tone for the first one, lines for the others."""
    lines = _HATCHINGS[camp % len(_HATCHINGS)]
    tone = '<rect width="8" height="8" fill="currentColor" fill-opacity="0.25"/>' if not lines else ""
    drawn = f'<path d="{lines}" stroke="currentColor" stroke-width="1.4"/>' if lines else ""
    size = 'width="8" height="8" patternUnits="userSpaceOnUse"'
    return f'<pattern id="{name}-{letter(camp)}" {size} class="map-camp-{letter(camp)}">{tone}{drawn}</pattern>'


def _look(camp: int, name: str) -> str:
    return (
        f'class="map-camp-{letter(camp)}" fill="url(#{name}-{letter(camp)})" stroke="currentColor" stroke-width="1.5"'
    )


def bar(camp: int, x: float, bottom: float, width: float, height: float, name: str) -> str:
    """A bar that stands on `bottom`, its middle at `x`."""
    return (
        f'<rect x="{x - width / 2:.1f}" y="{bottom - height:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f" {_look(camp, name)}/>"
    )


def shape(camp: int, x: float, y: float, size: float, name: str) -> str:
    """A circle, square, triangle or diamond of about the same area, `size` the radius of the circle."""
    if camp % 4 == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" {_look(camp, name)}/>'
    corners = (
        ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
        ((0, -1.4), (1.3, 0.9), (-1.3, 0.9)),
        ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    )[camp % 4 - 1]
    points = " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" {_look(camp, name)}/>'


def number(x: float, y: float, value: int, told: str, paper: str) -> str:
    """A number in a ring, with what it stands for as its title."""
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{paper}" stroke="currentColor"/>'
    return f'<g class="map-mark"><title>{escape(told)}</title>{ring}{label(x, y + 3.5, str(value), size=10)}</g>'


def own_dot(x: float, y: float, paper: str) -> str:
    """The dot of the one who looks: filled, with a ring around."""
    where = f'cx="{x:.1f}" cy="{y:.1f}"'
    return (
        f'<g class="map-own"><circle {where} r="7" fill="{paper}" stroke="currentColor" stroke-width="2"/>'
        f'<circle {where} r="3.5" fill="currentColor"/></g>'
    )


def label(x: float, y: float, text: str, *, anchor: str = "middle", size: int | None = None) -> str:
    """A text whose middle (or start) stands at `x`."""
    tall = f' font-size="{size}"' if size else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{tall} fill="currentColor">{escape(text)}</text>'
