"""The runs that find out where readers stand, what they learned, and how far the votes have been read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Thread


class RunKind(models.TextChoices):
    COLD = "cold", _("From nothing")
    WARM = "warm", _("From the last one")


class RunState(models.TextChoices):
    RUNNING = "running", _("Running")
    APPLIED = "applied", _("Applied")
    KEPT = "kept", _("Kept, not applied")
    FAILED = "failed", _("Failed")
    ABANDONED = "abandoned", _("Broken off")


class RankingRun(models.Model):
    """One fit of the model to all votes. `why` says in plain words why it was not applied.

    `figures`: what the held-out votes say of this fit and of the one before it, see `trial.Trial.figures`, and
    `alignment`, how its positions agree with those before (1: as before). `placed_at` is empty while comments still have
    to move to their new places.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=RunKind)
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.RUNNING)
    why = models.TextField(_("why"), blank=True, default="")
    seed = models.BigIntegerField(default=0)
    code_version = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    votes = models.PositiveBigIntegerField(_("votes"), default=0)
    voters = models.PositiveBigIntegerField(_("voters"), default=0)
    items = models.PositiveBigIntegerField(_("comments"), default=0)
    camps = models.PositiveSmallIntegerField(_("camps"), default=1)
    moved = models.PositiveBigIntegerField(_("moved"), default=0)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    placed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(_("seconds"), default=0.0)

    class Meta:
        verbose_name = _("ranking run")
        verbose_name_plural = _("ranking runs")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state=RunState.RUNNING), name="one_ranking_run_at_once"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The model in use: the last run that was applied.
            models.Index(fields=["state", "-id"], name="ranking_run_by_state")
        ]

    def __str__(self) -> str:
        return f"ranking run {self.pk}"


class StoredModel(models.Model):
    """What a run learned, as the bytes of a `BridgingModel`: all machines rank by the same one."""

    run = models.OneToOneField(RankingRun, primary_key=True, on_delete=models.CASCADE, related_name="stored_model")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"model of run {self.run_id}"


class Look(models.Model):
    """When a task last looked for votes that are new."""

    name = models.CharField(max_length=40, unique=True)
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class OpinionMap(models.Model):
    """Where the readers of one discussion stand, and which of its comments are worth showing for that.

    Drawn by the worker, so that who serves pages need not load a model nor read votes. `content` is what
    `charting.Chart` says; empty where the votes show nothing. What it shows of a comment is looked up when a page is made:
    only the choice of comments is as old as `drawn_at`.
    """

    thread = models.OneToOneField(Thread, primary_key=True, on_delete=models.CASCADE, related_name="opinion_map")
    run = models.ForeignKey(RankingRun, on_delete=models.CASCADE, related_name="+")
    # The thread's version as it was read.
    version = models.PositiveBigIntegerField(default=0)
    drawn_at = models.DateTimeField(default=timezone.now)
    content = models.JSONField(default=dict)
    # Where each reader of the discussion stands (`charts.place_of`): read only to show a reader their own place.
    places = models.BinaryField(default=b"", editable=False)

    def __str__(self) -> str:
        return f"map of thread {self.thread_id}"
