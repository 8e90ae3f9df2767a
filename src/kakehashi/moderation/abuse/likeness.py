"""How alike two accounts vote, and who shares a place with whom. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from string import ascii_uppercase
from typing import NamedTuple

from kakehashi.moderation.abuse.chance import binomial_tail

# Votes on the same comment count as one act within so many seconds.
TOGETHER = 600.0
# Fewer shared votes say nothing.
FEWEST_SHARED = 5
# That somebody else casts the same vote on the same comment within ten minutes: on a busy thread perhaps so often.
BY_CHANCE = 0.1

# By comment: the value, and when (in seconds).
Votes = Mapping[int, tuple[int, float]]


class Likeness(NamedTuple):
    """`shared` votes were cast together; `share` is their part of all votes of both (Jaccard, 1901); `strength` how unlikely
    by chance, of the one who votes less."""

    shared: int
    share: float
    strength: float


def alike(a: Votes, b: Votes) -> Likeness:
    """The same whichever comes first; nothing in common is 0.0."""
    shared = sum(
        value == b[comment][0] and abs(at - b[comment][1]) <= TOGETHER
        for comment, (value, at) in a.items()
        if comment in b
    )
    if not shared:
        return Likeness(0, 0.0, 0.0)
    return Likeness(shared, shared / (len(a) + len(b) - shared), binomial_tail(shared, min(len(a), len(b)), BY_CHANCE))


def letters(places: Mapping[int, Iterable[Hashable]]) -> dict[int, str]:
    """A letter for all who share a place, the largest group first (A, B … Z, AA); nothing for who shares none.

    `places` by account; whoever shares places with two groups gets the larger one's letter.
    """
    count: Counter[Hashable] = Counter(place for found in places.values() for place in set(found) if place)
    shared = [place for place, many in sorted(count.items(), key=lambda one: (-one[1], str(one[0]))) if many > 1]
    names = {place: _letter(n) for n, place in enumerate(shared)}
    order = {place: n for n, place in enumerate(shared)}
    found = {}
    for account, here in places.items():
        known = sorted((place for place in here if place in order), key=order.__getitem__)
        if known:
            found[account] = names[known[0]]
    return found


def _letter(n: int) -> str:
    tens, ones = divmod(n, len(ascii_uppercase))
    return ascii_uppercase[ones] if not tens else f"{ascii_uppercase[min(tens, 26) - 1]}{ascii_uppercase[ones]}"
