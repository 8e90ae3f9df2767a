"""Motifs of water: the strait and its bridge, a ferry, the harbour, the open sea, turbines, a lighthouse."""

from __future__ import annotations

import math
from random import Random

from PIL import Image, ImageChops

from kakehashi.archive.demo.pictures.press import (
    ACCENT,
    HEIGHT,
    WIDTH,
    Point,
    Sheet,
    cut,
    disc,
    glow,
    hatch,
    ramp,
    shape,
    strokes,
    together,
)


def ridge(rng: Random, base: float, height: float, *, rough: float = 1.0) -> list[Point]:
    """The outline of hills whose foot lies at `base`, closed below it."""
    phases = [(rng.uniform(0, 6.3), rng.uniform(0.7, 1.3)) for _ in range(5)]
    points: list[Point] = []
    for x in range(-20, WIDTH + 40, 20):
        y = 0.0
        for n, (phase, weight) in enumerate(phases, start=1):
            y += weight * math.sin(x / WIDTH * 2.4 * n**1.35 + phase) / n**1.25
        points.append((x, base - height * (0.5 + 0.28 * y) - rough * rng.uniform(0, height * 0.03)))
    return [*points, (WIDTH + 40, base), (-20, base)]


def water(sheet: Sheet, horizon: float, *, pitch: int = 13) -> Image.Image:
    """Print the water below the horizon and give back its mask."""
    mask = shape([(0, horizon), (WIDTH, horizon), (WIDTH, HEIGHT), (0, HEIGHT)])
    share = horizon / HEIGHT
    sheet.print(ImageChops.multiply(mask, ramp(150, 235, start=share)), sheet.wash)
    tone = ramp(60, 165, start=share, end=1.0)
    sheet.print(hatch(tone, pitch=pitch, sway=7, within=mask), sheet.ink, worn=55)
    return mask


def sun(sheet: Sheet, horizon: float, *, between: tuple[float, float] = (300, 1300), low: float = 90) -> float:
    """A low accent sun; gives back how far to the right it stands."""
    x, y = sheet.rng.uniform(*between), horizon - sheet.rng.uniform(low, low + 170)
    sheet.print(disc(x, y, sheet.rng.uniform(70, 115)), ACCENT, worn=30)
    return x


def reflection(sheet: Sheet, x: float, horizon: float) -> None:
    """The broken path of the sun on the water."""
    rng, lines = sheet.rng, []
    for n in range(13):
        y, wide = horizon + 16 + n * 13 + n * n * 0.9, rng.uniform(18, 52) + n * 7
        off = rng.uniform(-16, 16)
        lines.append([(x + off - wide, y), (x + off + wide, y)])
    path = strokes(lines, 5)
    sheet.clear(path)
    sheet.print(path, ACCENT, worn=25)


def sky(sheet: Sheet, horizon: float, *, dark: int = 120) -> None:
    """Engraved lines that thin towards the horizon."""
    tone = ramp(dark, 20, end=horizon / HEIGHT)
    above = shape([(0, 0), (WIDTH, 0), (WIDTH, horizon), (0, horizon)])
    sheet.print(hatch(tone, pitch=15, sway=3, within=above), sheet.wash, worn=30)


def bridge(sheet: Sheet) -> None:
    """A cable-stayed bridge over a strait."""
    rng, horizon = sheet.rng, sheet.rng.uniform(560, 640)
    sky(sheet, horizon)
    sun_x = sun(sheet, horizon, low=150)
    far = shape(ridge(rng, horizon, rng.uniform(90, 170)))
    sheet.clear(far)
    sheet.print(hatch(ramp(190, 120, start=0.35, end=0.65), angle=64, pitch=9, within=far), sheet.ink, worn=60)
    water(sheet, horizon)
    reflection(sheet, sun_x, horizon)
    deck = horizon - rng.uniform(58, 82)
    towers = [WIDTH * rng.uniform(0.2, 0.28), WIDTH * rng.uniform(0.66, 0.76)]
    top, spread = deck - rng.uniform(270, 340), rng.uniform(330, 390)
    camber = [(x, deck - 26 * math.sin(math.pi * x / WIDTH)) for x in range(-10, WIDTH + 21, 30)]
    cables: list[list[Point]] = []
    for x in towers:
        for n in range(1, 13):
            for side in (-1, 1):
                foot = x + side * spread * n / 12
                cables.append([(x, top + 14 * n), (foot, deck - 26 * math.sin(math.pi * max(0, foot) / WIDTH))])
    sheet.print(strokes(cables, 2.2), sheet.ink, worn=10)
    legs = [[(x - 26, horizon + 46), (x - 5, top), (x + 5, top), (x + 26, horizon + 46)] for x in towers]
    piers = [[(x, deck - 14), (x, horizon + 12)] for x in range(60, WIDTH, 170)]
    sheet.print(ImageChops.lighter(strokes(legs, 11), strokes(piers, 8)), sheet.ink, worn=20)
    sheet.print(strokes([camber], 13), sheet.ink, worn=15)
    sheet.clear(strokes([[(x, y - 2) for x, y in camber]], 2.4))


