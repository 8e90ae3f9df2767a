"""The queue of moderation with ten thousand comments waiting: what its pages and a decision cost the server.

    python -m benchmarks.queue [--waiting 10000]

On SQLite in a directory of its own, or on the empty database that DATABASE_URL names. Prints milliseconds in the process,
from the request to the finished answer with all of Django's middleware, without the network.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

THREADS, MEMBERS, BATCH, ROUNDS = 60, 400, 1000, 30
WORDS = (
    "Whoever has stood on the quay in November knows what this is about; the rest is arithmetic, number {n}, and the council "
    "has read neither the weather report nor the second page of its own budget."
)


def fill(waiting: int) -> None:
    """Half of them held, half flagged, in THREADS discussions."""
    from django.utils import timezone
    from tests.factories import a_comment, a_reader, a_section, a_story, a_thread

    from kakehashi.comments.models import Comment
    from kakehashi.moderation import actions, queries
    from kakehashi.moderation.models import Flag

    actions.ensure_policy()
    now, rules = timezone.now(), list(queries.rules_in_force())
    sections = [a_section(title) for title in ("Politics", "Economy", "Culture")]
    threads = [a_thread(a_story(section=sections[n % 3])) for n in range(THREADS)]
    members = [a_reader() for _ in range(MEMBERS)]
    for n in range(300):
        old = a_comment(threads[n % THREADS], author=members[n % MEMBERS], source=WORDS.format(n=-n))
        actions.decide_comment(actor=_moderator(), comment=old, action="removed", ground=_ground(rules[n % 10]))
    for begin in range(0, waiting, BATCH):
        rows = []
        for n in range(begin, min(begin + BATCH, waiting)):
            words, at = WORDS.format(n=n), now - timedelta(minutes=n % 700)
            rows.append(
                Comment(
                    thread=threads[n % THREADS], author=members[n % MEMBERS], source=words, html=f"<p>{words}</p>",
                    plain=words, created_at=at, state="held" if n % 2 else "visible",
                )
            )  # fmt: skip
        made = Comment.objects.bulk_create(rows)
        Flag.objects.bulk_create(
            Flag(
                reader=members[(one.pk + k) % MEMBERS], comment=one, rule=rules[one.pk % 10], created_at=one.created_at
            )
            for one in made
            if one.state == "visible"
            for k in range(1 + one.pk % 3)
        )
        actions.settle_waiting(comments=[one.pk for one in made], now=now)


def _ground(rule: Any) -> Any:
    from kakehashi.moderation.grounds import Ground

    return Ground(rule=rule)


def _moderator() -> Any:
    from tests.moderation.rows import a_moderator

    from kakehashi.readers.models import Reader

    return Reader.objects.filter(role="moderator").first() or a_moderator("Mo")


def timed(what: str, work: Callable[[], Any], rounds: int = ROUNDS) -> None:
    """The processor's time is what a busy machine does not stretch; the database's own is not in it on PostgreSQL."""
    spent, own = [], []
    for _ in range(rounds):
        began, busy = time.perf_counter(), time.process_time()
        work()
        spent.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - busy) * 1000)
    wall, processor = statistics.median(spent), statistics.median(own)
    print(f"{what}: {wall:.1f} ms in the middle of {rounds}, {processor:.1f} ms of processor", flush=True)


def measure(waiting: int) -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from kakehashi.moderation import actions, queue
    from kakehashi.moderation.models import Waiting

    began = time.perf_counter()
    fill(waiting)
    print(
        f"{connection.vendor}, {Waiting.objects.count():,} waiting, made in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    moderator = _moderator()
    client = Client(headers={"X-Part": "desk"})
    client.force_login(moderator)
    desk = "/moderation/queue/"

    def ask(address: str) -> Any:
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
        return answer

    ask(desk)
    timed("the queue's page", lambda: ask(desk))
    timed("the same, whole page", lambda: Client.get(client, desk, headers={"X-Part": ""}))
    figures = queue.figures(moderator, timezone.now(), queue.target())
    timed("one section of it", lambda: ask(f"{desk}?section={min(figures.sections)}"))
    timed("live figures", lambda: ask(f"{desk}live.json"))

    def decide() -> None:
        pk = actions.claim_next(actor=moderator, order=queue.first(queue.Filter(), moderator, timezone.now()))
        answer = client.post(f"{desk}{pk}/", {"action": "visible"})
        assert answer.status_code == 200, answer.status_code

    timed("a decision, with the next comment", decide)
    ids = list(Waiting.objects.order_by("pk").values_list("pk", flat=True)[:1000])
    from uuid import uuid4

    batch, began = uuid4(), time.perf_counter()
    longest = 0.0
    for begin in range(0, len(ids), 100):
        one = time.perf_counter()
        actions.decide_many(actor=moderator, comments=ids[begin : begin + 100], action="visible", batch=batch)
        longest = max(longest, time.perf_counter() - one)
    print(
        f"1,000 approved together: {time.perf_counter() - began:.2f} s, the longest transaction {longest * 1000:.0f} ms"
    )
    began = time.perf_counter()
    actions.undo_batch(actor=moderator, batch=batch)
    print(f"and undone as one: {time.perf_counter() - began:.2f} s")
    timed("the worker's look, with nothing new", lambda: actions.find_waiting(now=timezone.now()), 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kakehashi-queue-") as data:
        os.environ |= {"KAKEHASHI_DATA": data, "KAKEHASHI_SECRET_KEY": "benchmark", "KAKEHASHI_STAFF_MFA": "optional"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "kakehashi.server.settings"
        os.environ["KAKEHASHI_ALLOWED_HOSTS"] = "testserver"
        subprocess.run(
            [sys.executable, "-m", "kakehashi.server.cli", "init", "--no-input"], check=True, stdout=subprocess.DEVNULL
        )
        measure(given.waiting)


if __name__ == "__main__":
    main()
