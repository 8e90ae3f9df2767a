"""What looks arranged: votes from many hands at once, one person behind several accounts. An alarm asks, and takes nothing."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Comment, Vote
from kakehashi.moderation.models.decisions import Decision


class AlarmKind(models.TextChoices):
    COMMENT = "comment", _("A burst of votes on one comment")
    MEMBER = "member", _("A burst of votes on one member")
    ALIKE = "alike", _("Accounts that vote as one")
    JOINING = "joining", _("Many registrations at once")
    EVASION = "evasion", _("Perhaps somebody who is banned")


class AlarmState(models.TextChoices):
    OPEN = "open", _("Open")
    # Decided; the worker goes through the votes, some hundred at once.
    WORKING = "working", _("Votes are being discounted")
    DISCOUNTED = "discounted", _("Votes discounted")
    # As WORKING, the other way.
    RESTORING = "restoring", _("Votes are being counted again")
    LINKED = "linked", _("Held to be one person’s accounts")
    SETTLED = "settled", _("Settled otherwise")
    DISMISSED = "dismissed", _("Dismissed")


UNDER_WAY = (AlarmState.WORKING, AlarmState.RESTORING)


class Alarm(models.Model):
    """`key` says what it is about: while an alarm is open, more of the same is added to it. What found it stands in
    `figures`, by names of `moderation.abuse`."""

    kind = models.CharField(max_length=8, choices=AlarmKind)
    key = models.CharField(max_length=120)
    comment = models.ForeignKey(Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Against or for whom; of EVASION, the member who is banned.
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    value = models.SmallIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField(default=timezone.now)
    # How unlikely by chance: 9.0 is one in 10⁹ (the negative decimal logarithm of the probability).
    strength = models.FloatField()
    accounts = models.PositiveIntegerField()
    votes = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict)

    state = models.CharField(max_length=10, choices=AlarmState, default=AlarmState.OPEN)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="", max_length=2000)
    # The decisions by which its votes were discounted.
    batch = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key"], condition=Q(state=AlarmState.OPEN), name="one_open_alarm_a_key"),
            models.CheckConstraint(
                condition=Q(state=AlarmState.OPEN, settled_at__isnull=True)
                | ~Q(state=AlarmState.OPEN) & Q(settled_at__isnull=False),
                name="alarm_is_settled_at",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            # The open ones, the strongest first.
            models.Index(fields=["-strength", "-id"], condition=Q(state=AlarmState.OPEN), name="alarm_open"),
            # Whether there was one about the same.
            models.Index(fields=["key", "-id"], name="alarm_by_key"),
            # Those with which the worker has to go on.
            models.Index(fields=["id"], condition=Q(state__in=UNDER_WAY), name="alarm_under_way"),
            # Those to be forgotten.
            models.Index(fields=["settled_at"], condition=Q(settled_at__isnull=False), name="alarm_settled"),
        ]

    def __str__(self) -> str:
        return f"alarm {self.pk}: {self.key}"

    @property
    def size(self) -> int:
        """Grows with whatever is added: what somebody has seen of an alarm is all of it while this stays the same."""
        return self.votes + self.accounts


class AlarmAccount(models.Model):
    """An account that an alarm is about. Whoever shares a network or a kind of browser has the same letter there."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="members")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    network = models.CharField(max_length=3, blank=True, default="")
    device = models.CharField(max_length=3, blank=True, default="")
    # Votes cast before the burst.
    earlier_votes = models.PositiveIntegerField(default=0)
    is_young = models.BooleanField(default=False)
    # With whom of the others it votes most alike, from 0 to 1.
    likeness = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "reader"], name="one_place_in_an_alarm")]

    def __str__(self) -> str:
        return f"{self.reader_id} in alarm {self.alarm_id}"


class AlarmVote(models.Model):
    """A vote as it was when the alarm was raised; `is_waiting`: it is to be discounted, and is not yet."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="evidence")
    vote = models.ForeignKey(Vote, on_delete=models.CASCADE, related_name="+")
    value = models.SmallIntegerField()
    at = models.DateTimeField()
    is_waiting = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alarm", "vote"], name="one_vote_in_an_alarm")]
        indexes: ClassVar[list[models.Index]] = [
            # What is left to be discounted.
            models.Index(fields=["alarm", "vote"], condition=Q(is_waiting=True), name="alarm_vote_waiting"),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} in alarm {self.alarm_id}"


class DiscountedVote(models.Model):
    """A vote that the decision lets count nothing. It counts again when no decision that does so stands any more."""

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="discounted_votes", db_index=False)
    vote = models.ForeignKey(Vote, on_delete=models.CASCADE, related_name="discounted_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision", "vote"], name="one_discount_a_decision")]

    def __str__(self) -> str:
        return f"vote {self.vote_id} by decision {self.decision_id}"


class AbuseLook(models.Model):
    """Up to when votes and accounts were looked through."""

    name = models.CharField(max_length=20, primary_key=True)
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} up to {self.looked_at}"
