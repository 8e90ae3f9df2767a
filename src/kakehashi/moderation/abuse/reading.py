"""What the search for arranged votes asks the database: a fixed number of queries, each of them bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from kakehashi.comments.actions.counting import as_time
from kakehashi.comments.models import Vote
from kakehashi.moderation.models import AlarmState
from kakehashi.readers.models import Reader, Trace

# An account is odd so long after it was made, and as long as it has cast no vote before the last day.
YOUNG_FOR = timedelta(days=7)
NEW_TO_VOTING = timedelta(days=1)
# Votes counted in one look, the newest: more than ten minutes of 500 a second.
MOST_VOTES = 400_000
# Of one target: more are not needed to see what is going on.
MOST_OF_ONE = 2000
# Accounts behind one address: more are a school, an office or a telephone company.
MOST_AT_ONE_PLACE = 12
MOST_PLACES = 5000
VOTES_OF_ONE = 500
# Of those who may be a team: so many of the newest voters on one target, each with so many of their votes.
MOST_IN_TEAM = 100
VOTES_IN_TEAM = 100
# Targets on which many voted from one network, looked at closely in one look.
MOST_CROWDS = 20

_NEWEST = """(
    SELECT comment_id, reader_id, value FROM comments_vote
    WHERE changed_at > %(since)s AND changed_at <= %(until)s AND value <> 0 AND NOT is_discounted
    ORDER BY changed_at DESC LIMIT %(most)s
) v"""
_AT = """(
    SELECT DISTINCT reader_id, network FROM readers_trace WHERE day >= %(day)s AND network <> ''
) t"""
_ROUGHLY = f"""
SELECT {{target}}, v.value, COUNT(*), SUM(CASE WHEN r.date_joined > %(young)s THEN 1 ELSE 0 END)
FROM {_NEWEST} JOIN readers_reader r ON r.id = v.reader_id {{join}}
GROUP BY {{target}}, v.value
"""  # noqa: S608 - only constants of ours
_CROWDS = f"""
SELECT {{target}}, v.value, t.network, COUNT(DISTINCT v.reader_id)
FROM {_NEWEST} JOIN {_AT} ON t.reader_id = v.reader_id {{join}}
GROUP BY {{target}}, v.value, t.network HAVING COUNT(DISTINCT v.reader_id) >= %(fewest)s
ORDER BY 4 DESC LIMIT {MOST_CROWDS}
"""  # noqa: S608
# How many votes there were, on how many targets; and how many by whom (to join networks here lets SQLite go astray).
_IN_ALL = f"SELECT COUNT(*), COUNT(DISTINCT {{target}}) FROM {_NEWEST} {{join}}"  # noqa: S608
_BY_READER = f"SELECT v.reader_id, COUNT(*) FROM {_NEWEST} {{join}} GROUP BY v.reader_id"  # noqa: S608
# Votes that somebody has judged already, in an alarm about the same, are no news.
_CLOSELY = """
SELECT v.id, v.reader_id, v.comment_id, v.changed_at, r.date_joined, EXISTS (
    SELECT 1 FROM comments_vote w WHERE w.reader_id = v.reader_id AND w.changed_at < %(before)s)
FROM comments_vote v JOIN readers_reader r ON r.id = v.reader_id JOIN comments_comment c ON c.id = v.comment_id
WHERE {target} = %(target)s AND v.value = %(value)s AND v.changed_at > %(since)s AND v.changed_at <= %(until)s
    AND NOT v.is_discounted
    AND NOT EXISTS (
        SELECT 1 FROM moderation_alarmvote e JOIN moderation_alarm a ON a.id = e.alarm_id
        WHERE e.vote_id = v.id AND a.key = %(key)s AND a.state <> %(open)s)
