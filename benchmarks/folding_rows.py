"""A site with very many votes of two camps, and what the ranking's steps cost there; `benchmarks.folding` runs it.

    KAKEHASHI_DATA=… python -m benchmarks.folding_rows fill --votes 1000000
    KAKEHASHI_DATA=… python -m benchmarks.folding_rows steps
    KAKEHASHI_DATA=… python -m benchmarks.folding_rows clicks --rate 1000 --seconds 30

Each prints its figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

VOTES_EACH = 20
THREADS = 100
TEXT = "The ferry was late again, and nobody on the pier could say why."
PROBE_PAUSE = 0.01
# Longer than this nobody waits; the vote counts as so late.
PATIENCE = 60.0


def fill(votes: int) -> dict[str, Any]:
    """Members, comments and votes; indexes are made afterwards."""
    from django.db import transaction
    from django.utils import timezone
    from tests.factories import a_story, a_thread

    from benchmarks import bulk
    from benchmarks.growth_data import analyse
    from benchmarks.growth_rows import after
    from kakehashi.comments.models import Comment, Vote
    from kakehashi.readers.models import Reader

    begin, now = time.monotonic(), timezone.now()
    comments, readers = votes // VOTES_EACH, max(1000, votes // 100)
    threads = [a_thread(a_story(f"Story {n}")).pk for n in range(THREADS)]
    first_reader, first_comment = after(Reader), after(Comment)
    at = bulk.moment(now - timedelta(days=1))
    with transaction.atomic(), bulk.indexes_later([Reader, Comment, Vote]):
        bulk.write(Reader, ("id", "email", "name", "name_key", "password"), _readers(first_reader, readers))
        names = ("id", "thread_id", "root_id", "created_at", "up", "down", "popularity", "source", "html", "plain")
        given = (first_comment, comments, first_reader, readers, at)
        bulk.write(Comment, names, _comments(threads, _votes(*given)))
        bulk.write(Vote, ("comment_id", "reader_id", "value", "changed_at"), _votes(*given))
    analyse()
    return {
        "votes": comments * VOTES_EACH,
        "comments": comments,
        "members": readers,
        "seconds": time.monotonic() - begin,
    }


def _readers(first: int, count: int) -> Iterator[tuple[Any, ...]]:
    return ((first + n, f"r{n}@example.org", f"Bench {n}", f"bench {n}", "!") for n in range(count))


def _comments(threads: list[int], votes: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    from kakehashi.comments.rules import wilson

    while ballots := list(islice(votes, VOTES_EACH)):
        comment, _reader, _value, at = ballots[0]
        up = sum(value == 1 for _comment, _reader, value, _at in ballots)
        down = VOTES_EACH - up
        yield comment, threads[comment % THREADS], comment, at, up, down, wilson(up, down), TEXT, TEXT, TEXT


def _votes(first: int, comments: int, first_reader: int, readers: int, at: str) -> Iterator[tuple[Any, ...]]:
    """Even readers are one camp, odd ones the other; two comments in five divide them, the others are good or bad for all."""
    rng = random.Random(7)
    chance = rng.random
    for comment in range(comments):
        side, good = rng.choice((-1, 0, 1, 0, 0)), 0.35 + 0.5 * chance()
        likes = (min(0.95, max(0.05, good + 0.35 * side)), min(0.95, max(0.05, good - 0.35 * side)))
        start, step = rng.randrange(readers), 1 + 2 * rng.randrange(readers // 50)
        for n in range(VOTES_EACH):
            reader = (start + n * step) % readers
            yield first + comment, first_reader + reader, 1 if chance() < likes[reader % 2] else -1, at


def steps() -> dict[str, Any]:
    """Reading all votes, a run from nothing, and one from the last one."""
    from kakehashi.ranking import actions, arrays, queries
    from kakehashi.ranking.models import RunKind, StoredModel
    from kakehashi.server.jobs import database_now

    before = memory()
    begin, busy = time.monotonic(), time.process_time()
    votes = arrays.all_votes()
    figures: dict[str, Any] = {
        "read": time.monotonic() - begin,
        "read_cpu": time.process_time() - busy,
        "votes": len(votes),
        "read_mb": memory() - before,
    }
    del votes
    # The first one also compiles; a worker does that once.
    for name, kind in (("first", RunKind.COLD), ("cold", RunKind.COLD), ("warm", RunKind.WARM)):
        begin, busy = time.monotonic(), time.process_time()
        moved = actions.refit(now=database_now(), kind=kind)
        run = queries.last_run()
        assert run is not None
        figures[name] = {
            "took": time.monotonic() - begin,
            "cpu": time.process_time() - busy,
            "moved": moved,
            "camps": run.camps,
            "state": run.state,
            **run.figures,
        }
    stored = len(bytes(StoredModel.objects.values_list("content", flat=True).latest("pk")))
    return figures | {"peak_mb": memory(), "stored_mb": stored / 1e6}


def memory() -> float:
    """The most this process has held at once, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def clicks(rate: int, seconds: float, threads: int = 4) -> dict[str, Any]:
    """How long after a vote was acknowledged its comment stands elsewhere, while `rate` votes a second arrive.

    A worker must be running. The votes of the crowd are cast as the site does, by several threads.
    """
    from kakehashi.comments.models import Comment
    from kakehashi.readers.models import Reader

    readers = list(Reader.objects.filter(name__startswith="Bench ").order_by("pk"))
    comments = list(Comment.objects.order_by("-pk").values_list("pk", flat=True)[:200_000])
    end, cast = threading.Event(), [0] * threads
    crowd = [
        threading.Thread(target=_crowd, args=(n, rate / threads, readers, comments[1000:], end, cast))
        for n in range(threads)
    ]
    for thread in crowd:
        thread.start()
    time.sleep(5)
    began, before = time.monotonic(), sum(cast)
    waits: list[float] = []
    probes = iter(comments[:1000])
    rng = random.Random(1)
    while time.monotonic() - began < seconds:
        waits.append(_probe(rng.choice(readers), next(probes)))
    arrived = (sum(cast) - before) / (time.monotonic() - began)
    end.set()
    for thread in crowd:
        thread.join()
    waits.sort()
    return {
        "arrived_per_second": arrived,
        "probes": len(waits),
        "median": waits[len(waits) // 2],
        "p99": waits[min(len(waits) - 1, int(0.99 * len(waits)))],
        "longest": waits[-1],
    }


def _crowd(
    number: int, rate: float, readers: list[Any], comments: list[int], end: threading.Event, cast: list[int]
) -> None:
    from django.db import connection

    from kakehashi.comments.actions import cast_vote
    from kakehashi.lib.errors import DomainError

    rng, begin = random.Random(number), time.monotonic()
    while not end.is_set():
        ahead = cast[number] / rate - (time.monotonic() - begin)
        if ahead > 0:
            time.sleep(min(ahead, 0.05))
            continue
        # Busy threads draw most of the votes.
        comment = comments[int(len(comments) * rng.random() ** 4)]
        try:
            cast_vote(reader=rng.choice(readers), comment=comment, value=rng.choice((1, 1, 0, 1)))
        except DomainError:
            continue
        finally:
            cast[number] += 1
    connection.close()


def _probe(reader: Any, comment: int) -> float:
    from kakehashi.comments.actions import cast_vote
    from kakehashi.comments.models import Comment

    place = Comment.objects.filter(pk=comment).values_list("common_ground", "agreement", "up", "down")
    before = place.get()
    cast_vote(reader=reader, comment=comment, value=1)
    clicked = time.monotonic()
    if place.get()[2:] == before[2:]:
        # Rated so already.
        cast_vote(reader=reader, comment=comment, value=0)
        clicked = time.monotonic()
    while place.get()[:2] == before[:2] and time.monotonic() - clicked < PATIENCE:
        time.sleep(PROBE_PAUSE)
    return time.monotonic() - clicked


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("what", choices=["fill", "steps", "clicks"])
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()

    from kakehashi.server.cli.django_ready import load_django

    load_django()
    what = {
        "fill": lambda: fill(options.votes),
        "steps": steps,
        "clicks": lambda: clicks(options.rate, options.seconds),
    }
    print(json.dumps(what[options.what]()))


if __name__ == "__main__":
    main()
