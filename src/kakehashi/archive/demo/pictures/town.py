"""Motifs of towns: harbour, market, city at night."""

from __future__ import annotations

from PIL import ImageChops

from kakehashi.archive.demo.pictures.press import (
    ACCENT,
    HEIGHT,
    WIDTH,
    Point,
    Sheet,
    arc,
    box,
    disc,
    glow,
    hatch,
    ramp,
    shape,
    strokes,
    together,
)
from kakehashi.archive.demo.pictures.sea import gulls, ridge, sky, sun, water


def harbour(sheet: Sheet) -> None:
    """Cranes and stacked boxes along a quay."""
    rng, quay = sheet.rng, sheet.rng.uniform(640, 700)
    sky(sheet, quay, dark=140)
    sun(sheet, quay, low=220)
    hills = shape(ridge(rng, quay, rng.uniform(120, 200)))
    sheet.clear(hills)
    sheet.print(hatch(ramp(130, 90), angle=62, pitch=11, within=hills), sheet.wash, worn=40)
    water(sheet, quay + 44, pitch=13)
    cells = [
        box(60 + n * 74, quay - 38 * level, 70, 34) for n in range(20) for level in range(1, rng.randint(1, 5) + 1)
    ]
    red = [cell for cell in cells if rng.random() < 0.14]
    pale = [cell for cell in cells if cell not in red and rng.random() < 0.45]
    dark = [cell for cell in cells if cell not in red and cell not in pale]
    sheet.clear(together(cells))
    sheet.print(together(dark), sheet.ink, worn=50)
    sheet.print(hatch(ramp(120, 120), angle=90, pitch=9, sway=0, within=together(pale)), sheet.ink)
    if red:
        sheet.print(together(red), ACCENT, worn=30)
    sheet.print(strokes([[*cell, cell[0]] for cell in cells], 2.5), sheet.ink, worn=10)
    for n in range(rng.randint(2, 3)):
        crane(sheet, 260 + n * rng.uniform(430, 520), quay, rng.uniform(330, 420))
    sheet.print(shape(box(-10, quay, WIDTH + 20, 46)), sheet.ink, worn=40)
    gulls(sheet, quay - 120)


def crane(sheet: Sheet, x: float, foot: float, tall: float) -> None:
    """A quay crane with its arm over the water."""
    top = foot - tall
    arm = [(x - 150, top + 40), (x + 330, top + 40)]
    frame = [
        [(x, foot), (x + 18, top)],
        [(x + 110, foot), (x + 92, top)],
        [(x + 18, top), (x + 92, top)],
        [(x, foot - tall * 0.4), (x + 110, foot - tall * 0.4)],
    ]
    stays = [
        [(x + 55, top - 80), (x + 320, top + 40)],
        [(x + 55, top - 80), (x - 140, top + 40)],
        [(x + 55, top - 80), (x + 190, top + 40)],
    ]
    brace = [[(x + 4, foot - tall * 0.4), (x + 92, top)], [(x + 106, foot - tall * 0.4), (x + 18, top)]]
    rope = [[(x + 250, top + 40), (x + 250, top + 150)]]
    sheet.print(strokes([arm, *frame], 12), sheet.ink, worn=20)
    sheet.print(strokes([[(x + 55, top), (x + 55, top - 80)], *stays, *brace, *rope], 4), sheet.ink, worn=10)
    sheet.print(shape(box(x + 222, top + 150, 58, 28)), ACCENT, worn=20)


def market(sheet: Sheet) -> None:
    """Striped awnings over stalls, roofs behind."""
    rng = sheet.rng
    roofs = [box(n * 190 - 40, 150 + rng.uniform(-40, 90), 192, 700) for n in range(10)]
    gables = [
        [(r[0][0] - 8, r[0][1]), (r[0][0] + 95, r[0][1] - rng.uniform(60, 120)), (r[1][0] + 8, r[1][1])] for r in roofs
    ]
    sky(sheet, 420, dark=110)
    sheet.clear(together([*roofs, *gables]))
    sheet.print(hatch(ramp(70, 120, end=0.6), angle=90, pitch=14, sway=3, within=together(roofs)), sheet.wash, worn=40)
    sheet.print(hatch(ramp(180, 180), angle=30, pitch=11, within=together(gables)), sheet.ink, worn=50)
    panes = [box(r[0][0] + a, r[0][1] + b, 34, 54) for r in roofs for a in (34, 120) for b in (40, 140, 240)]
    sheet.print(together(panes), sheet.ink, worn=60)
    for row, (top, deep) in enumerate(((470, 130), (640, 170))):
        awnings(sheet, top, deep, row)


