"""News by mail to many: one story, its mails queued and handed over to a mail server on loopback that takes them all.

    python -m benchmarks.mailing [--receivers 10000]

On SQLite in a directory of its own, or on the empty database that DATABASE_URL names. Prints how long queueing and handing
over took, the processor time of each, and how much the memory of the process that does both grew.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.postgres import free_port

BATCH = 500


class TakesAll:
    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return "250 OK"


async def serve(port: int) -> None:
    from aiosmtpd.smtp import SMTP

    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(TakesAll(), hostname="localhost"), "127.0.0.1", port
    )
    await server.serve_forever()


def timed(what: str, work: Callable[[], int]) -> None:
    wall, own, before = time.perf_counter(), time.process_time(), memory()
    done = work()
    wall = time.perf_counter() - wall
    print(
        f"{what}: {done} in {wall:.1f} s ({done / wall:,.0f}/s), {time.process_time() - own:.1f} s of processor, "
        f"memory {before:.0f} to {memory():.0f} MB"
    )


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(number: int) -> None:
    import django

    django.setup()
    from django.utils import timezone

    from kakehashi.alerts import actions
    from kakehashi.alerts.models import Follow, Mail, Receiver
    from kakehashi.stories.actions import ensure_section, publish_story

    now = timezone.now()
    # The first look finds nothing old.
    actions.queue_story_alerts(now=now)
    for begin in range(0, number, BATCH):
        rows = Receiver.objects.bulk_create(
            Receiver(email=f"reader{n}@example.org", confirmed_at=now) for n in range(begin, min(begin + BATCH, number))
        )
        Follow.objects.bulk_create(Follow(receiver=row, subject="site", rhythm="at_once") for row in rows)
    publish_story(
        section=ensure_section(title="Harbour"),
        headline="The ferry was late",
        standfirst="Nobody minded, for the fog was fine to look at.",
        byline="Ana Writer",
    )

    def queue() -> int:
        actions.queue_story_alerts(now=timezone.now() + timedelta(seconds=1))
        return Mail.objects.count()

    timed("queued", queue)
    timed("handed over", lambda: actions.send_due(now=timezone.now() + timedelta(minutes=1), seconds=3600))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receivers", type=int, default=10_000)
    parser.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sink:
        asyncio.run(serve(asked.sink))
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="kakehashi-mailing-") as data:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "kakehashi.server.settings",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
            "EMAIL_USE_TLS": "0",
            "KAKEHASHI_DATA": data,
            "KAKEHASHI_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "kakehashi.server.cli", "init", "--no-input"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        sink = subprocess.Popen([sys.executable, "-m", "benchmarks.mailing", "--sink", str(port)])
        try:
            time.sleep(1)
            measure(asked.receivers)
        finally:
            sink.kill()
            sink.wait()


if __name__ == "__main__":
    main()
