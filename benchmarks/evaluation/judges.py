"""Camps by which held-out votes are judged: found by other means than those of the rankers that are compared.

`line2` cuts one axis in two, `plane3` and `plane4` a plane in three and four. Axes are leading vectors of the votes, freed of
how lenient voters and how liked items are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation.conversations import Ballots
from benchmarks.evaluation.hashing import chance

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
JUDGES = {"line2": (1, 2), "plane3": (2, 3), "plane4": (2, 4)}  # name -> (axes, camps)
FEWEST_VOTES = 5
UNKNOWN = -1
_TURNS = 60


def camps(votes: Ballots, judge: str) -> Labels:
    """The camp of each voter, `UNKNOWN` for those of too few votes and where there are too few voters for camps."""
    axes, count = JUDGES[judge]
    places = _positions(votes, axes)
    known = np.bincount(votes.voter, minlength=votes.voters) >= FEWEST_VOTES
    labels = np.full(votes.voters, UNKNOWN)
    if known.sum() < (10 if axes == 1 else 20):
        return labels
    labels[known] = places[known, 0] > cut(places[known, 0]) if axes == 1 else clusters(places[known], count)
    return labels


def cut(line: Floats) -> float:
    """Where to cut a line in two, so that the squares of distances to both means are smallest: the exact best."""
    ordered = np.sort(line)
    sums, left = np.cumsum(ordered), np.arange(1, len(line))
    between = sums[:-1] ** 2 / left + (sums[-1] - sums[:-1]) ** 2 / (len(line) - left)
    best = int(np.argmax(between))
    return float(ordered[best] + ordered[best + 1]) / 2


def clusters(places: Floats, count: int) -> Labels:
    """k-means by Lloyd's turns, from the points that lie farthest apart: no chance in it."""
    centres = places[np.argmax(_squares(places, places.mean(axis=0)[None])[:, 0])][None]
    while len(centres) < count:
        farthest = np.argmax(_squares(places, centres).min(axis=1))
        centres = np.vstack([centres, places[farthest]])
    for _ in range(100):
        labels = _squares(places, centres).argmin(axis=1)
        means = [places[labels == k].mean(axis=0) if (labels == k).any() else centres[k] for k in range(count)]
        if np.allclose(means, centres):
            break
        centres = np.array(means)
    return labels


def _squares(places: Floats, centres: Floats) -> Floats:
    found: Floats = ((places[:, None] - centres[None]) ** 2).sum(axis=2)
    return found


def _positions(votes: Ballots, axes: int) -> Floats:
    """(voters, axes): one leading vector after the other, each from what those before leave."""
    voter, item = votes.voter, votes.item
    rest = _centred(votes)
    places = np.zeros((votes.voters, axes))
    for axis in range(axes):
        y = chance(7, axis, np.arange(votes.items), 0) - 0.5
        for _ in range(_TURNS):
            x = _projected(rest, voter, y[item], votes.voters, 2.5 * float(np.mean(y**2)))
            y = _projected(rest, item, x[voter], votes.items, 2.5 * float(np.mean(x**2)))
            scale = np.sqrt((x**2).mean()) + 1e-12
            x, y = x / scale, y * scale
        places[:, axis] = x * np.sqrt((y**2).mean())
        rest = rest - x[voter] * y[item]
    return places


def _projected(rest: Floats, row: Labels, other: Floats, rows: int, shrinkage: float) -> Floats:
    """Least squares of what is left on the other side's values, row by row, drawn to zero."""
    return np.bincount(row, rest * other, rows) / (np.bincount(row, other**2, rows) + shrinkage)


def _centred(votes: Ballots) -> Floats:
    """1 for up and 0 for down, less the mean, the voter's leniency and the item's popularity (both drawn to zero)."""
    rate = (votes.value > 0).astype(float)
    level = rate.mean()
    lenient, liked = np.zeros(votes.voters), np.zeros(votes.items)
    by_voter = np.bincount(votes.voter, minlength=votes.voters) + 5.0
    by_item = np.bincount(votes.item, minlength=votes.items) + 2.0
    for _ in range(8):
        liked = np.bincount(votes.item, rate - level - lenient[votes.voter], votes.items) / by_item
        lenient = np.bincount(votes.voter, rate - level - liked[votes.item], votes.voters) / by_voter
    found: Floats = rate - level - lenient[votes.voter] - liked[votes.item]
    return found
