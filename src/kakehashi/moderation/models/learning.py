"""The versions of what was learned from the site's own decisions, and how far comments were read with them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class VersionState(models.TextChoices):
    TRAINING = "training", _("Being trained")
    KEPT = "kept", _("Kept")
    DISMISSED = "dismissed", _("Not kept")
    FAILED = "failed", _("Failed")
    ABANDONED = "abandoned", _("Broken off")


class ModelVersion(models.Model):
    """One attempt to learn. `why` says in plain words why it was not kept.

    `figures` are what decisions that were held out say of it (`model.report`), `figures_before` what the same ones say of
    what was in use until then. In use is the version with the latest `used_since`; the word list where there is none.
    """

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.TRAINING)
    why = models.TextField(blank=True, default="")
    trained_at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField(default=0.0)
    # How many decisions it learned from and how many were held out; the newest that was there, taken or not.
    learned = models.PositiveIntegerField(default=0)
    held_out = models.PositiveIntegerField(default=0)
    last_decision = models.PositiveBigIntegerField(default=0)
    figures = models.JSONField(default=dict)
    figures_before = models.JSONField(default=dict)
    # By what it was made, and the SHA-256 of its bytes.
    made_with = models.CharField(max_length=120, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")
    used_since = models.DateTimeField(null=True, blank=True)
    # Who asked for it, or went back to it; empty where the worker did it by itself.
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=VersionState.TRAINING), name="one_training_at_once"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The version in use.
            models.Index(fields=["-used_since"], condition=Q(used_since__isnull=False), name="model_version_in_use")
        ]

    def __str__(self) -> str:
        return f"model version {self.number}"


class ModelWeights(models.Model):
    """The bytes of a version (`model.weights`): all machines score by the same. Those of old versions are forgotten."""

    version = models.OneToOneField(ModelVersion, primary_key=True, on_delete=models.CASCADE, related_name="weights")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"weights of version {self.version_id}"


class ModelWork(models.Model):
    """One row: what the worker has done with the model, and what the staff have asked of it."""

    # The comments up to here have a score; when it was looked last, and by which version (0: the word list).
    last_comment = models.PositiveBigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True, blank=True)
    scored_by = models.PositiveIntegerField(default=0)
    # A moderator wants a training at once.
    asked_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return f"scored up to {self.last_comment}"
