"""What looking for arranged votes costs on a site with very many of them; `benchmarks.abuse` runs it.

    KAKEHASHI_DATA=… python -m benchmarks.abuse_rows run --votes 1000000 --rate 500

Prints its figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

SPREAD = """
UPDATE comments_vote SET changed_at = %s WHERE id > %s AND id <= %s
"""
WRITTEN = """
UPDATE comments_comment SET author_id = (SELECT MIN(id) FROM readers_reader) + id % (SELECT COUNT(*) FROM readers_reader)
"""
DISCOUNTED = 10_000
# Of ten members one is at home with two others, and three are with one telephone company.
AT_HOME, AT_ONE_COMPANY = 1, 3
# As far back as a look for bursts on a member goes.
MINUTES = 32
BETWEEN = timedelta(minutes=5)


def run(votes: int, rate: int) -> dict[str, Any]:
    from django.db import connection
    from django.db.models import Max
    from django.utils import timezone

    from benchmarks.folding_rows import fill
    from kakehashi.comments.models import Vote
    from kakehashi.moderation import actions
    from kakehashi.moderation.grounds import Ground
    from kakehashi.moderation.models import Alarm, AlarmKind, AlarmVote, Decision
    from kakehashi.readers.models import Reader, Role

    figures: dict[str, Any] = {"votes": fill(votes)["votes"]}
    now = timezone.now()
    Reader.objects.update(date_joined=now - timedelta(days=100))
    last = Vote.objects.aggregate(last=Max("pk"))["last"]
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
    trace(now)
    # The newest votes came at the rate, for as long as a look goes back, and each twentieth from a new account.
    for second in range(MINUTES * 60):
        first = last - (second + 1) * rate
        with connection.cursor() as cursor:
            at = connection.ops.adapt_datetimefield_value(now - timedelta(seconds=second))
            cursor.execute(SPREAD, [at, first, first + rate])
    newest = Reader.objects.filter(pk__in=[pk for pk in Reader.objects.values_list("pk", flat=True) if pk % 20 == 0])
    newest.update(date_joined=now - timedelta(days=2))
    if connection.vendor == "postgresql":
        # Most of the table has just changed, which the server would have noticed by itself in time.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE comments_vote, comments_comment, readers_reader, readers_trace")
    # The first look at accounts goes back for hours, those that follow for the minutes between two.
    for name, do, at in (
        ("votes", actions.watch_votes, now),
        ("first_accounts", actions.watch_accounts, now - BETWEEN),
        ("accounts", actions.watch_accounts, now),
    ):
        begin, busy = time.monotonic(), time.process_time()
        do(now=at)
        figures |= {f"{name}_s": time.monotonic() - begin, f"{name}_cpu": time.process_time() - busy}
    figures["alarms"] = Alarm.objects.count()

    actions.ensure_policy()
    mo = Reader.objects.create_user("mo@example.org", "Bench Mo", role=Role.MODERATOR)
    alarm = Alarm.objects.create(
        kind=AlarmKind.MEMBER,
        key="bench",
        first_at=now,
        last_at=now,
        strength=9.0,
        accounts=DISCOUNTED,
        votes=DISCOUNTED,
    )
    some = Vote.objects.order_by("pk").values_list("pk", "value")[:DISCOUNTED]
    AlarmVote.objects.bulk_create(AlarmVote(alarm=alarm, vote_id=pk, value=value, at=now) for pk, value in some)
    from kakehashi.moderation.queries import rules_in_force

    ground = Ground(rule=rules_in_force().select_related("version").get(number=8), explanation="Bench")
    figures["first_s"] = timed(lambda: actions.discount(actor=mo, alarm=alarm, ground=ground, now=now))
    figures["discount_s"] = timed(discount_all)
    batch = Decision.objects.values_list("batch", flat=True).latest("pk")
    assert batch is not None
    figures["again_s"] = timed(lambda: actions.undo_batch(actor=mo, batch=batch, now=now))
    return figures


def trace(now: datetime) -> None:
    from kakehashi.readers.models import Reader, Trace

    def network(n: int) -> str:
        return (
            f"home {n // 30}" if n % 10 < AT_HOME else "a company" if n % 10 < AT_HOME + AT_ONE_COMPANY else f"own {n}"
        )

    readers = Reader.objects.order_by("pk").values_list("pk", flat=True)
    Trace.objects.bulk_create(
        (
            Trace(reader_id=pk, day=now.date(), network=network(n), device=f"device {n % 40}")
            for n, pk in enumerate(readers)
        ),
        batch_size=5000,
    )


def discount_all() -> None:
    from django.utils import timezone

    from kakehashi.moderation import actions

    while actions.go_on_discounting(now=timezone.now()):
        pass


def timed(do: Callable[[], object]) -> float:
    begin = time.monotonic()
    do()
    return time.monotonic() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("step", choices=["run"])
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=500)
    options = parser.parse_args()

    from kakehashi.server.cli.django_ready import load_django

    load_django()
    print(json.dumps(run(options.votes, options.rate)))


if __name__ == "__main__":
    main()
