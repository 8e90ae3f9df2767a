"""Rows of writing: members who post and vote, each signed in, with token, synced; then everything is counted again."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks import load, peers
from benchmarks.bench import TOKEN, Bench, times
from benchmarks.load import Measured
from benchmarks.report import Goal, rate

# Threads that are only written to: one in which everybody meets, and others where they spread.
MEETING = 41
SPREAD = tuple(range(42, 60))
VOTED_ON = 1000
# Faster than any server here could take them.
FASTEST = 6000
GOALS = {
    ("post", 1): Goal("≥ 500/s", least=500),
    ("post", 16): Goal("≥ 1,000/s", least=1000),
    ("vote", 16): Goal("≥ 1,500/s", least=1500),
}
WRONG_TALLIES = """
SELECT count(*) FROM (SELECT c.id FROM comments_comment c LEFT JOIN comments_vote v ON v.comment_id = c.id
GROUP BY c.id, c.up, c.down HAVING c.up <> COALESCE(SUM(CASE WHEN v.value = 1 THEN 1 ELSE 0 END), 0)
OR c.down <> COALESCE(SUM(CASE WHEN v.value = -1 THEN 1 ELSE 0 END), 0)) AS wrong
"""
WRONG_THREADS = """
SELECT count(*) FROM comments_thread t WHERE t.comment_count <>
(SELECT count(*) FROM comments_comment c WHERE c.thread_id = t.id AND c.state = 'visible')
"""


@dataclass
class Writers:
    """Deals out members, texts and pairs of member and comment, none twice."""

    bench: Bench
    voted_on: int = VOTED_ON
    turn: int = 0
    _votes: Iterator[tuple[int, int]] | None = None
    acknowledged: dict[str, int] = field(default_factory=lambda: {"post": 0, "vote": 0})

    def posts(self, lengths: tuple[int, ...], number: int) -> Iterator[tuple[str, str, str]]:
        """Each by the next member, so that nobody reaches a limit."""
        site = self.bench.site
        members = len(site.filled["sessions"])
        stories = [site.story(length)[0] for length in lengths]
        for n in range(number):
            words = f"text=What+number+{n}+of+turn+{self.turn}+wants+to+say:+the+ferry+*left*+at+nine,+%0A%0Aand+back"
            story, member = stories[n % len(stories)], (self.turn + n) % members
            cookie = site.cookie(member, TOKEN)
            yield f"/story/{story}/comment/", cookie, f"csrfmiddlewaretoken={TOKEN}&{words}"

    def votes(self, number: int) -> Iterator[tuple[str, str, str]]:
        self._votes = self._votes or self._pairs()
        for comment, member in itertools.islice(self._votes, number):
            cookie = self.bench.site.cookie(member, TOKEN)
            yield f"/comment/{comment}/vote/", cookie, f"csrfmiddlewaretoken={TOKEN}&value=1"

    def _pairs(self) -> Iterator[tuple[int, int]]:
        """(comment, member): first votes on other members' comments, round all members before one comes again."""
        site = self.bench.site
        story, _, first = site.story(self.voted_on)
        there = f"c.thread_id = (SELECT id FROM comments_thread WHERE story_id = {story})"
        taken = set(site.query(f"SELECT c.id, c.author_id FROM comments_comment c WHERE {there}"))
        sql = "SELECT v.comment_id, v.reader_id FROM comments_vote v JOIN comments_comment c ON c.id = v.comment_id"
        taken |= set(site.query(f"{sql} WHERE {there}"))
        members = site.filled["sessions"]
        for n in itertools.count():
            comment, member = first + (n * 7 + n // len(members)) % self.voted_on, n % len(members)
            if (comment, members[member][1]) not in taken:
                yield comment, member

    def window(self, kind: str, clients: int, lengths: tuple[int, ...], headers: dict[str, str]) -> Measured:
        bench = self.bench
        number = int(FASTEST * bench.seconds)
        lines = self.posts(lengths, number) if kind == "post" else self.votes(number)
        found = load.post(bench.site.address, list(lines), seconds=bench.seconds, connections=clients, headers=headers)
        self.turn += found.sent
        self.acknowledged[kind] += found.requests
        return found


def writing(bench: Bench, database: str) -> None:
    """All rows of one database, then the count."""
    writers = Writers(bench)
    before = stored(bench)
    in_place = {"HX-Request": "true"}
    rows = [
        ("post", 1, (MEETING,), {}, "post, 1 client"),
        ("post", 16, (MEETING,), {}, "post, 16 clients in one thread"),
        ("post", 16, SPREAD, {}, "post, 16 clients in eighteen threads"),
        ("post", 16, SPREAD, in_place, "    the same, the discussion sent back (htmx)"),
        ("vote", 1, (), {}, "vote, 1 client"),
        ("vote", 16, (), {}, "vote, 16 clients in one thread"),
        ("vote", 16, (), in_place, "    the same, the score sent back (htmx)"),
    ]
    for kind, clients, lengths, headers, name in rows:
        found = bench.windows(lambda: writers.window(kind, clients, lengths, headers))  # noqa: B023
        theirs = (peers.POST if kind == "post" else peers.VOTE)[clients]
        goal = None if headers else GOALS.get((kind, clients))
        bench.report.add(
            name,
            rate(found.rate),
            ratio=f"{times(found.rate, theirs, 'Remark42')}, p99 {found.p99:,.0f} ms",
            goal=goal,
            value=found.rate,
        )
        if found.trouble:
            bench.report.note(f"{database}, {name.strip()}: {found.trouble}")
    count(bench, writers, before)


def stored(bench: Bench) -> dict[str, int]:
    """How many comments and votes the database holds."""
    tables = {"post": "comments_comment", "vote": "comments_vote"}
    return {kind: bench.site.query(f"SELECT count(*) FROM {table}")[0][0] for kind, table in tables.items()}


def count(bench: Bench, writers: Writers, before: dict[str, int]) -> None:
    """Rows for what was acknowledged and is stored, and for counters that are not what they count."""
    after = stored(bench)
    for kind, name in (("post", "comments"), ("vote", "votes")):
        new, told = after[kind] - before[kind], writers.acknowledged[kind]
        goal = Goal("the same", least=0, most=0)
        bench.report.add(f"{name} stored and acknowledged", f"{new:,} and {told:,}", goal=goal, value=new - told)
    for name, sql in (("scores that differ from votes", WRONG_TALLIES), ("counts that differ", WRONG_THREADS)):
        wrong = bench.site.query(sql)[0][0]
        bench.report.add(name, f"{wrong:,}", goal=Goal("0", most=0), value=wrong)


def disk(bench: Bench) -> None:
    """What nothing that syncs each write can pass: how often a second this disk keeps a page."""
    with tempfile.TemporaryFile(dir=bench.site.data) as file:
        begin, number = time.monotonic(), 0
        while time.monotonic() - begin < 1:
            os.write(file.fileno(), b"x" * 4096)
            os.fdatasync(file.fileno())
            number += 1
    bench.report.add("writes of 4 kB that this disk syncs, one by one", rate(number))
