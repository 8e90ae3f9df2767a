"""Motifs of the land: mountains, fields, a forest, a workshop's sheet of signs."""

from __future__ import annotations

import math

from PIL import ImageChops

from kakehashi.archive.demo.pictures.press import (
    ACCENT,
    HEIGHT,
    WIDTH,
    Point,
    Sheet,
    arc,
    box,
    cut,
    hatch,
    ramp,
    shape,
    strokes,
    together,
)
from kakehashi.archive.demo.pictures.sea import ridge, sky, sun


def mountains(sheet: Sheet) -> None:
    """Ranges one behind the other, darker as they come near."""
    sky(sheet, 560, dark=120)
    sun(sheet, 470, low=110)
    for n, (base, tall) in enumerate(((560, 330), (690, 300), (830, 260), (1010, 240))):
        outline = peaks(sheet, base, tall)
        mass = shape(outline)
        sheet.clear(mass)
        tone = ramp(70 + 40 * n, 20 + 42 * n, start=(base - tall) / HEIGHT, end=base / HEIGHT)
        if n == 3:
            sheet.print(mass, sheet.ink, worn=45)
        else:
            sheet.print(mass, sheet.wash, strength=0.25 + 0.22 * n, worn=30)
            sheet.print(hatch(tone, angle=(58, 122, 64)[n], pitch=10, sway=4, within=mass), sheet.ink, worn=60)
        sheet.print(strokes([outline[:-2]], 4), sheet.ink, worn=20)


def peaks(sheet: Sheet, base: float, tall: float) -> list[Point]:
    """A jagged outline, closed below."""
    rng, x = sheet.rng, -80.0
    points: list[Point] = []
    up = True
    while x < WIDTH + 100:
        height = rng.uniform(0.62, 1.0) if up else rng.uniform(0.18, 0.5)
        target = (x, base - tall * height)
        if points:
            px, py = points[-1]
            for k in range(1, 6):
                points.append((px + (target[0] - px) * k / 6, py + (target[1] - py) * k / 6 + rng.uniform(-9, 9)))
        points.append(target)
        x += rng.uniform(90, 210)
        up = not up
    return [*points, (WIDTH + 120, HEIGHT + 20), (-100, HEIGHT + 20)]


def fields(sheet: Sheet) -> None:
    """Ploughed rows running to a farm on the horizon."""
    rng, horizon = sheet.rng, sheet.rng.uniform(400, 470)
    sky(sheet, horizon, dark=130)
    sun(sheet, horizon, low=70)
    hills = shape(ridge(rng, horizon, 110))
    sheet.clear(hills)
    sheet.print(hatch(ramp(150, 100), angle=60, pitch=10, within=hills), sheet.wash, worn=40)
    vanish = (rng.uniform(500, 1100), horizon - 30)
    ground = shape(box(-10, horizon, WIDTH + 20, HEIGHT))
    sheet.clear(ground)
    edges = [vanish[0] + (k - 24) * 150 for k in range(49)]
    rows = [[vanish, (edges[k], HEIGHT + 40), (edges[k + 1], HEIGHT + 40)] for k in range(0, 48, 2)]
    sheet.print(ImageChops.multiply(ground, together(rows)), sheet.wash, worn=30)
    furrows = ImageChops.multiply(ground, strokes([[vanish, (edge, HEIGHT + 40)] for edge in edges], 5))
    sheet.print(cut(furrows, ramp(120, 0, start=horizon / HEIGHT, end=horizon / HEIGHT + 0.15)), sheet.ink, worn=50)
    sheet.print(
        hatch(
            ramp(0, 120, start=horizon / HEIGHT),
            angle=8,
            pitch=12,
            sway=6,
            within=ImageChops.multiply(ground, together(rows)),
        ),
        sheet.ink,
        worn=60,
    )
    farm(sheet, rng.uniform(250, 1250), horizon + 12)
    trees(sheet, [(rng.uniform(20, WIDTH - 20), horizon + rng.uniform(2, 26), rng.uniform(34, 62)) for _ in range(9)])


def farm(sheet: Sheet, x: float, foot: float) -> None:
    """A house and a barn with an accent roof."""
    walls = together([box(x, foot - 62, 120, 62), box(x + 126, foot - 46, 170, 46)])
    sheet.clear(walls)
    sheet.print(hatch(ramp(70, 70), angle=90, pitch=10, sway=0, within=walls), sheet.ink)
    roofs = together(
        [
            [(x - 10, foot - 60), (x + 30, foot - 112), (x + 90, foot - 112), (x + 130, foot - 60)],
            [(x + 120, foot - 45), (x + 150, foot - 92), (x + 280, foot - 92), (x + 304, foot - 45)],
        ]
    )
    sheet.clear(roofs)
    sheet.print(roofs, ACCENT, worn=30)
    sheet.print(
        together([box(x + 22, foot - 40, 18, 24), box(x + 76, foot - 40, 18, 24), box(x + 190, foot - 34, 36, 34)]),
        sheet.ink,
    )


