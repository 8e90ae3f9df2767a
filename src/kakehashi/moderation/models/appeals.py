"""An author's objection to a decision."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.moderation.models.decisions import Decision


class AppealState(models.TextChoices):
    WAITING = "waiting", _("Waiting for an answer")
    GRANTED = "granted", _("Granted: the decision was overturned")
    DECLINED = "declined", _("Declined: the decision stands")


class Appeal(models.Model):
    """One for each decision, by the reader whom it concerns; judged by somebody else than who decided first.

    Granted, it says that the decision was wrong: what learns from decisions must not learn from that one.
    """

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="appeal")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="appeals")
    words = models.TextField(max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=AppealState, default=AppealState.WAITING)
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    # The reasons, for the author and whoever had flagged the comment.
    answer = models.TextField(blank=True, default="", max_length=2000)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=AppealState.WAITING, settled_at__isnull=True)
                | ~Q(state=AppealState.WAITING) & Q(settled_at__isnull=False),
                name="appeal_is_settled_at",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The list of those that wait, the oldest first.
            models.Index(fields=["created_at", "id"], condition=Q(state=AppealState.WAITING), name="appeal_waiting"),
            # What was settled since a room's last look, and in a period.
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="appeal_settled"),
        ]

    def __str__(self) -> str:
        return f"appeal against decision {self.decision_id}"
