"""Reports that were published: their figures stay as they were on that day."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from kakehashi.moderation.reports.periods import Period


class Report(models.Model):
    """One period's transparency report. Publishing it again replaces it."""

    first_day = models.DateField()
    last_day = models.DateField()
    # What moderation.reports.figures counted, with the orders of authorities as they were told.
    figures = models.JSONField()
    # How comments are moderated here, in the publisher's words (the template's qualitative part).
    words = models.TextField(blank=True, default="", max_length=10_000)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["first_day", "last_day"], name="one_report_a_period"),
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")), name="report_begins_before_it_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.period.name}"

    def get_absolute_url(self) -> str:
        return reverse("rules-report", args=[self.period.name])

    @property
    def period(self) -> Period:
        return Period(self.first_day, self.last_day)
