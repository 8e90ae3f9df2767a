"""The queue: which comments wait for a moderator, and who of the staff is at which."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from kakehashi.comments.models import Comment, Thread


class Waiting(models.Model):
    """A comment that waits, with what its place is reckoned from.

    Nothing stands here alone: `actions.settle_waiting` works a row out anew from flags, notices, check results, decisions
    and the comment's state, as often as one likes.
    """

    comment = models.OneToOneField(Comment, primary_key=True, on_delete=models.CASCADE, related_name="waiting")
    # Of the comment, so that the queue is filtered without reading comments. No indexes: it is short, and read whole.
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="+", db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    section = models.PositiveBigIntegerField(default=0)
    since = models.DateTimeField()
    is_held = models.BooleanField(default=False)
    flags = models.PositiveIntegerField(default=0)
    notices = models.PositiveIntegerField(default=0)
    # The check that found the gravest thing; empty: none.
    check_name = models.CharField(max_length=60, blank=True, default="")
    # Both in 0..1 (rules.harm, rules.reach), and their product, which the queue is ordered by, with the age.
    harm = models.FloatField()
    reach = models.FloatField()
    weight = models.FloatField()
    reckoned_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Which rows to work out anew: readers come and go.
            models.Index(fields=["reckoned_at"], name="waiting_reckoned"),
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id} waits"


class Claim(models.Model):
    """A moderator is looking at this comment; until then nobody else gets it to decide on."""

    comment = models.OneToOneField(Comment, primary_key=True, on_delete=models.CASCADE, related_name="claim")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="claims")
    until = models.DateTimeField()

    class Meta:
        # Claims that have run out.
        indexes = [models.Index(fields=["until"], name="claim_until")]

    def __str__(self) -> str:
        return f"{self.moderator_id} is at {self.comment_id}"
