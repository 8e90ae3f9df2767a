"""Votes of invented voters, with the answer known: for tests, demonstrations and measurements.

A voter has a place x (the centre of a camp, plus spread) and a leniency l, an item has a quality q and a leaning p:

    P(up) = 1 / (1 + exp(-(1.1 q + 1.6 x·p + l)))

How busy voters and how popular items are has heavy tails. Who votes on what may depend on the camp (`selection`): then
votes are missing where they would have been bad, as on sites where people read what they like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.votes import Votes

_QUALITY, _AGREEMENT, _LEANING_SPREAD = 1.1, 1.6, 1.3
_BLOCK = 4_000_000  # votes drawn at a time, so that memory stays bounded
_SAMPLE = 400  # members of each camp whose approval is averaged for the truth


@dataclass(frozen=True)
class Discussion:
    """Invented votes in the order in which they were cast, and what is true of the items and voters.

    voter, item: (n,) indices; value: (n,) +1 or -1; camp: (voters,) each voter's camp from 0; approval: (items, camps)
    the share of a camp that would rate the item up if everybody voted on it; truth: (items,) that of the most critical camp.
    """

    voter: NDArray[np.int32]
    item: NDArray[np.int32]
    value: NDArray[np.int8]
    camp: NDArray[np.int8]
    approval: NDArray[np.float64]

    @property
    def truth(self) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self.approval.min(axis=1)
        return found

    def votes(self) -> Votes:
        """The votes as a model reads them."""
        return Votes.of(self.voter, self.item, self.value)


@dataclass(frozen=True)
class _World:
    """Everybody and everything that takes part."""

    camp: NDArray[np.int8]
    place: NDArray[np.float64]
    leniency: NDArray[np.float64]
    quality: NDArray[np.float64]
    leaning: NDArray[np.float64]

    def up(self, voter: NDArray[np.integer], item: NDArray[np.integer]) -> NDArray[np.float64]:
        """Probability of an up-vote for each pair."""
        agreement = np.einsum("...d,...d->...", self.place[voter], self.leaning[item])
        odds = _QUALITY * self.quality[item] + _AGREEMENT * agreement + self.leniency[voter]
        found: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
        return found


def generate(
    votes: int,
    voters: int,
    items: int,
    *,
    camps: int = 2,
    shares: Sequence[float] | None = None,
    leaning: float = 1.0,
    quality: float = 1.0,
    goodwill: float = 0.3,
    spread: float = 0.35,
    leniency: float = 0.5,
    selection: float = 0.5,
    seed: int = 0,
) -> Discussion:
    """A discussion of `votes` different pairs of voter and item.

    camps: 1 for nobody disagrees on principle, 2 on a line, 3 or more on a circle; shares: their sizes, equal by default;
    leaning: how divisive items are (0.5 mild, 1 hard); quality: how much items differ in what everybody likes; goodwill:
    mean quality; spread: of voters around their camp; leniency: how voters differ in rating up; selection: how much more
    a camp votes on what it likes (0 not at all, 1.5 strongly). The same arguments give the same votes.

    Raises ValueError if there are not that many pairs, or if shares do not fit the camps.
    """
    if votes > voters * items // 2:
        raise ValueError(f"{votes} votes are more than half of the {voters * items} pairs of voter and item.")
    sizes = np.full(camps, 1 / camps) if shares is None else np.asarray(shares, float) / np.sum(shares)
    if len(sizes) != camps:
        raise ValueError(f"{len(sizes)} shares were given for {camps} camps.")
    rng = np.random.Generator(np.random.PCG64(seed))
    centres = _centres(camps)
    camp = rng.choice(camps, size=voters, p=sizes).astype(np.int8)
    world = _World(
        camp=camp,
        place=centres[camp] + spread * rng.standard_normal((voters, centres.shape[1])),
        leniency=leniency * rng.standard_normal(voters),
        quality=goodwill + quality * rng.standard_normal(items),
        leaning=leaning * _LEANING_SPREAD * rng.standard_normal((items, centres.shape[1])),
    )
    voter, item = _pairs(votes, world, np.exp(selection * np.clip(world.leaning @ centres.T, -3, 3)), rng)
    value = _values(voter, item, world, rng)
    return Discussion(voter, item, value, camp, _approval(world, camps))


def _centres(camps: int) -> NDArray[np.float64]:
    if camps == 1:
        return np.zeros((1, 1))
    if camps == 2:
        return np.array([[-1.0], [1.0]])
    angle = 2 * np.pi * np.arange(camps) / camps
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _pairs(
    votes: int, world: _World, appeal: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Different pairs of voter and item in a random order; `appeal` (items, camps) is how much more a camp sees an item."""
    items = len(world.quality)
    busy = _running(_heavy_tailed(len(world.camp), 1.1, rng))
    popularity = _heavy_tailed(items, 1.0, rng)
    popular = [_running(popularity * appeal[:, camp]) for camp in range(appeal.shape[1])]
    pairs = np.empty(0, np.int64)
    while len(pairs) < votes:
        drawn = np.empty(int((votes - len(pairs)) * 1.15) + 1000, np.int64)
        for begin in range(0, len(drawn), _BLOCK):
            block = drawn[begin : begin + _BLOCK]
            voter = _drawn(busy, rng.random(len(block)))
            chance, item = rng.random(len(block)), np.empty(len(block), np.int64)
            for camp, running in enumerate(popular):
                mine = world.camp[voter] == camp
                item[mine] = _drawn(running, chance[mine])
            block[:] = voter * items + item
        pairs = np.concatenate([pairs, drawn])
        pairs.sort()
        pairs = pairs[np.concatenate([[True], pairs[1:] != pairs[:-1]])]
    # Which pairs are too many, and who voted first, is left to chance.
    rng.shuffle(pairs)
    found = pairs[:votes]
    return (found // items).astype(np.int32), (found % items).astype(np.int32)


def _heavy_tailed(count: int, tail: float, rng: np.random.Generator) -> NDArray[np.float64]:
    weight = rng.pareto(tail, count) + 1
    tamed: NDArray[np.float64] = np.minimum(weight, np.quantile(weight, 0.9999))
    return tamed


def _running(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.cumsum(weight)
    share: NDArray[np.float64] = total / total[-1]
    return share


def _drawn(running: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.searchsorted(running, chance, side="right").clip(0, len(running) - 1)


def _values(
    voter: NDArray[np.int32], item: NDArray[np.int32], world: _World, rng: np.random.Generator
) -> NDArray[np.int8]:
    value = np.empty(len(voter), np.int8)
    for begin in range(0, len(voter), _BLOCK):
        block = slice(begin, begin + _BLOCK)
        is_up = rng.random(len(voter[block])) < world.up(voter[block], item[block])
        value[block] = np.where(is_up, 1, -1)
    return value


def _approval(world: _World, camps: int) -> NDArray[np.float64]:
    """(items, camps): mean probability of an up-vote over members of each camp, whether or not they voted."""
    items = np.arange(len(world.quality))
    approval = np.full((len(items), camps), np.nan)
    for camp in range(camps):
        members = np.flatnonzero(world.camp == camp)[:_SAMPLE]
        if len(members):
            for some in np.array_split(items, len(items) // 5000 + 1):
                approval[some, camp] = world.up(members[:, None], some[None, :]).mean(axis=0)
    return approval
