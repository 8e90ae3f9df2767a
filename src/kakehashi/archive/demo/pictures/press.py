"""A small printing press: tones become hatched lines, masks become ink on paper.

A *tone* and a *mask* are both 8-bit greyscale images of the sheet's size, 0 = none and 255 = full. Everything is drawn
by Pillow's own operations on whole images, so that a picture takes a fraction of a second.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TypeAlias

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 1000
SIZE = (WIDTH, HEIGHT)

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

PAPERS: tuple[Colour, ...] = ((244, 238, 225), (241, 236, 226), (246, 239, 222))
INKS: tuple[Colour, ...] = ((27, 36, 48), (33, 34, 44), (24, 41, 47))
WASHES: tuple[Colour, ...] = ((122, 152, 164), (148, 158, 138), (178, 160, 130), (112, 148, 152), (150, 160, 172))
ACCENT: Colour = (196, 66, 40)


@cache
def grain(variant: int) -> Image.Image:
    """Noise of the paper, the same on every machine for a given variant."""
    rng = random.Random(9000 + variant)
    fine = Image.frombytes("L", SIZE, rng.randbytes(WIDTH * HEIGHT))
    coarse = Image.frombytes("L", (400, 250), rng.randbytes(100_000)).resize(SIZE, Image.Resampling.BICUBIC)
    return Image.blend(fine.filter(ImageFilter.GaussianBlur(0.8)), coarse, 0.35)


@cache
def screen(angle: int, pitch: int, sway: int) -> Image.Image:
    """A screen of parallel ridges: `angle` in degrees, `pitch` and `sway` (how far the lines wander) in pixels."""
    side = 2000
    ridge = bytes(int(127.5 + 127.5 * math.cos(2 * math.pi * y / pitch)) for y in range(side))
    lines = Image.frombytes("L", (1, side), ridge).resize((side, side), Image.Resampling.NEAREST)
    if sway:
        lines = _swayed(lines, sway)
    turned = lines.rotate(angle, Image.Resampling.BILINEAR)
    left, top = (side - WIDTH) // 2, (side - HEIGHT) // 2
    return turned.crop((left, top, left + WIDTH, top + HEIGHT))


def _swayed(lines: Image.Image, sway: int) -> Image.Image:
    side, step = lines.width, 50
    mesh = []
    for x in range(0, side, step):
        a, b = (sway * math.sin(u / 137) + sway * 0.6 * math.sin(u / 61 + 2) for u in (x, x + step))
        mesh.append(((x, 0, x + step, side), (x, a, x, side + a, x + step, side + b, x + step, b)))
    return lines.transform(lines.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def ramp(top: int, bottom: int, *, start: float = 0.0, end: float = 1.0) -> Image.Image:
    """A tone that changes from `top` to `bottom` between two heights, given as shares of the sheet."""
    first, last = start * HEIGHT, max(end * HEIGHT, start * HEIGHT + 1)
    column = bytes(int(top + (bottom - top) * min(1.0, max(0.0, (y - first) / (last - first)))) for y in range(HEIGHT))
    return Image.frombytes("L", (1, HEIGHT), column).resize(SIZE, Image.Resampling.NEAREST)


def glow(x: float, y: float, radius: float, *, centre: int = 255, edge: int = 0) -> Image.Image:
    """A tone that falls off around a point."""
    disc = ImageChops.invert(Image.radial_gradient("L")).resize((int(radius * 2),) * 2, Image.Resampling.BILINEAR)
    disc = disc.point(lambda v: int(edge + (centre - edge) * max(0.0, (v - 75) / 180)))
    sheet = Image.new("L", SIZE, edge)
    sheet.paste(disc, (int(x - radius), int(y - radius)))
    return sheet


@cache
def speckle(variant: int, worn: int) -> Image.Image:
    """The mask of what the paper's grain lets through."""
    return grain(variant).point(lambda v: 255 - max(0, min(255, (v - 128) * worn // 40)))


@cache
def tooth() -> Image.Image:
    """The faint unevenness of all paper."""
    grey = grain(3).filter(ImageFilter.GaussianBlur(1)).point(lambda v: 246 + (v - 128) // 14)
    return Image.merge("RGB", (grey, grey, grey))


def draw(paint: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """A mask drawn at twice the size and reduced, so that edges are smooth; `paint` uses sheet coordinates × 2."""
    large = Image.new("L", (WIDTH * 2, HEIGHT * 2), 0)
    paint(ImageDraw.Draw(large))
    return large.reduce(2)


def shape(points: Sequence[Point]) -> Image.Image:
    """A filled polygon in sheet coordinates."""
    doubled = [(x * 2, y * 2) for x, y in points]
    return draw(lambda pen: pen.polygon(doubled, fill=255))


def together(shapes: Iterable[Sequence[Point]]) -> Image.Image:
    """One mask of many filled polygons: much quicker than one mask each."""
    doubled = [[(x * 2, y * 2) for x, y in points] for points in shapes]

    def paint(pen: ImageDraw.ImageDraw) -> None:
        for points in doubled:
            pen.polygon(points, fill=255)

    return draw(paint)


def box(x: float, y: float, wide: float, tall: float) -> list[Point]:
    """The corners of a rectangle whose left top corner is given."""
    return [(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall)]


def arc(x: float, y: float, rx: float, ry: float, *, turn: float = 1.0, steps: int = 24) -> list[Point]:
    """Points on an ellipse from its right side clockwise; `turn` is the share of the full round."""
    angles = [2 * math.pi * turn * k / steps for k in range(steps + 1)]
    return [(x + rx * math.cos(t), y + ry * math.sin(t)) for t in angles]


def disc(x: float, y: float, radius: float) -> Image.Image:
    """A filled circle in sheet coordinates."""
    box = ((x - radius) * 2, (y - radius) * 2, (x + radius) * 2, (y + radius) * 2)
    return draw(lambda pen: pen.ellipse(box, fill=255))


def strokes(lines: Sequence[Sequence[Point]], width: float) -> Image.Image:
    """Polylines of one width in sheet coordinates."""

    def paint(pen: ImageDraw.ImageDraw) -> None:
        for line in lines:
            pen.line([(x * 2, y * 2) for x, y in line], fill=255, width=max(1, round(width * 2)), joint="curve")

    return draw(paint)


def hatch(
    tone: Image.Image, *, angle: int = 0, pitch: int = 11, sway: int = 5, within: Image.Image | None = None
) -> Image.Image:
    """Engraved lines, thick where the tone is dark."""
    edge = ImageChops.subtract(screen(angle, pitch, sway), ImageChops.invert(tone), 1, 128)
    lines = edge.point(lambda v: max(0, min(255, (v - 128) * 6)))
    return ImageChops.multiply(lines, within) if within else lines


def cut(mask: Image.Image, away: Image.Image) -> Image.Image:
    """The mask without what lies under `away`."""
    return ImageChops.subtract(mask, away)


class Sheet:
    """A sheet of paper that inks are printed on, one over the other as in a riso print."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.paper = rng.choice(PAPERS)
        self.ink = rng.choice(INKS)
        self.wash = rng.choice(WASHES)
        self.image = Image.new("RGB", SIZE, self.paper)

    def print(self, mask: Image.Image, colour: Colour, *, strength: float = 1.0, worn: int = 40) -> None:
        """Multiply one ink through a mask; `worn` (0–255) is how much the grain of the paper eats from it."""
        layer = speckle(self.rng.randrange(3), worn)
        # Most masks are small beside the sheet: only what they cover is worked on.
        place = mask.getbbox()
        if place is None:
            return
        mask = ImageChops.multiply(mask.crop(place), layer.crop(place))
        if strength < 1:
            mask = mask.point(lambda v: int(v * strength))
        inked = ImageChops.multiply(self.image.crop(place), Image.new("RGB", mask.size, colour))
        self.image.paste(inked, place, mask)

    def clear(self, mask: Image.Image) -> None:
        """Cut the sheet back to bare paper through a mask (the white line of a woodcut)."""
        place = mask.getbbox()
        if place is not None:
            self.image.paste(self.paper, place, mask.crop(place))

    def finish(self) -> Image.Image:
        """The print with a bare, slightly uneven margin and the tooth of the paper."""
        edge = self.rng.uniform
        box = [
            (26 + edge(-3, 3), 26 + edge(-3, 3)),
            (WIDTH - 26 + edge(-3, 3), 26 + edge(-3, 3)),
            (WIDTH - 26 + edge(-3, 3), HEIGHT - 26 + edge(-3, 3)),
            (26 + edge(-3, 3), HEIGHT - 26 + edge(-3, 3)),
        ]
        self.clear(ImageChops.invert(shape(box)))
        return ImageChops.multiply(self.image, tooth())