def awnings(sheet: Sheet, top: float, deep: float, row: int) -> None:
    """One row of stalls: scalloped stripes above, crates below."""
    rng, wide = sheet.rng, 300 + 90 * row
    shade = shape(box(-10, top + deep * 0.5, WIDTH + 20, HEIGHT))
    sheet.clear(shade)
    sheet.print(hatch(ramp(215, 235, start=0.5), angle=0, pitch=12, sway=4, within=shade), sheet.ink, worn=50)
    red = rng.randrange(3)
    plain: list[list[list[Point]]] = []
    accent: list[list[list[Point]]] = []
    for n in range(-1, 6):
        x, step = n * wide + row * 120 - 30, (wide - 26) / 8
        bands = []
        for stripe in range(8):
            a, b = x + 24 + stripe * (step - 6), x + 24 + (stripe + 1) * (step - 6)
            c, d = x + stripe * step, x + (stripe + 1) * step
            hem = arc((c + d) / 2, top + deep, (d - c) / 2, 22, turn=0.5, steps=8)
            bands.append([(a, top), (b, top), (d, top + deep), *hem, (c, top + deep)])
        (accent if n % 3 == red else plain).append(bands)
    every = [band for bands in (*plain, *accent) for band in bands]
    sheet.clear(together(every))
    sheet.print(together([band for bands in plain for band in bands[::2]]), sheet.ink, worn=30)
    sheet.print(together([band for bands in accent for band in bands[::2]]), ACCENT, worn=30)
    sheet.print(strokes([[*band, band[0]] for band in every], 3), sheet.ink, worn=10)
    crates(sheet, [n * wide + row * 120 - 10 for n in range(-1, 6)], top + deep + 70 + 30 * row, wide - 70)


def crates(sheet: Sheet, stalls: list[float], y: float, wide: float) -> None:
    """Three crates of round things under each stall."""
    rng, across = sheet.rng, wide / 3 - 14
    plain: list[list[Point]] = []
    accent: list[list[Point]] = []
    boards: list[list[Point]] = []
    slats: list[list[Point]] = []
    for left in [x + n * wide / 3 for x in stalls for n in range(3)]:
        heap = [arc(left + rng.uniform(14, across - 14), y + rng.uniform(-10, 8), 15, 15, steps=12) for _ in range(9)]
        (accent if rng.random() < 0.4 else plain).extend(heap)
        boards.append(box(left, y + 6, across, 62))
        slats += [[*boards[-1], boards[-1][0]], *([(left, y + k), (left + across, y + k)] for k in (26, 47))]
    sheet.clear(together(plain + accent))
    sheet.print(together(accent), ACCENT, worn=25)
    sheet.print(strokes(plain + accent, 2.5), sheet.ink)
    sheet.clear(together(boards))
    sheet.print(strokes(slats, 3.5), sheet.ink)


def night_city(sheet: Sheet) -> None:
    """Roofs and lit windows under a moon."""
    rng = sheet.rng
    mx, my = rng.uniform(250, 1350), rng.uniform(150, 260)
    night = ImageChops.subtract(ramp(240, 130, end=0.75), glow(mx, my, 520, centre=150))
    sheet.print(hatch(night, pitch=12, sway=5), sheet.ink, worn=40)
    sheet.clear(disc(mx, my, 66))
    for row, (base, tone) in enumerate(((720, 90), (860, 170), (1020, 255))):
        x, blocks, panes = -20.0, [], []
        while x < WIDTH:
            wide, tall = rng.uniform(80, 190), rng.uniform(120, 330 - 50 * row)
            top = base - tall
            blocks.append(box(x, top, wide, tall + 300))
            if rng.random() < 0.4:
                blocks.append([(x - 6, top + 1), (x + wide / 2, top - rng.uniform(30, 70)), (x + wide + 6, top + 1)])
            elif rng.random() < 0.4:
                blocks.append(box(x + wide * 0.3, top - 40, 20, 42))
            panes += [
                box(x + 16 + a * 30, top + 22 + b * 42, 15, 22)
                for a in range(int((wide - 22) // 30))
                for b in range(int((tall + 60) // 42))
                if rng.random() < 0.42
            ]
            x += wide + rng.choice((0, 0, 6, 16))
        mass = together(blocks)
        sheet.clear(mass)
        sheet.print(
            mass if tone == 255 else hatch(ramp(tone + 40, tone + 70), angle=90, pitch=8, sway=1, within=mass),
            sheet.ink,
            worn=35,
        )
        sheet.clear(together(panes))
        lit = [pane for pane in panes if rng.random() < (0.12, 0.22, 0.4)[row]]
        if lit:
            sheet.print(together(lit), ACCENT, strength=0.95, worn=10)