def trees(sheet: Sheet, places: list[tuple[float, float, float]]) -> None:
    """Round trees, each with its place and size."""
    crowns = together([arc(x, foot - size * 1.2, size * 0.62, size * 0.62) for x, foot, size in places])
    sheet.clear(crowns)
    sheet.print(hatch(ramp(190, 190), angle=45, pitch=8, sway=2, within=crowns), sheet.ink)
    sheet.print(strokes([[(x, foot), (x, foot - size * 0.8)] for x, foot, size in places], 5), sheet.ink)


def forest(sheet: Sheet) -> None:
    """Bare trunks in ranks and one animal in the accent colour, crossing a gap between them."""
    rng = sheet.rng
    sky(sheet, 700, dark=90)
    ground = shape(ridge(rng, HEIGHT + 20, 420, rough=0.3))
    sheet.clear(ground)
    sheet.print(hatch(ramp(60, 150, start=0.6), angle=6, pitch=13, sway=7, within=ground), sheet.wash, worn=40)
    gap = rng.uniform(430, 900)
    for depth in (0.25, 0.5, 0.75, 1.0):
        trunks = []
        for _ in range(int(28 - 16 * depth)):
            x, wide, lean = rng.uniform(-30, WIDTH + 30), (7 + 34 * depth) * rng.uniform(0.6, 1.2), rng.uniform(-30, 30)
            if depth > 0.5 and gap - 60 < x < gap + 340:
                continue
            foot = 640 + 330 * depth + rng.uniform(-30, 30)
            trunks.append(
                [
                    (x - wide * 0.7, foot),
                    (x - wide * 0.4 + lean, -10),
                    (x + wide * 0.4 + lean, -10),
                    (x + wide * 0.7, foot),
                ]
            )
        mass = together(trunks)
        sheet.clear(mass)
        tone = ramp(int(90 + 110 * depth), int(120 + 120 * depth))
        lines = hatch(tone, angle=96, pitch=8, sway=3, within=mass)
        sheet.print(lines, sheet.ink, strength=0.45 + 0.55 * depth, worn=60)
        sheet.print(strokes([[*trunk, trunk[0]] for trunk in trunks], 1 + 3 * depth), sheet.ink, worn=40)
        if depth == 0.5:
            wolf(sheet, gap, 850)


def wolf(sheet: Sheet, x: float, foot: float) -> None:
    """A wolf walking, one solid shape."""
    outline = [
        (0, -66), (30, -80), (100, -82), (128, -92), (150, -106), (160, -124), (166, -108), (174, -122), (178, -104),
        (190, -96), (216, -84), (214, -76), (184, -72), (172, -62), (158, -44), (162, -20), (172, -2), (158, -2),
        (148, -22), (142, -38), (134, -20), (126, -2), (112, -2), (120, -22), (118, -42), (60, -44), (44, -34),
        (52, -16), (62, -2), (48, -2), (36, -20), (30, -32), (16, -18), (2, -2), (-12, -2), (8, -26), (6, -48),
        (-18, -40), (-46, -16), (-54, -22), (-30, -50),
    ]  # fmt: skip
    body = shape([(x + 60 + a * 1.2, foot + b * 1.2) for a, b in outline])
    sheet.clear(body)
    sheet.print(body, ACCENT, worn=20)


def type_case(sheet: Sheet) -> None:
    """A sheet of printer's ornaments: circles, bars, waves and half moons in a grid."""
    rng, step = sheet.rng, 160
    cells = [(80 + (cell % 9) * step, 20 + (cell // 9) * step) for cell in range(54)]
    kinds = [rng.randrange(6) for _ in cells]
    accents = set(rng.sample(range(54), 7))
    for colour, chosen in ((sheet.ink, False), (ACCENT, True)):
        of = [[at for n, at in enumerate(cells) if kinds[n] == kind and (n in accents) is chosen] for kind in range(6)]
        tiles = [together([box(x + 5, y + 5, step - 10, step - 10) for x, y in group]) for group in of]
        rounds = {
            r: together([arc(x + 80, y + 80, r, r, steps=60) for group in (of[0], of[2]) for x, y in group])
            for r in (68, 48, 28)
        }
        sheet.print(cut(tiles[0], rounds[48]), colour, worn=40)
        sheet.print(hatch(ramp(150, 150), angle=45 if chosen else 0, pitch=15, sway=0, within=tiles[1]), colour)
        sheet.print(cut(ImageChops.lighter(cut(rounds[68], rounds[48]), rounds[28]), tiles[0]), colour, worn=40)
        curves = [
            [(x + 8 + t * 4.8, y + 30 + k * 25 + 9 * math.sin(t / 4.8)) for t in range(31)]
            for x, y in of[3]
            for k in range(5)
        ]
        sheet.print(strokes(curves, 6), colour, worn=30)
        sheet.print(
            together([[(x + 5, y + 5), (x + step - 5, y + 5), (x + 5, y + step - 5)] for x, y in of[4]]),
            colour,
            worn=40,
        )
        sheet.print(tiles[5], sheet.wash, worn=30)
        sheet.print(together([arc(x + 80, y + 80, 52, -52, turn=0.5) for x, y in of[5]]), colour, worn=40)
