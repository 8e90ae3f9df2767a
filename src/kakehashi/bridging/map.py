"""The opinion map: where voters stand, as a picture from which nobody can be picked out.

`map_groups` gathers voters who stand close together, `map_svg` draws the groups, `map_table` says the same in rows.

One axis gives bars, two give one mark for each group. A group's camp shows in its shape and its hatching, drawn in the
current colour of the text, so the picture reads in black and white and in dark pages. Colour is for style sheets: each
mark has the class `map-camp-a`, `-b` …; the picture needs none and carries no style attribute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kakehashi.bridging.map_marks import bar, label, number, own_dot, pattern, shape

SMALLEST_GROUP = 5
WIDTH = 480
# Of one axis, below which marks hang where there are any; of two.
HEIGHT, HEIGHT_WITH_MARKS, HEIGHT_OF_TWO = 164, 200, 380
MARGIN = 24
_REACH = 0.98  # of all voters stand inside the frame; the others are drawn at its edge, so that nobody stands alone


@dataclass(frozen=True)
class Group:
    """Voters who stand close together: `x` and `y` in -1 … 1, `camp` the one most of them belong to, from 0."""

    x: float
    y: float
    camp: int
    voters: int


@dataclass(frozen=True)
class Mark:
    """Something to show on the map at a place of its own, such as a comment; its number is its place in the list."""

    label: str
    x: float
    y: float = 0.0


@dataclass(frozen=True)
class Words:
    """The sentences on the map; a site passes its own. `camps` are names in the order of the camps."""

    title: str = "Map of opinions"
    description: str = "%(voters)d voters in %(groups)d groups. Voters who vote alike stand close together."
    nothing: str = "Too few voters for a map."
    own: str = "You"
    camps: Sequence[str] = field(default_factory=lambda: [f"Camp {letter}" for letter in "ABCDEFGH"])


@dataclass(frozen=True)
class OpinionMap:
    """What may be shown: groups of at least five voters, the number of axes, and half the width of the frame."""

    groups: tuple[Group, ...]
    camps: int
    axes: int
    reach: float

    @property
    def voters(self) -> int:
        return sum(group.voters for group in self.groups)


@dataclass(frozen=True)
class TableRow:
    """One row of the table beside the map; places are those of `Group`, rounded to a tenth."""

    camp: str
    voters: int
    x: float
    y: float


def map_groups(position: ArrayLike, membership: ArrayLike, *, smallest: int = SMALLEST_GROUP) -> OpinionMap:
    """Voters gathered on a grid; cells with fewer than `smallest` join the nearest one.

    position: (n,) or (n, axes), of which the first two axes are used; membership: (n, camps), the share with which each
    voter belongs to each camp. Voters whose position is not finite are left out. The same voters in any order give
    the same groups, and fewer than `smallest` voters give none.
    """
    places = _columns(position)[:, :2]
    shares = _columns(membership)
    known = np.isfinite(places).all(axis=1)
    places, shares = places[known], shares[known]
    axes = max(1, places.shape[1])
    reach = _reach(places)
    cells = _cells(places / reach, shares)
    joined = _join(cells, smallest)
    across = _cells_across(len(places), axes)
    groups = tuple(_group(cell, across, axes) for cell in joined)
    return OpinionMap(groups, max(1, shares.shape[1]), axes, reach)


def _columns(values: ArrayLike) -> NDArray[np.float64]:
    found = np.asarray(values, float)
    return found[:, np.newaxis] if found.ndim == 1 else found


def _reach(places: NDArray[np.float64]) -> float:
    if not places.size:
        return 1.0
    # A little more than zero for voters who all stand in one place.
    return max(float(np.quantile(np.abs(places), _REACH)), 1e-9)


def _cells_across(voters: int, axes: int) -> int:
    """Cells along one axis: more for more voters, odd so that the middle is a cell."""
    wanted = round((2.0 if axes == 1 else 1.5) * max(voters, 1) ** (1 / 3))
    most = 25 if axes == 1 else 15
    return int(min(max(wanted, 5), most)) | 1


@dataclass
class _Cell:
    column: int
    row: int
    shares: NDArray[np.float64]
    voters: int


def _cells(places: NDArray[np.float64], shares: NDArray[np.float64]) -> list[_Cell]:
    """The cells in which anybody stands, in the order of the grid."""
    axes = max(1, places.shape[1])
    across = _cells_across(len(places), axes)
    at = np.clip(((places + 1) / 2 * across).astype(int), 0, across - 1)
    if at.shape[1] < 2:
        at = np.column_stack([at, np.zeros(len(at), int)])
    taken, which, voters = np.unique(at, axis=0, return_inverse=True, return_counts=True)
    # Summed in the order of the shares, not of the voters: the same voters in another order give the same bits.
    order = np.lexsort((*shares.T, which.ravel()))
    sums = np.zeros((len(taken), shares.shape[1]))
    np.add.at(sums, which.ravel()[order], shares[order])
    return [_Cell(int(c), int(r), s, int(n)) for (c, r), s, n in zip(taken, sums, voters, strict=True)]


def _join(cells: list[_Cell], smallest: int) -> list[_Cell]:
    """Each cell that is too small joins the nearest other one, smallest first, until none is too small."""
    while cells:
        least = min(cells, key=lambda cell: (cell.voters, cell.column, cell.row))
        if least.voters >= smallest:
            return cells
        others = [cell for cell in cells if cell is not least]
        if not others:
            return []
        nearest = min(others, key=lambda c: (math.dist((c.column, c.row), (least.column, least.row)), c.column, c.row))
        larger, smaller = (nearest, least) if nearest.voters >= least.voters else (least, nearest)
        both = _Cell(larger.column, larger.row, larger.shares + smaller.shares, larger.voters + smaller.voters)
        cells = [both if cell is nearest else cell for cell in others]
    return []


def _group(cell: _Cell, across: int, axes: int) -> Group:
    x = (2 * cell.column + 1) / across - 1
    y = (2 * cell.row + 1) / across - 1 if axes == 2 else 0.0
    return Group(x, y, int(np.argmax(cell.shares)), cell.voters)


def map_table(opinions: OpinionMap, words: Words | None = None) -> list[TableRow]:
    """The groups as rows, camp by camp and from left to right, for a table that says what the picture shows."""
    words = words or Words()
    ordered = sorted(opinions.groups, key=lambda group: (group.camp, group.x, group.y))
    return [TableRow(words.camps[g.camp], g.voters, round(g.x, 1), round(g.y, 1)) for g in ordered]


def map_svg(
    opinions: OpinionMap,
    *,
    words: Words | None = None,
    marks: Sequence[Mark] = (),
    own: Sequence[float] | None = None,
    name: str = "opinion-map",
    is_standalone: bool = False,
    has_legend: bool = True,
) -> str:
    """The picture as one `<svg>` element; `is_standalone` makes it a file that can be opened by itself.

    marks: what else to show, numbered from 1, at places on the scale of the positions; own: where the one who looks
    stands, on the same scale; name: begins all ids, so that two maps may stand on one page; `has_legend` False for a
    page that explains the marks itself (`map_keys`).
    """
    words = words or Words()
    height = HEIGHT_OF_TWO if opinions.axes > 1 else HEIGHT_WITH_MARKS if marks else HEIGHT
    explained = opinions.camps if has_legend and opinions.camps > 1 else 0
    frame = _Frame(opinions, height, "white" if is_standalone else "Canvas", has_marks=bool(marks))
    parts = [
        _head(opinions, words, name, height + 24 * explained, is_standalone=is_standalone),
        "<defs>" + "".join(pattern(camp, name) for camp in range(opinions.camps)) + "</defs>",
        frame.axis(),
        *(frame.group(group, name) for group in opinions.groups),
        *(frame.mark(place, mark) for place, mark in enumerate(marks, start=1)),
        frame.own(own, words.own) if own is not None else "",
        *(_legend(camp, words, name, height + 24 * camp) for camp in range(explained)),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + ("\n" if is_standalone else "")


def map_frame(opinions: OpinionMap) -> tuple[float, float, float, float]:
    """Pixels of the middle (x, y) and of half the width and height of the map as `map_svg` draws it without marks: for a
    page that adds something of its own."""
    frame = _Frame(opinions, HEIGHT if opinions.axes == 1 else HEIGHT_OF_TWO, "", has_marks=False)
    return (*frame.middle, frame.half[0], 0.0 if frame.is_line else frame.half[1])


def map_keys(camps: int, name: str = "opinion-map") -> list[str]:
    """The mark of each camp as an `<svg>` of 20 by 20 for a legend in the same document as the map of that name."""
    begin = '<svg xmlns="http://www.w3.org/2000/svg" class="map-key" viewBox="0 0 20 20" aria-hidden="true">'
    return [f"{begin}{shape(camp, 10, 10, 7.5, name)}</svg>" for camp in range(camps)]


def _head(opinions: OpinionMap, words: Words, name: str, height: int, *, is_standalone: bool) -> str:
    told = words.description % {"voters": opinions.voters, "groups": len(opinions.groups)}
    size = f' width="{WIDTH}" height="{height}" color="black"' if is_standalone else ""
    paper = '\n<rect width="100%" height="100%" fill="white"/>' if is_standalone else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="opinion-map" viewBox="0 0 {WIDTH} {height}"{size} role="img"'
        f' aria-labelledby="{name}-title {name}-desc" font-family="sans-serif" font-size="13">\n'
        f'<title id="{name}-title">{escape(words.title)}</title>\n'
        f'<desc id="{name}-desc">{escape(told if opinions.groups else words.nothing)}</desc>{paper}'
    )


def _legend(camp: int, words: Words, name: str, top: float) -> str:
    return shape(camp, MARGIN, top + 10, 8, name) + label(MARGIN + 16, top + 14.5, words.camps[camp], anchor="start")


class _Frame:
    """Where a place on the map lies in the picture."""

    def __init__(self, opinions: OpinionMap, height: int, paper: str, *, has_marks: bool) -> None:
        self.opinions, self.paper = opinions, paper
        self.is_line = opinions.axes == 1
        below = 2.5 * MARGIN if has_marks else MARGIN
        self.middle = WIDTH / 2, (height - below if self.is_line else (height - MARGIN) / 2)
        self.half = WIDTH / 2 - MARGIN, (height - MARGIN) / 2 - MARGIN
        self.most = max((group.voters for group in opinions.groups), default=1)
        self.cell = 2 / _cells_across(opinions.voters, opinions.axes)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a place in -1 … 1; upwards is more."""
        return self.middle[0] + self.half[0] * x, self.middle[1] - (0 if self.is_line else self.half[1] * y)

    def axis(self) -> str:
        left, right = self.at(-1, 0)[0], self.at(1, 0)[0]
        line = f'<path d="M{left:.1f} {self.middle[1]:.1f}H{right:.1f}" stroke="currentColor" class="map-axis"/>'
        return line if self.is_line else ""

    def group(self, group: Group, name: str) -> str:
        x, y = self.at(group.x, group.y)
        if self.is_line:
            tall = (self.middle[1] - MARGIN) * group.voters / self.most
            return bar(group.camp, x, y, self.cell * self.half[0] - 2, tall, name)
        widest = self.cell * min(self.half) / 2
        return shape(group.camp, x, y, max(4.0, widest * math.sqrt(group.voters / self.most)), name)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a place on the scale of the positions; what lies outside stands at the edge."""
        near = (min(max(value / self.opinions.reach, -1.0), 1.0) for value in (x, y))
        return self.at(*near)

    def mark(self, place: int, mark: Mark) -> str:
        x, y = self.place(mark.x, mark.y)
        # Below a line the marks hang in three rows, so that neighbours do not cover one another.
        below = 14 + 15 * ((place - 1) % 3) if self.is_line else 0
        return number(x, y + below, place, mark.label, self.paper)

    def own(self, own: Sequence[float], word: str) -> str:
        x, y = self.place(float(own[0]), float(own[1]) if len(own) > 1 else 0.0)
        if not self.is_line:
            return own_dot(x, y, self.paper) + label(x, y - 12, word)
        top, anchor = MARGIN / 2, "start" if x < WIDTH * 0.8 else "end"
        down = f'<path d="M{x:.1f} {top}V{y:.1f}" stroke="currentColor" stroke-dasharray="2 3" class="map-own"/>'
        return (
            down
            + own_dot(x, top, self.paper)
            + label(x + (12 if anchor == "start" else -12), top + 4.5, word, anchor=anchor)
        )
