"""What the checks before publication found."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Comment


class Verdict(models.TextChoices):
    PASSED = "passed", _("Nothing found")
    # Published, and put before the staff.
    SUSPECT = "suspect", _("Worth a look")
    HELD = "held", _("Held back")
    # The check failed or took too long: the comment is held, and the staff are told.
    BROKEN = "broken", _("The check is broken")


class CheckResult(models.Model):
    """What one check said of one comment, in words that the staff understand. What is refused leaves no comment, so no row."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="check_results", db_index=False)
    check_name = models.CharField(max_length=60)
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True, default="")
    # Of checks that reckon: how likely the comment is to be removed here, 0 to 1.
    score = models.FloatField(null=True, blank=True)
    # The rule that it names; 0: none.
    rule_number = models.PositiveSmallIntegerField(default=0)
    milliseconds = models.FloatField(default=0.0)
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # All that was found in a comment, the latest first.
            models.Index(fields=["comment", "-id"], name="check_by_comment"),
            # All comments held by one check.
            models.Index(fields=["check_name", "verdict", "-id"], name="check_by_name"),
            # What was held, day by day: figures of the team.
            models.Index(
                fields=["checked_at"],
                condition=Q(verdict__in=(Verdict.HELD, Verdict.BROKEN)),
                name="check_held_by_time",
            ),
            # Which checks are broken.
            models.Index(fields=["-checked_at"], condition=Q(verdict=Verdict.BROKEN), name="check_broken"),
        ]

    def __str__(self) -> str:
        return f"{self.check_name} on {self.comment_id}: {self.verdict}"


class Breakdown(models.Model):
    """A check does not work: since when, what it last said, and how many comments it held. Ended when it works again."""

    check_name = models.CharField(max_length=60)
    since = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=300, blank=True, default="")
    comments = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Its index is also how the staff's pages ask what is broken now.
            models.UniqueConstraint(
                fields=["check_name"], condition=Q(ended_at__isnull=True), name="one_open_breakdown"
            ),
        ]
        # The latest first, for the staff.
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-since"], name="breakdown_by_time")]

    def __str__(self) -> str:
        return f"{self.check_name} since {self.since}"
