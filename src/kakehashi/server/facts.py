"""How the site is doing, for `kakehashi status` and for Prometheus: workers, tasks, what waits, how much there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from wagtail.models import Revision

from kakehashi.alerts import queries as alerts_queries
from kakehashi.comments.models import Comment, CommentState, Thread, Vote
from kakehashi.moderation.model import versions as model_versions
from kakehashi.ranking import queries as ranking_queries
from kakehashi.readers.models import Reader
from kakehashi.search.models import Look
from kakehashi.server.jobs import this_host, workers_alive
from kakehashi.server.models import Job, Worker
from kakehashi.stories.models import StoryPage
from kakehashi.trending import queries as trending_queries


@dataclass(frozen=True)
class Waiting:
    """What waits for a worker, an operator or a moderator; `oldest_held_at` is None where no comment is held, and
    `oldest_mail_due_at` where no mail is overdue."""

    scheduled_stories: int
    unindexed: int
    unranked_votes: int
    unsent_mails: int
    queued_mails: int
    doubtful_mails: int
    failed_mails: int
    oldest_mail_due_at: datetime | None
    held_comments: int
    oldest_held_at: datetime | None


def waiting(now: datetime) -> Waiting:
    """Eight queries. The one for held comments reads the whole of an index: ask seldom."""
    looks = dict(Look.objects.values_list("name", "last_id"))
    mails = alerts_queries.queue(now)
    held = Comment.objects.filter(state=CommentState.HELD).aggregate(n=Count("pk"), oldest=Min("created_at"))
    return Waiting(
        scheduled_stories=Revision.objects.filter(approved_go_live_at__lte=now).count(),
        unindexed=Comment.objects.filter(pk__gt=looks.get("comments", 0)).count()
        + StoryPage.objects.live().filter(pk__gt=looks.get("stories", 0)).count(),
        unranked_votes=ranking_queries.unread_votes(),
        unsent_mails=_files(Path(settings.EMAIL_FILE_PATH)),
        queued_mails=mails.waiting,
        doubtful_mails=mails.doubtful,
        failed_mails=mails.failed,
        oldest_mail_due_at=mails.oldest_due_at,
        held_comments=held["n"],
        oldest_held_at=held["oldest"],
    )


def _files(directory: Path) -> int:
    """Mails that no server took; none while a mail server is set."""
    if settings.EMAIL_HOST or not directory.is_dir():
        return 0
    return sum(1 for _ in directory.glob("*.log"))


def jobs() -> list[Job]:
    """Of the configured tasks, in their order; one that never ran has no row."""
    found = Job.objects.in_bulk([path for path, _ in settings.KAKEHASHI_TASKS])
    return [found[path] for path, _ in settings.KAKEHASHI_TASKS if path in found]


def database_bytes() -> int:
    """What the database takes on disk."""
    ask = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with connection.cursor() as cursor:
        cursor.execute(ask[connection.vendor])
        size: int = cursor.fetchone()[0]
        return size


def counts() -> dict[str, int]:
    """How much is in the site. Counts every row: not for every minute."""
    return {
        "stories": StoryPage.objects.live().count(),
        "members": Reader.objects.filter(is_active=True).count(),
        "threads": Thread.objects.count(),
        "comments": Comment.objects.count(),
        "votes": Vote.objects.count(),
        "views": trending_queries.views_written(),
    }


def ranking() -> dict[str, Any] | None:
    """The latest run of the ranking; None before the first."""
    run = ranking_queries.last_run()
    if run is None:
        return None
    return {
        "run": run.pk,
        "kind": run.kind,
        "state": run.state,
        "why": run.why,
        "started_at": run.started_at.isoformat(),
        "seconds": round(run.seconds, 2),
        "votes": run.votes,
        "voters": run.voters,
        "items": run.items,
        "camps": run.camps,
        "moved": run.moved,
        **run.figures,
    }


def model() -> dict[str, Any]:
    """By what comments are scored for moderators: a version of the model, or the word list."""
    version = model_versions.version_in_use()
    if version is None:
        return {"version": 0, "since": None, "decisions": 0, "trouble": ""}
    return {
        "version": version.number,
        "since": version.used_since.isoformat() if version.used_since else None,
        "decisions": version.learned,
        "trouble": model_versions.trouble_with(version),
    }


def workers_told(now: datetime) -> list[dict[str, Any]]:
    """Every worker that has a row, the living first."""
    alive = {worker.pk for worker in workers_alive(now)}
    rows: Iterable[Worker] = sorted(Worker.objects.all(), key=lambda row: (row.pk not in alive, row.started_at))
    return [
        {
            "host": row.host,
            "is_here": row.host == this_host(),
            "pid": row.pid,
            "version": row.version,
            "is_alive": row.pk in alive,
            "started_at": row.started_at.isoformat(),
            "beat_seconds_ago": round(max(0.0, (now - row.beat_at).total_seconds())),
            "task": row.task,
        }
        for row in rows
    ]


def jobs_told(now: datetime) -> list[dict[str, Any]]:
    """Every task that has run."""
    return [
        {
            "task": job.name,
            "is_running": bool(job.claimed_by),
            "last_started_at": job.last_started_at.isoformat() if job.last_started_at else None,
            "last_success_at": job.last_success_at.isoformat() if job.last_success_at else None,
            "next_run_at": job.next_run_at.isoformat(),
            "last_seconds": round(job.last_seconds, 3),
            "runs": job.runs,
            "failures": job.failures,
            "failing": job.failing,
            "why": job.why,
            "rows_done": job.rows_done,
        }
        for job in jobs()
    ]