def hull(x: float, y: float, size: float) -> list[Point]:
    """The side of a small ship whose water line runs from (x, y)."""
    return [
        (x - 0.06 * size, y - 0.16 * size),
        (x + 1.1 * size, y - 0.18 * size),
        (x + 0.98 * size, y),
        (x + 0.04 * size, y),
    ]


def ferry(sheet: Sheet) -> None:
    """A ferry under way, gulls above."""
    rng, horizon = sheet.rng, sheet.rng.uniform(470, 560)
    sky(sheet, horizon, dark=150)
    sun(sheet, horizon, between=(1180, 1420))
    land = shape(ridge(rng, horizon, rng.uniform(60, 120)))
    sheet.print(hatch(ramp(150, 150), angle=70, pitch=10, within=land), sheet.ink, worn=70)
    water(sheet, horizon, pitch=15)
    size, line = rng.uniform(640, 780), horizon + rng.uniform(130, 190)
    x = rng.uniform(180, 360)
    body = shape(hull(x, line, size))
    decks = [
        [
            (x + a * size, line - b * size),
            (x + c * size, line - b * size),
            (x + c * size, line - d * size),
            (x + a * size, line - d * size),
        ]
        for a, c, b, d in ((0.03, 0.93, 0.16, 0.245), (0.1, 0.84, 0.245, 0.31), (0.62, 0.78, 0.31, 0.37))
    ]
    house = ImageChops.lighter(ImageChops.lighter(shape(decks[0]), shape(decks[1])), shape(decks[2]))
    sheet.clear(ImageChops.lighter(body, house))
    sheet.print(hatch(ramp(70, 70), angle=90, pitch=12, sway=0, within=house), sheet.ink, worn=40)
    sheet.print(strokes([[*d, d[0]] for d in decks], 4), sheet.ink, worn=20)
    panes = [
        [(x + size * t, line - 0.205 * size), (x + size * (t + 0.022), line - 0.205 * size)]
        for t in [0.07 + n * 0.042 for n in range(20)]
    ]
    sheet.print(strokes(panes, 17), sheet.ink, worn=20)
    sheet.print(body, sheet.ink, worn=25)
    funnel = shape(
        [
            (x + 0.3 * size, line - 0.31 * size),
            (x + 0.38 * size, line - 0.31 * size),
            (x + 0.37 * size, line - 0.43 * size),
            (x + 0.315 * size, line - 0.43 * size),
        ]
    )
    sheet.clear(funnel)
    sheet.print(funnel, ACCENT, worn=20)
    wake = [
        [(x - 40 - n * rng.uniform(20, 70), line + 8 + n * 15), (x + size * rng.uniform(0.2, 0.9), line + 8 + n * 15)]
        for n in range(4)
    ]
    sheet.clear(strokes(wake, 5))
    gulls(sheet, horizon)


def gulls(sheet: Sheet, horizon: float) -> None:
    """A few birds, each two strokes."""
    rng = sheet.rng
    lines: list[list[Point]] = []
    for _ in range(rng.randint(4, 8)):
        x, y, w = rng.uniform(150, 1450), rng.uniform(110, horizon - 180), rng.uniform(16, 34)
        lines.append(
            [
                (x - w, y - w * 0.35),
                (x - w * 0.45, y - w * 0.5),
                (x, y),
                (x + w * 0.45, y - w * 0.5),
                (x + w, y - w * 0.3),
            ]
        )
    sheet.print(strokes(lines, 4), sheet.ink, worn=10)


