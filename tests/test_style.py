"""The promises of the style sheet: its weight, its independence of other hosts, and contrast in both schemes."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import django_htmx
import pytest

pytestmark = pytest.mark.once

STATIC = Path(__file__).parents[1] / "src" / "kakehashi" / "static" / "kakehashi"
SHEET = (STATIC / "site.css").read_text(encoding="utf-8")
PALETTE = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", SHEET)
}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1, as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def weight(*files: Path) -> int:
    """Bytes on the wire, each file compressed by itself."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_the_style_sheet_is_light() -> None:
    assert 1_000 < weight(STATIC / "site.css") <= 10_000


def test_all_scripts_of_a_story_page_are_light() -> None:
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    assert weight(htmx, STATIC / "discussion.js", STATIC / "live.js") <= 20_000


def test_the_faces_that_every_page_loads_are_light() -> None:
    faces = [STATIC / "fonts" / f"newsreader-{name}.woff2" for name in ("headline", "text")]
    assert sum(face.stat().st_size for face in faces) <= 48_000


def test_every_file_the_style_sheet_names_is_ours() -> None:
    named = re.findall(r"url\(\"?([^\")]+)", SHEET)
    assert len(named) > 5
    assert [name for name in named if not (STATIC / name).is_file()] == []


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back"),
    [
        ("ink", "paper"),
        ("ink", "shade"),
        ("ink-2", "paper"),
        ("ink-2", "shade"),
        ("accent", "paper"),
        ("accent", "shade"),
        ("on-accent", "accent"),
    ],
)
def test_text_stands_out_from_its_paper(front: str, back: str, scheme: int) -> None:
    assert contrast(PALETTE[front][scheme], PALETTE[back][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(scheme: int) -> None:
    assert contrast(PALETTE["field"][scheme], PALETTE["paper"][scheme]) >= 3
