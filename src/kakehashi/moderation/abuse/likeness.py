"""How alike two accounts vote, and who shares a place with whom. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations, pairwise
from string import ascii_uppercase
from typing import NamedTuple

from kakehashi.moderation.abuse.bursts import BOUND
from kakehashi.moderation.abuse.chance import binomial_tail

# Votes on the same comment count as one act within so many seconds.
TOGETHER = 600.0
# Fewer shared votes say nothing.
FEWEST_SHARED = 5
# That somebody else casts the same vote on the same comment within ten minutes: on a busy thread perhaps so often.
BY_CHANCE = 0.1

# Of both accounts' votes, the part that they have in common at least.
LEAST_SHARE = 0.5
# Votes that lie further apart (in seconds) were cast on two occasions. On one, many may follow the same mail of news.
OCCASION = 3600.0
FEWEST_OCCASIONS = 3
# A team is of accounts that each vote as one with so many others of it.
FEWEST_PARTNERS = 3

# By comment: the value, and when (in seconds).
Votes = Mapping[int, tuple[int, float]]


class Likeness(NamedTuple):
    """`shared` votes were cast together, on so many `occasions`; `share` is their part of all votes of both (Jaccard, 1901);
    `strength` how unlikely by chance, of the one who votes less."""

    shared: int
    share: float
    strength: float
    occasions: int

    @property
    def is_as_one(self) -> bool:
        return self.shared >= FEWEST_SHARED and self.share >= LEAST_SHARE and self.strength >= BOUND


def alike(a: Votes, b: Votes) -> Likeness:
    """The same whichever comes first; nothing in common is 0.0."""
    times = sorted(
        min(at, b[comment][1])
        for comment, (value, at) in a.items()
        if comment in b and value == b[comment][0] and abs(at - b[comment][1]) <= TOGETHER
    )
    if not times:
        return Likeness(0, 0.0, 0.0, 0)
    shared = len(times)
    strength = binomial_tail(shared, min(len(a), len(b)), BY_CHANCE)
    occasions = 1 + sum(later - earlier > OCCASION for earlier, later in pairwise(times))
    return Likeness(shared, shared / (len(a) + len(b) - shared), strength, occasions)


def team(votes: Mapping[int, Votes]) -> dict[int, float]:
    """By account: those of them that on several occasions voted as one with a few others; how unlikely that is with the last
    of these."""
    partners: dict[int, list[float]] = {account: [] for account in votes}
    for a, b in combinations(votes, 2):
        like = alike(votes[a], votes[b])
        if like.is_as_one and like.occasions >= FEWEST_OCCASIONS:
            partners[a].append(like.strength)
            partners[b].append(like.strength)
    return {
        account: sorted(found, reverse=True)[FEWEST_PARTNERS - 1]
        for account, found in partners.items()
        if len(found) >= FEWEST_PARTNERS
    }


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
