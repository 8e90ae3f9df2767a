"""Who works behind the page, and whose turn each task is. Written by `jobs` only."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """One running worker; the row goes with it, or a day after its last beat.

    `host` is a keyed hash of the machine's name. `beats` grows with every beat: others see by it that the worker lives,
    whatever the clocks say.
    """

    id = models.CharField(primary_key=True, max_length=32)
    host = models.CharField(max_length=16)
    pid = models.PositiveIntegerField()
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    beats = models.PositiveBigIntegerField(default=0)
    task = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"worker {self.pid} on {self.host}"


class Job(models.Model):
    """One periodic task of settings.KAKEHASHI_TASKS. `claimed_by` is the worker that runs it now, or empty.

    All times are the database's. `failing` counts failures since the last success; `why` says the last of them.
    """

    name = models.CharField(primary_key=True, max_length=200)
    next_run_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=32, blank=True, default="")
    last_started_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    runs = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    failing = models.PositiveIntegerField(default=0)
    why = models.CharField(max_length=300, blank=True, default="")
    rows_done = models.PositiveBigIntegerField(default=0)
    last_seconds = models.FloatField(default=0.0)
    total_seconds = models.FloatField(default=0.0)

    def __str__(self) -> str:
        return self.name
