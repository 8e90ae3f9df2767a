"""Raising alarms about what looks arranged. The worker looks at votes every half minute, at accounts
every five; an alarm asks the staff, and does nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.utils import timezone

from kakehashi.moderation.abuse import bursts, likeness, reading
from kakehashi.moderation.abuse.bursts import Burst, Cast, Elsewhere
from kakehashi.moderation.abuse.chance import poisson_tail
from kakehashi.moderation.abuse.reading import BY_COMMENT, BY_MEMBER, Close, Crowd, Kind, Rough
from kakehashi.moderation.models import AbuseLook, Alarm, AlarmAccount, AlarmKind, AlarmState, AlarmVote
from kakehashi.readers import queries as reader_queries
from kakehashi.readers.models import Reader
from kakehashi.readers.traces import KEPT_FOR as HASHES_KEPT_FOR

# A vote's time is given before it is committed: look so far back again. No further than this after a pause.
OVERLAP = timedelta(minutes=1)
LONGEST_BACK = timedelta(hours=6)
# Targets looked at closely in one look: those with the most young voters, and those with the most voters.
MOST_CLOSE = 60
# And those with the most voters, for accounts among them that have voted as one before.
MOST_TEAMS = 20
# A member is voted on in a burst where it goes across so many of their comments.
FEWEST_COMMENTS = 3
HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)
# Within an hour, from one network or one mail domain.
FEWEST_JOINING = 10
LEAST_JOINING = 0.5
FROM_NETWORK = "joining:network:"
# Settled alarms are kept so long, with what they were about.
KEPT_FOR = timedelta(days=365)


@dataclass(frozen=True)
class Finding:
    """What an alarm will say."""

    kind: AlarmKind
    key: str
    first_at: datetime
    last_at: datetime
    strength: float
    readers: Collection[int]
    figures: dict[str, Any]
    comment: int | None = None
    member: int | None = None
    value: int = 0
    votes: Sequence[Close] = field(default=())


def watch_votes(*, now: datetime) -> int:
    """Look through the votes since the last look for bursts on a comment or a member; how many alarms were raised or grew."""
    look, _is_new = AbuseLook.objects.get_or_create(name="votes", defaults={"looked_at": now - OVERLAP})
    since = max(min(look.looked_at, now) - OVERLAP, now - LONGEST_BACK)
    found = [*_bursts(BY_COMMENT, since, now), *_bursts(BY_MEMBER, since, now)]
    raised = sum(raise_alarm(one, now=now) for one in found)
    AbuseLook.objects.filter(pk=look.pk, looked_at=look.looked_at).update(looked_at=now)
    return raised


def watch_accounts(*, now: datetime) -> int:
    """Look for crowds that vote from one network, accounts that vote as one, many registrations at once and banned people who
    come back; how many alarms."""
    look, _is_new = AbuseLook.objects.get_or_create(name="accounts", defaults={"looked_at": now - LONGEST_BACK})
    since = max(min(look.looked_at, now) - OVERLAP, now - LONGEST_BACK)
    crowds = [*_crowds(BY_COMMENT, since, now), *_crowds(BY_MEMBER, since, now)]
    known: dict[int, dict[int, tuple[int, float]]] = {}
    teams = [*_teams(BY_COMMENT, since, now, known), *_teams(BY_MEMBER, since, now, known)]
    found = [*crowds, *teams, *_alike(since, now), *_joining(now), *_evading(now)]
    raised = sum(raise_alarm(one, now=now) for one in found)
    _forget(now)
    AbuseLook.objects.filter(pk=look.pk, looked_at=look.looked_at).update(looked_at=now)
    return raised


def _forget(now: datetime) -> None:
    """Old alarms; and of those that wait for longer, what was left of a network's hash, which is kept for 30 days."""
    Alarm.objects.filter(settled_at__lt=now - KEPT_FOR).delete()
    old = Alarm.objects.filter(key__startswith=FROM_NETWORK, found_at__lt=now - HASHES_KEPT_FOR)
    old.update(key=Concat(Value("joining:forgotten:"), "pk", output_field=CharField()))