ORDER BY v.changed_at DESC LIMIT %(most)s
"""
_PLACES = """
SELECT DISTINCT t.network, t.reader_id FROM readers_trace t WHERE t.day >= %(since)s AND t.network IN (
    SELECT network FROM readers_trace WHERE day >= %(since)s AND network <> '' GROUP BY network
    HAVING COUNT(DISTINCT reader_id) BETWEEN 2 AND %(many)s)
    AND EXISTS (SELECT 1 FROM comments_vote v WHERE v.reader_id = t.reader_id AND v.changed_at > %(voted)s)
ORDER BY t.network LIMIT %(most)s
"""
# At the very place, with the very browser, of somebody who is banned or suspended; unless many are there.
_BESIDE_RESTRICTED = """
SELECT DISTINCT t.reader_id, b.reader_id, t.network, t.device FROM readers_trace t
JOIN readers_trace b ON b.network = t.network AND b.device = t.device AND b.reader_id <> t.reader_id
JOIN readers_reader r ON r.id = b.reader_id
WHERE t.is_joining AND t.day >= %(since)s AND t.network <> '' AND t.device <> '' AND r.suspended_until > %(now)s
LIMIT 200
"""


@dataclass(frozen=True)
class Kind:
    """By what votes are put together: a comment, or the member who wrote it."""

    name: str
    target: str
    join: str
    span: float


BY_COMMENT = Kind("comment", "v.comment_id", "", 600.0)
BY_MEMBER = Kind(
    "member", "c.author_id", "JOIN comments_comment c ON c.id = v.comment_id AND c.author_id IS NOT NULL", 1800.0
)


@dataclass(frozen=True)
class Rough:
    """Votes of one sign on one target; `young` of them from young accounts."""

    target: int
    value: int
    all: int
    young: int


@dataclass(frozen=True)
class Crowd:
    """Votes of one sign on one target, by at least so many accounts at one network."""

    target: int
    value: int
    network: str


@dataclass(frozen=True)
class Usual:
    """What was voted in all: so many `votes` on so many `targets`; of them by reader."""

    votes: int
    targets: int
    by_reader: dict[int, int]


@dataclass(frozen=True)
class Close:
    """One of these votes. `is_new`: the account had voted on nothing before the last day."""

    vote: int
    reader: int
    comment: int
    at: datetime
    is_young: bool
    is_new: bool

    @property
    def is_odd(self) -> bool:
        return self.is_young or self.is_new


def roughly(kind: Kind, *, since: datetime, now: datetime) -> list[Rough]:
    """All targets that were voted on; 1 query."""
    given = {"young": _moment(now - YOUNG_FOR), **_window(since, now)}
    sql = _ROUGHLY.format(target=kind.target, join=kind.join)
    return [Rough(target, value, every, int(young)) for target, value, every, young in _rows(sql, given)]


def crowds(kind: Kind, *, fewest: int, since: datetime, now: datetime) -> list[Crowd]:
    """Targets on which at least so many accounts voted that were at one network on these days, those with the most first; 1
    query."""
    given = {"fewest": fewest, "day": since.date(), **_window(since, now)}
    sql = _CROWDS.format(target=kind.target, join=kind.join)
    return [Crowd(target, value, network) for target, value, network, _count in _rows(sql, given)]


def usual(kind: Kind, *, since: datetime, now: datetime) -> Usual:
    """2 queries."""
    given = _window(since, now)
    ((votes, targets),) = _rows(_IN_ALL.format(target=kind.target, join=kind.join), given)
    return Usual(votes, targets, dict(_rows(_BY_READER.format(join=kind.join), given)))


def at_network(network: str, *, since: datetime) -> set[int]:
    """The accounts that were there on these days; 1 query."""
    return set(Trace.objects.filter(network=network, day__gte=since.date()).values_list("reader", flat=True))


def closely(kind: Kind, rough: Rough | Crowd, key: str, *, since: datetime, now: datetime) -> list[Close]:
    """The votes on one target with what is known of who cast them; 1 query."""
    target = "v.comment_id" if kind is BY_COMMENT else "c.author_id"
    given = {
        "target": rough.target,
        "value": rough.value,
        "since": _moment(since),
        "until": _moment(now),
        "before": _moment(since - NEW_TO_VOTING),
        "key": key,
        "open": AlarmState.OPEN.value,
        "most": MOST_OF_ONE,
    }
    return [
        Close(vote, reader, comment, as_time(at), as_time(at) - as_time(joined) < YOUNG_FOR, not has_voted)
        for vote, reader, comment, at, joined, has_voted in _rows(_CLOSELY.format(target=target), given)
    ]


def places(*, since: datetime, voted: datetime) -> dict[str, set[int]]:
    """The accounts that share a network with a few others, and have voted since then as others there have; 1 query."""
    found: dict[str, set[int]] = {}
    given = {"since": since.date(), "voted": _moment(voted), "many": MOST_AT_ONE_PLACE, "most": MOST_PLACES}
    for network, reader in _rows(_PLACES, given):
        found.setdefault(network, set()).add(reader)
    return {network: readers for network, readers in found.items() if len(readers) > 1}


def votes_of(
    readers: Collection[int], *, since: datetime, most: int = VOTES_OF_ONE
) -> dict[int, dict[int, tuple[int, float]]]:
    """By reader: their latest votes as `likeness` takes them; a query a reader."""
    found = {}
    for reader in sorted(readers):
        cast = Vote.objects.filter(reader=reader, changed_at__gt=since).exclude(value=0).order_by("-changed_at")
        rows = cast.values_list("comment", "value", "changed_at")[:most]
        found[reader] = {comment: (value, at.timestamp()) for comment, value, at in rows}
    return found


def traces_of(readers: Collection[int]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """By reader: networks, and devices; some queries."""
    networks: dict[int, list[str]] = {reader: [] for reader in readers}
    devices: dict[int, list[str]] = {reader: [] for reader in readers}
    for some in batches(sorted(readers)):
        rows = Trace.objects.filter(reader__in=some).values_list("reader", "network", "device").order_by("-day", "pk")
        for reader, network, device in rows:
            networks[reader].append(network)
            devices[reader].append(device)
    return networks, devices


def votes_before(readers: Collection[int], *, at: datetime) -> dict[int, int]:
    """How many votes each had cast before."""
    from django.db.models import Count

    found: dict[int, int] = {}
    for some in batches(sorted(readers)):
        rows = Vote.objects.filter(reader__in=some, changed_at__lt=at).values_list("reader")
        found |= dict(rows.annotate(n=Count("pk")).order_by())
    return found


def joined(*, since: datetime) -> list[tuple[int, str, str]]:
    """(account, mail address, network) of who registered since then; 1 query."""
    rows = Trace.objects.filter(is_joining=True, day__gte=since.date(), reader__date_joined__gte=since)
    return list(rows.values_list("reader", "reader__email", "network").distinct()[:MOST_PLACES])


def joined_from(domain: str, *, since: datetime) -> int:
    """How many members with an address there registered since then."""
    return Reader.objects.filter(email__endswith=f"@{domain}", date_joined__gte=since).count()


def beside_restricted(*, since: datetime, now: datetime) -> list[tuple[int, int]]:
    """(new account, banned or suspended member) where both were at one network with one kind of browser, and few others; 2
    queries."""
    rows = _rows(_BESIDE_RESTRICTED, {"since": since.date(), "now": _moment(now)})
    crowds: dict[tuple[str, str], set[int]] = {}
    networks = {network for _new, _banned, network, _device in rows}
    for network, device, reader in Trace.objects.filter(network__in=networks).values_list(
        "network", "device", "reader"
    ):
        crowds.setdefault((network, device), set()).add(reader)
    return sorted(
        {(new, banned) for new, banned, *place in rows if len(crowds[place[0], place[1]]) <= MOST_AT_ONE_PLACE}
    )


def batches(items: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _rows(sql: str, given: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


def _window(since: datetime, now: datetime) -> dict[str, Any]:
    return {"since": _moment(since), "until": _moment(now), "most": MOST_VOTES}


def _moment(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)
