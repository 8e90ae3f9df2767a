"""The workers' shared book, in the database: heartbeats, and whose turn each task is.

Clocks. When a task is due is told by the database's clock, one for all machines. Should that clock jump back, a due
time lies further ahead than it could have been set: it is pulled to one period from now, so a task is late by a period
at most and never early. Whether a worker lives is told without any clock of the wall: who wants its claim watches the
count of its beats, and takes over when that has stood still for TAKEOVER_SECONDS of the watcher's own stop-watch.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import platform
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from kakehashi import __version__
from kakehashi.lib.worker import LONGEST_WAIT, Task, Turn, wait_after
from kakehashi.server.logs import masked
from kakehashi.server.models import Job, Worker

TAKEOVER_SECONDS = 60.0
# A worker that has beaten within this time is alive, for /readyz and `kakehashi status`.
FRESH = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(days=1)


def database_now() -> datetime:
    """The time by the database's clock (SQLite has none but this machine's)."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


def this_host() -> str:
    """The machine's name as a keyed hash: the same machine is recognised, and nobody learns its name."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"host {platform.node()}".encode(), hashlib.sha256).hexdigest()[:8]


class DatabaseBook:
    """A worker's part of the book. `now` is the shared clock, `stop_watch` seconds that never jump."""

    def __init__(
        self, *, now: Callable[[], datetime] = database_now, stop_watch: Callable[[], float] = time.monotonic
    ) -> None:
        self.id = uuid.uuid4().hex
        self._now = now
        self._stop_watch = stop_watch
        # What is at work, the longest first: a long task runs in a thread beside the others.
        self._running: dict[str, None] = {}
        # Task name -> (its claimer, the beats it had, when they were first seen by the stop-watch).
        self._watched: dict[str, tuple[str, int, float]] = {}

    def beat(self) -> None:
        now = self._now()
        values = {"beat_at": now, "task": (*self._running, "")[0]}
        if Worker.objects.filter(pk=self.id).update(**values, beats=F("beats") + 1):
            return
        Worker.objects.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
        Worker.objects.create(
            id=self.id, host=this_host(), pid=os.getpid(), version=__version__, started_at=now, **values
        )

    def take(self, task: Task, *, at_once: bool = False) -> Turn | float:
        now = self._now()
        job, _ = Job.objects.get_or_create(name=task.name, defaults={"next_run_at": now})
        # A claim of its own is left over from a run whose end the database did not hear of.
        if job.claimed_by not in {"", self.id}:
            return self._take_over(task, job, now)
        self._watched.pop(task.name, None)
        furthest = now + max(task.every, LONGEST_WAIT)
        if job.next_run_at > furthest:
            Job.objects.filter(pk=job.pk, next_run_at=job.next_run_at).update(next_run_at=now + task.every)
        elif job.next_run_at <= now or at_once:
            return self._claim(task, job, now)
        return max(0.05, (min(job.next_run_at, now + task.every) - now).total_seconds())

    def _claim(self, task: Task, job: Job, now: datetime) -> Turn | float:
        """Of all who try, one finds the row as it was read."""
        found = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, runs=job.runs, next_run_at=job.next_run_at)
        if not found.update(claimed_by=self.id, last_started_at=now, runs=F("runs") + 1):
            return 0.05
        self._running[task.name] = None
        return Turn(task, now)

    def _take_over(self, task: Task, job: Job, now: datetime) -> Turn | float:
        """The claim of a worker that is gone or whose beats stand still."""
        beats = Worker.objects.filter(pk=job.claimed_by).values_list("beats", flat=True).first()
        seen, watch = self._watched.get(task.name), self._stop_watch()
        state = (job.claimed_by, -1 if beats is None else beats)
        if seen is None or seen[:2] != state:
            self._watched[task.name] = (*state, watch)
        elif watch - seen[2] >= TAKEOVER_SECONDS:
            del self._watched[task.name]
            return self._claim(task, job, now)
        return TAKEOVER_SECONDS / 12

    def done(self, turn: Turn, *, rows: int, seconds: float) -> None:
        self._end(
            turn,
            seconds,
            next_run_at=turn.now + turn.task.every,
            last_success_at=self._now(),
            failing=0,
            why="",
            rows_done=F("rows_done") + rows,
        )

    def failed(self, turn: Turn, *, error: Exception, seconds: float) -> timedelta:
        failing = Job.objects.filter(pk=turn.task.name).values_list("failing", flat=True).first() or 0
        wait = wait_after(failing + 1, turn.task.every)
        first = next(iter(str(error).splitlines()), "")
        self._end(
            turn,
            seconds,
            next_run_at=self._now() + wait,
            failures=F("failures") + 1,
            failing=failing + 1,
            why=masked(f"{type(error).__name__}: {first}")[:300],
        )
        return wait

    def _end(self, turn: Turn, seconds: float, **values: object) -> None:
        """Give the claim back; what another worker has taken over meanwhile is its own."""
        self._running.pop(turn.task.name, None)
        mine = Job.objects.filter(pk=turn.task.name, claimed_by=self.id)
        mine.update(claimed_by="", last_seconds=seconds, total_seconds=F("total_seconds") + seconds, **values)

    def leave(self) -> None:
        with transaction.atomic():
            Job.objects.filter(claimed_by=self.id).update(claimed_by="")
            Worker.objects.filter(pk=self.id).delete()


def workers_alive(now: datetime) -> list[Worker]:
    """Workers that have beaten lately, the longest running first. A beat ahead of `now` counts: the clock went back."""
    return list(Worker.objects.filter(beat_at__gte=now - FRESH).order_by("started_at"))
