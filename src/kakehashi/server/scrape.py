"""What `/metrics` answers: the counters of all processes of this server, and what only the database knows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from kakehashi import __version__
from kakehashi.ranking.queries import last_applied, last_run
from kakehashi.server import facts, metrics, metrics_home
from kakehashi.server.jobs import database_now, workers_alive
from kakehashi.trending.queries import sisters_by_state

# Counting what waits reads an index of every comment: not at every scrape.
WAITING_KEPT_SECONDS = 60.0


def exposition() -> tuple[bytes, str]:
    """(body, content type) in Prometheus' text format."""
    registry = CollectorRegistry()
    directory = metrics_home.directory()
    if directory is None:
        for collector in list(metrics.REGISTRY._collector_to_names):
            registry.register(collector)
    else:
        _forget_the_dead(Path(directory))
        MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
    registry.register(_site)
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _forget_the_dead(directory: Path) -> None:
    """Listeners and pages of a process that is gone are gone; what it counted stays."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if not metrics_home.lives(pid):
            file.unlink(missing_ok=True)


class SiteCollector(Collector):
    """Workers, tasks and what waits. While the database is away it says only that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: facts.Waiting | None = None
        self._counted_at = 0.0

    def collect(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("kakehashi_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        try:
            found = list(self._asked())
        except (DatabaseError, InterfaceError):
            found = []
        yield GaugeMetricFamily("kakehashi_database_up", "Whether the database answered this scrape.", bool(found))
        yield from found

    def _asked(self) -> Iterable[Metric]:
        now = database_now()
        alive = workers_alive(now)
        yield GaugeMetricFamily("kakehashi_workers_alive", "Workers with a fresh heartbeat.", len(alive))
        yield GaugeMetricFamily("kakehashi_database_bytes", "Bytes of the database on disk.", facts.database_bytes())
        yield from _tasks(now)
        yield from _queues(self._waits(now), now)
        yield from _ranking(now)
        sisters = GaugeMetricFamily("kakehashi_sister_sites", "Sister sites by how they are doing.", labels=["state"])
        for state, count in sisters_by_state(now).items():
            sisters.add_metric([state], count)
        yield sisters

    def _waits(self, now: datetime) -> facts.Waiting:
        with self._lock:
            if self._waiting is None or time.monotonic() - self._counted_at > WAITING_KEPT_SECONDS:
                self._waiting = facts.waiting(now)
                self._counted_at = time.monotonic()
            return self._waiting


def _tasks(now: datetime) -> Iterable[Metric]:
    runs = CounterMetricFamily("kakehashi_task_runs", "Runs of each task.", labels=["task"])
    failures = CounterMetricFamily("kakehashi_task_failures", "Runs that failed.", labels=["task"])
    seconds = CounterMetricFamily("kakehashi_task_seconds", "Time spent in each task.", labels=["task"])
    rows = CounterMetricFamily("kakehashi_task_rows", "Rows done by each task.", labels=["task"])
    last = GaugeMetricFamily("kakehashi_task_last_seconds", "How long its last run took.", labels=["task"])
    age = GaugeMetricFamily("kakehashi_task_success_age_seconds", "Time since its last success.", labels=["task"])
    for job in facts.jobs():
        name = [job.name]
        runs.add_metric(name, job.runs)
        failures.add_metric(name, job.failures)
        seconds.add_metric(name, job.total_seconds)
        rows.add_metric(name, job.rows_done)
        last.add_metric(name, job.last_seconds)
        if job.last_success_at is not None:
            age.add_metric(name, max(0.0, (now - job.last_success_at).total_seconds()))
    return runs, failures, seconds, rows, last, age


def _queues(waits: facts.Waiting, now: datetime) -> Iterable[Metric]:
    queue = GaugeMetricFamily("kakehashi_queue_length", "What waits, counted once a minute.", labels=["queue"])
    queue.add_metric(["scheduled_stories"], waits.scheduled_stories)
    queue.add_metric(["unindexed"], waits.unindexed)
    queue.add_metric(["unranked_votes"], waits.unranked_votes)
    queue.add_metric(["unsent_mails"], waits.unsent_mails)
    queue.add_metric(["queued_mails"], waits.queued_mails)
    queue.add_metric(["doubtful_mails"], waits.doubtful_mails)
    queue.add_metric(["failed_mails"], waits.failed_mails)
    queue.add_metric(["held_comments"], waits.held_comments)
    held = waits.oldest_held_at
    oldest = max(0.0, (now - held).total_seconds()) if held else 0.0
    yield queue
    yield GaugeMetricFamily("kakehashi_oldest_held_comment_seconds", "Its age; 0 if none is held.", oldest)
    due = waits.oldest_mail_due_at
    late = max(0.0, (now - due).total_seconds()) if due else 0.0
    yield GaugeMetricFamily("kakehashi_oldest_mail_seconds", "How long a mail has been overdue; 0 if none is.", late)


def _ranking(now: datetime) -> Iterable[Metric]:
    run, last = last_applied(), last_run()
    if run is not None and last is not None:
        age = (now - run.started_at).total_seconds()
        yield GaugeMetricFamily("kakehashi_ranking_age_seconds", "Since the run by which comments are ranked.", age)
        yield GaugeMetricFamily("kakehashi_ranking_camps", "Camps that it found; 1 if none.", run.camps)
        is_applied = last.pk == run.pk
        yield GaugeMetricFamily("kakehashi_ranking_last_run_applied", "Whether the latest run is that one.", is_applied)


_site = SiteCollector()
