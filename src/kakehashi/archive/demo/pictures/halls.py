"""Motifs of great rooms: stadium, assembly, stage."""

from __future__ import annotations

import math

from PIL import ImageChops

from kakehashi.archive.demo.pictures.press import (
    ACCENT,
    WIDTH,
    Point,
    Sheet,
    box,
    cut,
    disc,
    glow,
    hatch,
    ramp,
    shape,
    strokes,
    together,
)
from kakehashi.archive.demo.pictures.sea import sky


def stadium(sheet: Sheet) -> None:
    """Rings of seats around a pitch, floodlights above."""
    rng = sheet.rng
    cx, cy = WIDTH / 2 + rng.uniform(-160, 160), rng.uniform(640, 700)
    night = ImageChops.subtract(ramp(205, 120, end=0.5), glow(cx, 330, 760, centre=120))
    sheet.print(hatch(night, pitch=14, sway=3), sheet.ink, worn=45)

    def ring(rx: float, ry: float) -> list[Point]:
        return [(cx + rx * math.cos(t), cy + ry * math.sin(t)) for t in (k * math.pi / 60 for k in range(121))]

    bowl = shape(ring(1000, 430))
    sheet.clear(bowl)
    for n in range(12):
        outer, inner = 1000 - 44 * n, 430 - 20 * n
        mask = cut(shape(ring(outer, inner)), shape(ring(outer - 34, inner - 15)))
        if n in (rng.randrange(12), 5):
            sheet.print(mask, ACCENT, worn=40)
        else:
            sheet.print(
                hatch(ramp(230, 90, start=0.25), angle=80 if n % 2 else 100, pitch=9, sway=2, within=mask),
                sheet.ink,
                worn=90,
            )
    aisles = [
        [(cx + 480 * math.cos(t), cy + 200 * math.sin(t)), (cx + 1000 * math.cos(t), cy + 430 * math.sin(t))]
        for t in (k * math.pi / 14 for k in range(28))
    ]
    sheet.clear(strokes(aisles, 7))
    pitch = shape(ring(468, 186))
    sheet.clear(pitch)
    sheet.print(pitch, sheet.wash, worn=30)
    mown = together([box(cx - 480 + k * 120, cy - 200, 60, 400) for k in range(8)])
    sheet.print(ImageChops.multiply(pitch, mown), sheet.wash, strength=0.6, worn=30)
    marks = [
        ring(380, 140),
        [(cx, cy - 140), (cx, cy + 140)],
        [(cx + 70 * math.cos(t), cy + 27 * math.sin(t)) for t in (k * 0.2618 for k in range(25))],
    ]
    sheet.clear(strokes(marks, 4))
    for side in (-1, 1):
        x = cx + side * 640
        sheet.print(strokes([[(x, cy - 290), (x, 150)]], 9), sheet.ink, worn=10)
        sheet.print(shape(box(x - 62, 90, 124, 66)), sheet.ink, worn=10)
        lamps = [(x - 42 + a * 28, 108 + b * 28) for a in range(4) for b in range(2)]
        sheet.clear(
            together(
                [
                    [(u + 10 * math.cos(t), v + 10 * math.sin(t)) for t in (k * 0.6283 for k in range(10))]
                    for u, v in lamps
                ]
            )
        )


def assembly(sheet: Sheet) -> None:
    """A portico with columns and steps; a flag in the accent."""
    rng = sheet.rng
    sky(sheet, 760, dark=150)
    cx = WIDTH / 2 + rng.uniform(-120, 120)
    dome = shape([(cx + 250 * math.cos(t), 330 - 210 * math.sin(t)) for t in (k * math.pi / 40 for k in range(41))])
    drum = shape(box(cx - 270, 326, 540, 60))
    sheet.clear(ImageChops.lighter(dome, drum))
    ribs = [
        [(cx + 250 * math.cos(math.pi * k / 12), 330), (cx + 120 * math.cos(math.pi * k / 12), 160), (cx, 120)]
        for k in range(13)
    ]
    sheet.print(hatch(ramp(70, 190, start=0.1, end=0.35), pitch=9, sway=0, within=dome), sheet.ink, worn=40)
    sheet.print(ImageChops.multiply(dome, strokes(ribs, 5)), sheet.ink, worn=10)
    sheet.print(hatch(ramp(150, 150), angle=90, pitch=18, sway=0, within=drum), sheet.ink)
    sheet.print(strokes([[(cx, 124), (cx, 44)]], 7), sheet.ink)
    sheet.print(shape([(cx + 4, 46), (cx + 96, 60), (cx + 70, 78), (cx + 98, 98), (cx + 4, 92)]), ACCENT, worn=15)
    pediment = [(cx - 560, 500), (cx, 372), (cx + 560, 500)]
    sheet.clear(shape([*pediment, (cx + 560, 860), (cx - 560, 860)]))
    inner = shape([(cx - 440, 490), (cx, 392), (cx + 440, 490)])
    sheet.print(hatch(ramp(140, 140), angle=45, pitch=11, sway=0, within=inner), sheet.ink)
    sheet.print(strokes([[*pediment, pediment[0]], [(cx - 440, 490), (cx, 392), (cx + 440, 490)]], 6), sheet.ink)
    sheet.print(shape(box(cx - 560, 500, 1120, 36)), sheet.ink, worn=30)
    sheet.print(shape(box(cx - 530, 540, 1060, 330)), sheet.ink, worn=45)
    columns = [cx - 500 + k * 125 for k in range(9)]
    sheet.clear(together([box(x - 30, 540, 60, 320) for x in columns]))
    sheet.print(
        hatch(ramp(120, 120), angle=90, pitch=11, sway=0, within=together([box(x - 8, 548, 36, 306) for x in columns])),
        sheet.ink,
        worn=20,
    )
    for step in range(5):
        slab = shape(box(cx - 600 - 60 * step, 860 + 28 * step, 1200 + 120 * step, 28))
        sheet.clear(slab)
        sheet.print(
            strokes([[(cx - 600 - 60 * step, 861 + 28 * step), (cx + 600 + 60 * step, 861 + 28 * step)]], 5), sheet.ink
        )
        sheet.print(hatch(ramp(80, 80), pitch=9, sway=1, within=slab), sheet.wash)


