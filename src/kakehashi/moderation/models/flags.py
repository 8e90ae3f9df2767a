"""What readers and others tell the staff of a comment."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Comment
from kakehashi.moderation.models.decisions import Decision
from kakehashi.moderation.models.policy import Rule


class Outcome(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    UPHELD = "upheld", _("Followed")
    DECLINED = "declined", _("Not followed")
    # The comment was withdrawn before anybody looked.
    MOOT = "moot", _("No longer of use")


class Flag(models.Model):
    """A member says that a comment breaks a rule."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="flags", db_index=False)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="flags", db_index=False)
    rule = models.ForeignKey(Rule, null=True, blank=True, on_delete=models.PROTECT, related_name="flags")
    words = models.TextField(blank=True, default="", max_length=1000)
    created_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.SET_NULL, related_name="flags")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "reader"], name="one_flag_per_reader"),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.WAITING, settled_at__isnull=True)
                | ~Q(outcome=Outcome.WAITING) & Q(settled_at__isnull=False),
                name="flag_is_settled_at",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The queue.
            models.Index(fields=["comment", "created_at"], condition=Q(outcome=Outcome.WAITING), name="flag_waiting"),
            # How often the reader was right, and what became of their flags.
            models.Index(fields=["reader", "-id", "outcome"], name="flag_by_reader"),
            # A period's inflow: figures and reports.
            models.Index(fields=["created_at"], name="flag_by_time"),
            # What was settled since a room's last look.
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="flag_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} flags {self.comment_id}"


class LegalNotice(models.Model):
    """Somebody, with an account or without, says that a comment is against the law (DSA Art. 16)."""

    # What the sender gets and may ask with; not to be guessed.
    reference = models.CharField(max_length=20, unique=True)
    comment = models.ForeignKey(
        Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices", db_index=False
    )
    # The place as it was given.
    place = models.CharField(max_length=500)
    law = models.CharField(max_length=200, blank=True, default="")
    explanation = models.TextField(max_length=5000)
    name = models.CharField(max_length=120, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    # Offences against children: the law asks for no name.
    is_name_excused = models.BooleanField(default=False)
    is_in_good_faith = models.BooleanField(default=False)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices"
    )
    language = models.CharField(max_length=12, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices")
    # What was answered to the sender.
    answer = models.TextField(blank=True, default="", max_length=2000)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_in_good_faith=True), name="notice_in_good_faith"),
            models.CheckConstraint(
                condition=Q(is_name_excused=True) | ~Q(name="") & ~Q(email=""), name="notice_says_who_sends_it"
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.WAITING, settled_at__isnull=True)
                | ~Q(outcome=Outcome.WAITING) & Q(settled_at__isnull=False),
                name="notice_is_settled_at",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # All notices on a comment.
            models.Index(fields=["comment", "created_at"], name="notice_by_comment"),
            # The queue.
            models.Index(fields=["created_at"], condition=Q(outcome=Outcome.WAITING), name="notice_waiting"),
            # A period's inflow: reports.
            models.Index(fields=["created_at", "id"], name="notice_by_time"),
            # What was settled since a room's last look.
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="notice_settled"),
        ]

    def __str__(self) -> str:
        return f"notice {self.reference}"
