"""Plans the votes: people vote on what stirs them, up what is near to them or plainly good, down what is neither."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from kakehashi.archive.demo.people import Person
from kakehashi.archive.demo.talk import Remark

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
# Below the limits of 6 down-votes for one member a day and 60 votes a minute, with room for the reader at the keyboard.
DOWNS_PER_MEMBER = 4
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
    """Leave out what the site would refuse: too many down-votes for one member, too many votes in a minute."""
    downs: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    cast: dict[str, list[datetime]] = defaultdict(list)
    kept: list[Ballot] = []
    for ballot in planned:
        recent = cast[ballot.voter.name]
        if len(recent) - bisect_left(recent, ballot.at - MINUTE) >= PER_MINUTE:
            continue
        if ballot.value < 0:
            against = downs[ballot.voter.name, ballot.remark.author.name]
            if len(against) - bisect_left(against, ballot.at - DAY) >= DOWNS_PER_MEMBER:
                continue
            insort(against, ballot.at)
        insort(recent, ballot.at)
        kept.append(ballot)
    return kept