def waves(sheet: Sheet) -> None:
    """Rows of rolling water, each a band with white-line crests, under an accent sun."""
    rng, horizon = sheet.rng, sheet.rng.uniform(330, 430)
    sky(sheet, horizon, dark=110)
    sun(sheet, horizon + 60)
    rows = 8
    for row in range(rows):
        depth = row / (rows - 1)
        base, swell, length = horizon + depth**1.35 * 520, 14 + 62 * depth, 150 + 330 * depth
        phase, steep = rng.uniform(0, 6.3), rng.uniform(0.5, 0.8)
        crest: list[Point] = []
        for x in range(-60, WIDTH + 80, 12):
            angle = 2 * math.pi * x / length + phase
            crest.append(
                (
                    x + swell * steep * math.cos(angle),
                    base - swell * math.sin(angle) * (0.8 + 0.2 * math.sin(angle / 3)),
                )
            )
        band = shape([*crest, (WIDTH + 90, HEIGHT), (-80, HEIGHT)])
        sheet.clear(band)
        sheet.print(band, sheet.wash, strength=0.45 + 0.4 * depth, worn=25)
        inner = [[(x, y + swell * (0.24 + 0.3 * n)) for x, y in crest] for n in range(1, 5)]
        sheet.print(strokes([crest], 3 + 6 * depth), sheet.ink, worn=25)
        sheet.print(cut(strokes(inner, 1.6 + 3.4 * depth), ramp(0, 40)), sheet.ink, worn=120)
    gulls(sheet, horizon)


def turbines(sheet: Sheet) -> None:
    """Wind turbines standing in the sea."""
    rng, horizon = sheet.rng, sheet.rng.uniform(620, 690)
    sky(sheet, horizon, dark=135)
    sun_x = sun(sheet, horizon)
    water(sheet, horizon, pitch=12)
    reflection(sheet, sun_x, horizon)
    for depth in sorted(rng.uniform(0.2, 1) for _ in range(9)):
        x, foot = rng.uniform(60, WIDTH - 60), horizon + 6 + 120 * depth**2
        tall, turn = 120 + 330 * depth, rng.uniform(0, 2.1)
        hub = (x, foot - tall)
        parts = [
            [
                (x - 3 - 5 * depth, foot),
                (x - 1.5 - 2 * depth, hub[1]),
                (x + 1.5 + 2 * depth, hub[1]),
                (x + 3 + 5 * depth, foot),
            ]
        ]
        for blade in range(3):
            a, reach, wide = turn + blade * 2 * math.pi / 3, tall * 0.52, 2 + 5 * depth
            tip = (hub[0] + reach * math.cos(a), hub[1] + reach * math.sin(a))
            mid = (hub[0] + reach * 0.3 * math.cos(a + 0.07), hub[1] + reach * 0.3 * math.sin(a + 0.07))
            parts.append([hub, (mid[0] - wide * math.sin(a), mid[1] + wide * math.cos(a)), tip])
        sheet.print(together(parts), sheet.ink, strength=0.4 + 0.6 * depth, worn=20)


def lighthouse(sheet: Sheet) -> None:
    """A lighthouse at night with its beam cut out of the dark."""
    rng, horizon = sheet.rng, sheet.rng.uniform(640, 700)
    x, top = rng.choice([rng.uniform(330, 520), rng.uniform(1080, 1270)]), rng.uniform(210, 270)
    night = ImageChops.subtract(ramp(235, 170, end=0.7), glow(x, top, 620, centre=110))
    sheet.print(hatch(night, pitch=12, sway=4), sheet.ink, worn=45)
    beams = [
        shape([(x, top), (side, top - 150 - 40 * k), (side, top + 60 + 30 * k)])
        for side, k in ((-40, 1), (WIDTH + 40, 0.6))
    ]
    for beam in beams:
        sheet.clear(beam.point(lambda v: int(v * 0.86)))
    water(sheet, horizon, pitch=14)
    rock = shape(
        [
            (x - 330, horizon + 70),
            (x - 210, horizon - 40),
            (x - 70, horizon - 90),
            (x + 90, horizon - 80),
            (x + 240, horizon - 20),
            (x + 350, horizon + 70),
        ]
    )
    sheet.clear(rock)
    sheet.print(hatch(ramp(225, 150, start=0.5, end=0.8), angle=55, pitch=10, within=rock), sheet.ink, worn=60)
    tower = shape([(x - 46, horizon - 80), (x - 27, top + 34), (x + 27, top + 34), (x + 46, horizon - 80)])
    sheet.clear(tower)
    sheet.print(hatch(ramp(60, 60), angle=90, pitch=9, sway=0, within=tower), sheet.ink)
    for n in (1, 3):
        y = top + 34 + n * (horizon - 114 - top) / 5
        band = shape([(x - 60, y), (x + 60, y), (x + 60, y + 70), (x - 60, y + 70)])
        sheet.print(ImageChops.multiply(tower, band), ACCENT, worn=20)
    lamp = shape([(x - 20, top + 34), (x - 20, top - 18), (x, top - 46), (x + 20, top - 18), (x + 20, top + 34)])
    sheet.print(cut(lamp, disc(x, top + 6, 14)), sheet.ink, worn=15)
    sheet.print(strokes([[(x - 38, top + 36), (x + 38, top + 36)]], 7), sheet.ink, worn=15)
