"""Plans the votes: people vote on what stirs them, up what is near to them or plainly good, down what is neither."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from kakehashi.archive.demo.people import Person
from kakehashi.archive.demo.talk import Remark

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# Below the site's limits of a day and a minute (comments.actions.voting), with room for the reader at the keyboard.
DOWNS_PER_MEMBER = 4
DOWNS_PER_STORY = 32
UPS_PER_MEMBER = 24
UPS_PER_MEMBER_AND_STORY = 12
PER_MINUTE = 20


@dataclass(frozen=True)
class Ballot:
    """One vote to be cast: +1 or −1."""

    at: datetime
    voter: Person
    remark: Remark
    value: int


def ballots(
    remarks: Sequence[Remark], people: Sequence[Person], count: int, *, now: datetime, rng: Random
) -> list[Ballot]:
    """About `count` votes in the order of time, shared out so that few comments have many and many have few."""
    shares = [_share(remark, rng) for remark in remarks]
    whole = sum(shares)
    planned: list[Ballot] = []
    owed = 0.0
    for remark, share in zip(remarks, shares, strict=True):
        owed += count * share / whole
        wanted = min(int(owed), round(len(people) * 0.72))
        voters = _audience(remark, people, wanted, rng)
        owed -= len(voters)
        planned += [_ballot(remark, voter, now, rng) for voter in voters]
    planned.sort(key=lambda ballot: (ballot.at, ballot.voter.name, ballot.remark.at, ballot.remark.source))
    return _within_limits(planned)


def _share(remark: Remark, rng: Random) -> float:
    """How many votes a comment draws beside others: busy threads, strong words and chance."""
    busy: float = max(remark.story.comments, 2) ** 0.45
    return busy * rng.lognormvariate(0, 0.55) * (0.7 + 0.5 * abs(remark.quality)) * (0.8 if remark.parent else 1.25)


def _audience(remark: Remark, people: Sequence[Person], wanted: int, rng: Random) -> list[Person]:
    """`wanted` different people; those whom the remark concerns most come by themselves (weighted without putting back)."""
    if wanted <= 0:
        return []
    keyed: list[tuple[float, str, Person]] = []
    for person in people:
        if person is not remark.author:
            stir = 0.35 + abs(person.position * remark.position) + 0.4 * abs(person.position)
            keyed.append((math.log(rng.random()) / (person.energy * stir), person.name, person))
    keyed.sort(key=lambda one: one[:2], reverse=True)
    return [person for _, _, person in keyed[:wanted]]


def _ballot(remark: Remark, voter: Person, now: datetime, rng: Random) -> Ballot:
    liking = 1.35 * voter.position * remark.position + 0.95 * remark.quality + voter.warmth + rng.gauss(0, 0.5)
    room = (now - remark.at).total_seconds()
    after = rng.lognormvariate(math.log(min(9 * 3600, room * 0.4)), 1.0)
    if after >= room:
        after = rng.random() * room
    at = (remark.at + timedelta(seconds=max(1.0, after))).replace(microsecond=0)
    return Ballot(max(at, remark.at + timedelta(seconds=1)), voter, remark, 1 if liking > 0 else -1)


def _within_limits(planned: Sequence[Ballot]) -> list[Ballot]:
    """Leave out what the site would refuse: too many votes in a minute, or in a day for one member or in one discussion."""
    cast: dict[tuple[object, ...], list[datetime]] = defaultdict(list)
    kept: list[Ballot] = []
    for ballot in planned:
        limits = list(_limits(ballot))
        if all(len(cast[key]) - bisect_left(cast[key], ballot.at - per) < most for key, per, most in limits):
            for key, _, _ in limits:
                insort(cast[key], ballot.at)
            kept.append(ballot)
    return kept


def _limits(ballot: Ballot) -> Iterator[tuple[tuple[object, ...], timedelta, int]]:
    """What the ballot counts towards, within which time, and how many there may be."""
    voter, author, story = ballot.voter.name, ballot.remark.author.name, ballot.remark.story.slug
    yield (voter,), MINUTE, PER_MINUTE
    if ballot.value < 0:
        yield (voter, "down", author), DAY, DOWNS_PER_MEMBER
        yield (voter, "down in", story), DAY, DOWNS_PER_STORY
    else:
        yield (voter, "up", author), DAY, UPS_PER_MEMBER
        yield (voter, "up", author, story), DAY, UPS_PER_MEMBER_AND_STORY