def _bursts(kind: Kind, since: datetime, now: datetime) -> list[Finding]:
    since -= timedelta(seconds=kind.span)
    rough = reading.roughly(kind, since=since, now=now)
    every, young = sum(one.all for one in rough), sum(one.young for one in rough)
    close = {
        (one.target, one.value): reading.closely(kind, one, _key(kind, one), since=since, now=now)
        for one in _worth_a_look(rough)
    }
    seconds = (now - since).total_seconds()
    odd = {place: sum(vote.is_odd for vote in votes) for place, votes in close.items()}
    all_odd, all_close = sum(odd.values()), sum(map(len, close.values()))
    found = []
    for one in rough:
        votes = close.get((one.target, one.value))
        if votes is None:
            continue
        # Of all other targets the young accounts are known, of those looked at closely also who is new to voting: what is
        # more usual counts.
        rate = max(young - one.young, 0) / max(len(rough) - 1, 1) / seconds
        roughly = Elsewhere(max(young - one.young, 0), max(every - one.all, 0), rate)
        closely = Elsewhere(all_odd - odd[one.target, one.value], all_close - len(votes), rate)
        elsewhere = max(roughly, closely, key=lambda found: found.share)
        casts = [Cast(vote.vote, vote.reader, vote.at.timestamp(), vote.is_odd) for vote in votes]
        burst = bursts.find(casts, elsewhere, span=kind.span)
        finding = _finding(kind, one, votes, burst) if burst is not None else None
        if finding is not None:
            found.append(finding)
    return found


def _crowds(kind: Kind, since: datetime, now: datetime) -> list[Finding]:
    """Bursts of votes from one network, whoever votes there. Schools and telephone companies are one network, too: only what
    is more than such votes elsewhere explain is told."""
    since -= timedelta(seconds=kind.span)
    seconds, found = (now - since).total_seconds(), []
    crowds = reading.crowds(kind, fewest=bursts.FEWEST, since=since, now=now)
    if not crowds:
        return []
    usual = reading.usual(kind, since=since, now=now)
    there = {network: reading.at_network(network, since=since) for network in {crowd.network for crowd in crowds}}
    from_there = {network: sum(usual.by_reader.get(one, 0) for one in some) for network, some in there.items()}
    for crowd in crowds:
        votes = reading.closely(kind, crowd, _key(kind, crowd), since=since, now=now)
        inside = there[crowd.network]
        casts = [Cast(vote.vote, vote.reader, vote.at.timestamp(), vote.reader in inside) for vote in votes]
        others = max(from_there[crowd.network] - sum(cast.is_odd for cast in casts), 0)
        rate = others / max(usual.targets - 1, 1) / seconds
        burst = bursts.find(casts, Elsewhere(others, max(usual.votes - len(casts), others), rate), span=kind.span)
        finding = _finding(kind, crowd, votes, burst) if burst is not None else None
        if finding is not None:
            found.append(replace(finding, figures=finding.figures | {"from": "network"}))
    return found


def _teams(kind: Kind, since: datetime, now: datetime, known: dict[int, dict[int, tuple[int, float]]]) -> list[Finding]:
    """Bursts of votes by accounts that have voted as one before, on other targets, however old they are and wherever. `known`:
    the votes of whoever was looked at, by reader; more are added."""
    since -= timedelta(seconds=kind.span)
    rough = [one for one in reading.roughly(kind, since=since, now=now) if one.all >= bursts.FEWEST]
    found = []
    for one in sorted(rough, key=lambda one: -one.all)[:MOST_TEAMS]:
        votes = sorted(reading.closely(kind, one, _key(kind, one), since=since, now=now), key=lambda vote: vote.at)
        first, last = bursts.densest([vote.at.timestamp() for vote in votes], kind.span)
        here = votes[first : last + 1]
        some = {vote.reader for vote in here[-reading.MOST_IN_TEAM :]}
        if len(some) < bursts.FEWEST:
            continue
        known |= reading.votes_of(some - known.keys(), since=now - MONTH, most=reading.VOTES_IN_TEAM)
        asked = {vote.comment for vote in votes}
        before = {reader: {on: cast for on, cast in known[reader].items() if on not in asked} for reader in some}
        team = likeness.team(before)
        casts = [Cast(vote.vote, vote.reader, vote.at.timestamp(), is_odd=True) for vote in here if vote.reader in team]
        if len({cast.reader for cast in casts}) < bursts.FEWEST:
            continue
        burst = Burst(tuple(casts), len(here), share=0.0, expected=0.0, strength=min(team.values()))
        finding = _finding(kind, one, votes, burst)
        if finding is not None:
            found.append(replace(finding, figures=finding.figures | {"from": "team"}))
    return found