def stage(sheet: Sheet) -> None:
    """A stage between curtains, rows of heads before it."""
    rng = sheet.rng
    spot = rng.uniform(620, 980)
    back = ImageChops.subtract(ramp(225, 170, end=0.7), glow(spot, 520, 640, centre=230))
    sheet.print(hatch(back, pitch=12, sway=2), sheet.ink, worn=40)
    sheet.clear(
        shape([(spot - 40, 20), (spot + 40, 20), (spot + 300, 740), (spot - 300, 740)]).point(lambda v: v * 3 // 4)
    )
    sheet.print(hatch(ramp(60, 60), pitch=14, sway=0, within=shape(box(0, 700, WIDTH, 90))), sheet.ink)
    sheet.print(strokes([[(0, 700), (WIDTH, 700)]], 5), sheet.ink)
    piano(sheet, spot, 706)
    for side in (0, 1):
        edge = 0 if side == 0 else WIDTH
        folds: list[list[Point]] = []
        for n in range(7):
            far = (300 - n * 46) * (1 if side == 0 else -1)
            folds.append([(edge + far, 0), (edge + far * 0.93, 300), (edge + far * 0.7, 560), (edge + far * 1.04, 800)])
        drape = shape([(edge, 0), *folds[0], (edge, 800)])
        sheet.clear(drape)
        sheet.print(drape, ACCENT, worn=35)
        sheet.print(ImageChops.multiply(drape, strokes(folds, 9)), sheet.ink, worn=40)
    valance = shape(
        [(0, 0), (WIDTH, 0), *[(WIDTH - k * 20, 92 + 34 * abs(math.sin(k * math.pi / 10))) for k in range(81)]]
    )
    sheet.clear(valance)
    sheet.print(valance, ACCENT, worn=35)
    sheet.print(hatch(ramp(90, 150, end=0.14), angle=90, pitch=20, sway=2, within=valance), sheet.ink)
    for row in range(3):
        y, size = 815 + row * 75, 30 + row * 9
        heads = [(x * (64 + 18 * row) + rng.uniform(-9, 9) - 30 * row, y + rng.uniform(-7, 7)) for x in range(27)]
        crowd = [
            [(x + size * 0.72 * math.cos(t), y2 + size * math.sin(t)) for t in (k * 0.4488 for k in range(14))]
            for x, y2 in heads
        ]
        crowd += [
            [
                (x - size * 1.25, y2 + size * 2.6),
                (x - size * 0.9, y2 + size * 0.95),
                (x + size * 0.9, y2 + size * 0.95),
                (x + size * 1.25, y2 + size * 2.6),
            ]
            for x, y2 in heads
        ]
        mass = together(crowd)
        sheet.clear(strokes([[*c, c[0]] for c in crowd], 7))
        sheet.print(mass, sheet.ink, worn=30)


def piano(sheet: Sheet, x: float, foot: float) -> None:
    """A grand piano seen from the side, its lid up, and the player."""
    body = shape([(x - 150, foot - 110), (x + 150, foot - 110), (x + 165, foot - 76), (x - 150, foot - 76)])
    lid = shape([(x - 140, foot - 112), (x + 150, foot - 235), (x + 164, foot - 226), (x - 120, foot - 108)])
    legs = [
        [(x - 120, foot - 78), (x - 124, foot)],
        [(x + 130, foot - 78), (x + 134, foot)],
        [(x + 20, foot - 78), (x + 20, foot - 6)],
    ]
    stool = [
        [(x - 235, foot - 58), (x - 180, foot - 58)],
        [(x - 225, foot - 58), (x - 228, foot)],
        [(x - 190, foot - 58), (x - 187, foot)],
    ]
    player = [
        [(x - 212, foot - 62), (x - 204, foot - 130)],
        [(x - 204, foot - 122), (x - 150, foot - 104)],
        [(x - 212, foot - 62), (x - 168, foot - 56), (x - 162, foot - 4)],
    ]
    sheet.print(ImageChops.lighter(body, lid), sheet.ink, worn=15)
    sheet.print(strokes([[(x + 60, foot - 112), (x + 80, foot - 205)], *legs, *stool], 7), sheet.ink, worn=10)
    sheet.print(strokes(player, 20), sheet.ink, worn=10)
    sheet.print(disc(x - 196, foot - 160, 19), sheet.ink, worn=10)
