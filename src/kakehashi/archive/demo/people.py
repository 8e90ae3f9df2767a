"""Who the members are: names, where they stand between two camps, how ready they are to like and to speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from kakehashi.archive.demo.content import table
from kakehashi.lib import text

LEFT, MIDDLE, RIGHT = "left", "middle", "right"


@dataclass(frozen=True)
class Person:
    """A member to be. `position` runs from −1 (boats, tenants, wolves) to +1 (bridge, builders, sheep); `warmth` is how
    readily the person votes up (about −0.5 to 0.8); `energy` weighs how often the person speaks and votes."""

    name: str
    side: str
    position: float
    warmth: float
    energy: float
    talkativeness: float


def people(count: int, rng: Random, *, taken: Sequence[str] = ()) -> list[Person]:
    """`count` members, no two of the same name nor of one in `taken`: two camps of about two fifths each and a middle."""
    named = table("people")
    drawn: list[tuple[str, str]] = [(name, side) for side in (LEFT, RIGHT, MIDDLE) for name in named[side]]
    drawn += [(name, "") for name in named["any"]]
    rng.shuffle(drawn)
    # A small newsroom has odd names too, but not only odd names.
    waiting = drawn[: max(8, round(len(drawn) * min(1.0, count / 330)))]
    keys = {text.fold(name) for name in taken}
    chosen: list[tuple[str, str]] = []
    while len(chosen) < count:
        name, side = waiting.pop() if waiting else (_plain_name(named["first"], named["last"], rng), "")
        if text.fold(name) not in keys:
            keys.add(text.fold(name))
            chosen.append((name, side))
    rng.shuffle(chosen)
    return [_person(name, side or _dealt_side(place), rng) for place, (name, side) in enumerate(chosen)]


def _plain_name(first: list[str], last: list[str], rng: Random) -> str:
    a, b = rng.choice(first), rng.choice(last)
    forms = (
        f"{a} {b}",
        f"{a} {b}",
        f"{a} {b}",
        f"{a[0]}. {b}",
        f"{a} {b[0]}.",
        f"{a}{rng.randint(2, 99)}",
        f"{a.lower()} {b.lower()}",
    )
    return rng.choice(forms)


def _dealt_side(place: int) -> str:
    return (LEFT, RIGHT, LEFT, RIGHT, MIDDLE)[place % 5]


def _person(name: str, side: str, rng: Random) -> Person:
    centre = {LEFT: -0.65, MIDDLE: 0.0, RIGHT: 0.65}[side]
    spread = 0.13 if side == MIDDLE else 0.22
    return Person(
        name=name,
        side=side,
        position=max(-1.0, min(1.0, rng.gauss(centre, spread))),
        warmth=rng.gauss(0.15, 0.25),
        energy=rng.paretovariate(2.2),
        talkativeness=min(14.0, rng.paretovariate(1.15)),
    )