def _worth_a_look(rough: Sequence[Rough]) -> list[Rough]:
    enough = [one for one in rough if one.all >= bursts.FEWEST]
    youngest = sorted(enough, key=lambda one: -one.young)[: MOST_CLOSE // 2]
    largest = sorted(enough, key=lambda one: -one.all)[: MOST_CLOSE // 2]
    return list({(one.target, one.value): one for one in (*youngest, *largest)}.values())


def _key(kind: Kind, rough: Rough | Crowd) -> str:
    return f"{kind.name}:{rough.target}:{rough.value}"


def _finding(kind: Kind, one: Rough | Crowd, votes: Sequence[Close], burst: Burst) -> Finding | None:
    chosen = {cast.vote for cast in burst.votes}
    evidence = [vote for vote in votes if vote.vote in chosen]
    if kind is BY_MEMBER and len({vote.comment for vote in evidence}) < FEWEST_COMMENTS:
        return None
    return Finding(
        kind=AlarmKind(kind.name),
        key=_key(kind, one),
        first_at=min(vote.at for vote in evidence),
        last_at=max(vote.at for vote in evidence),
        strength=burst.strength,
        readers={vote.reader for vote in evidence},
        figures={
            "odd": len(burst.votes),
            "all": burst.all,
            "share": round(burst.share, 4),
            "expected": round(burst.expected, 3),
            "minutes": kind.span / 60,
        },
        comment=one.target if kind is BY_COMMENT else None,
        member=one.target if kind is BY_MEMBER else None,
        value=one.value,
        votes=evidence,
    )


def _alike(since: datetime, now: datetime) -> list[Finding]:
    """Accounts at one place that vote as one. That they share a place is common; that they also always agree, within
    minutes, is not. Only who has voted since the last look is looked at."""
    found = []
    voted = since - timedelta(seconds=likeness.TOGETHER)
    for readers in reading.places(since=now - timedelta(days=1), voted=voted).values():
        votes = reading.votes_of(readers, since=now - MONTH)
        pairs = [(likeness.alike(votes[a], votes[b]), a, b) for a, b in combinations(sorted(readers), 2)]
        close = [(like, a, b) for like, a, b in pairs if like.is_as_one]
        if close:
            group = sorted({reader for _like, a, b in close for reader in (a, b)})
            best = max(like for like, _a, _b in close)
            times = [at for reader in group for _value, at in votes[reader].values()]
            found.append(
                Finding(
                    kind=AlarmKind.ALIKE,
                    key="alike:" + ",".join(map(str, group))[:100],
                    first_at=_time(min(times)),
                    last_at=_time(max(times)),
                    strength=max(like.strength for like, _a, _b in close),
                    readers=group,
                    figures={"shared": best.shared, "share": round(best.share, 3)},
                )
            )
    return found


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())


def _joining(now: datetime) -> list[Finding]:
    rows = reading.joined(since=now - HOUR)
    found = []
    networks: dict[str, set[int]] = {}
    domains: dict[str, set[int]] = {}
    for reader, email, network in rows:
        domains.setdefault(email.rpartition("@")[2], set()).add(reader)
        if network:
            networks.setdefault(network, set()).add(reader)
    for network, readers in networks.items():
        if len(readers) >= FEWEST_JOINING:
            # A part of the hash tells one place from another within a day, and is never shown.
            key = f"{FROM_NETWORK}{network[:8]}:{now.date()}"
            found.append(_many(now, key, readers, LEAST_JOINING, {"from": "network"}))
    for domain, readers in domains.items():
        if len(readers) >= FEWEST_JOINING:
            usual = (reading.joined_from(domain, since=now - MONTH) - len(readers)) / (MONTH / HOUR)
            figures = {"from": "domain", "domain": domain}
            found.append(
                _many(now, f"joining:domain:{domain[:80]}:{now.date()}", readers, max(usual, LEAST_JOINING), figures)
            )
    return [one for one in found if one.strength >= bursts.BOUND]


def _many(now: datetime, key: str, readers: set[int], usual: float, figures: dict[str, Any]) -> Finding:
    return Finding(
        kind=AlarmKind.JOINING,
        key=key,
        first_at=now - HOUR,
        last_at=now,
        strength=poisson_tail(len(readers), usual),
        readers=readers,
        figures=figures | {"expected": round(usual, 2)},
    )


def _evading(now: datetime) -> list[Finding]:
    """New accounts that were where somebody was who is banned or suspended now, or whose address is a banned one's but for its
    spelling."""
    since = now - timedelta(days=1)
    signals: dict[tuple[int, int], list[str]] = {}
    for new, banned in reading.beside_restricted(since=since, now=now):
        signals.setdefault((new, banned), []).append("place")
    for new, banned in reader_queries.like_banned_addresses([row[:2] for row in reading.joined(since=since)]):
        signals.setdefault((new, banned), []).append("address")
    return [
        Finding(
            kind=AlarmKind.EVASION,
            key=f"evasion:{new}:{banned}",
            first_at=now,
            last_at=now,
            strength=0.0,
            readers=[new],
            member=banned,
            figures={"signals": some},
        )
        for (new, banned), some in signals.items()
    ]


@transaction.atomic
def raise_alarm(found: Finding, *, now: datetime) -> bool:
    """Make an alarm, or let the open one about the same grow; whether anything is new. What the staff have settled is not
    asked again, but for other votes than those they saw."""
    alarm = Alarm.objects.select_for_update(of=("self",)).filter(key=found.key, state=AlarmState.OPEN).first()
    if alarm is None and _is_settled(found):
        return False
    if alarm is None:
        alarm = Alarm(kind=found.kind, key=found.key, first_at=found.first_at, found_at=now, accounts=0, strength=0.0)
    before = (alarm.votes, alarm.accounts)
    alarm.comment_id, alarm.member_id, alarm.value = found.comment, found.member, found.value
    alarm.first_at = min(alarm.first_at, found.first_at)
    alarm.last_at = found.last_at
    if found.strength >= alarm.strength:
        alarm.strength, alarm.figures = found.strength, found.figures
    alarm.save()
    AlarmVote.objects.bulk_create(
        [AlarmVote(alarm=alarm, vote_id=vote.vote, value=found.value, at=vote.at) for vote in found.votes],
        ignore_conflicts=True,
    )
    _write_accounts(alarm, found)
    alarm.votes, alarm.accounts = alarm.evidence.count(), alarm.members.count()
    alarm.save(update_fields=["votes", "accounts"])
    return before != (alarm.votes, alarm.accounts)


def _is_settled(found: Finding) -> bool:
    """Whether the staff have settled the same; also a moment ago, while it was read: then the next look will tell."""
    settled = Alarm.objects.filter(key=found.key)
    if not found.votes:
        return settled.exists()
    return AlarmVote.objects.filter(alarm__in=settled, vote__in=[vote.vote for vote in found.votes]).exists()


def _write_accounts(alarm: Alarm, found: Finding) -> None:
    """All accounts of the alarm anew, with their letters: these hold within one alarm only."""
    readers = {*alarm.members.values_list("reader", flat=True), *found.readers}
    networks, devices = reading.traces_of(readers)
    network, device = likeness.letters(networks), likeness.letters(devices)
    earlier = reading.votes_before(readers, at=alarm.first_at)
    young = {
        one.pk for one in Reader.objects.filter(pk__in=readers, date_joined__gt=alarm.first_at - reading.YOUNG_FOR)
    }
    closest = _closest(readers, alarm.last_at) if len(readers) <= reading.MOST_AT_ONE_PLACE * 4 else {}
    AlarmAccount.objects.filter(alarm=alarm).delete()
    AlarmAccount.objects.bulk_create(
        AlarmAccount(
            alarm=alarm,
            reader_id=reader,
            network=network.get(reader, ""),
            device=device.get(reader, ""),
            earlier_votes=earlier.get(reader, 0),
            is_young=reader in young,
            likeness=closest.get(reader),
        )
        for reader in sorted(readers)
    )


def _closest(readers: Collection[int], at: datetime) -> dict[int, float]:
    """By account: its likeness to the one among them that votes most like it; nobody who shares too few votes."""
    votes = reading.votes_of(readers, since=at - MONTH)
    found: Counter[int] = Counter()
    for a, b in combinations(sorted(readers), 2):
        like = likeness.alike(votes[a], votes[b])
        if like.shared >= likeness.FEWEST_SHARED:
            for one in (a, b):
                found[one] = max(found[one], round(like.share, 3))  # type: ignore[assignment]
    return dict(found)
