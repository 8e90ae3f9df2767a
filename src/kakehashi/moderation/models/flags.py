"""What readers and others tell the staff of a comment."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.comments.models import Comment
from kakehashi.moderation.models.decisions import Decision
from kakehashi.moderation.models.policy import Category, Rule


class Outcome(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    UPHELD = "upheld", _("Followed")
    DECLINED = "declined", _("Not followed")
    # The comment was withdrawn, or was gone with its story, before anybody looked.
    MOOT = "moot", _("No longer of use")


class Flag(models.Model):
    """A member says that a comment breaks a rule. While it waits it may be changed or taken back, which deletes it."""

    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="flags", db_index=False)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="flags", db_index=False)
    rule = models.ForeignKey(Rule, null=True, blank=True, on_delete=models.PROTECT, related_name="flags")
    words = models.TextField(blank=True, default="", max_length=1000)
    # How likely it is to be followed, as it looked when it was made: see rules.flag_weight.
    weight = models.FloatField(default=0.5)
    # A person had looked at this text already, and nothing that this flag says was new: see rules.is_news.
    is_again = models.BooleanField(default=False)
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


def _signer() -> signing.Signer:
    return signing.Signer(salt="kakehashi.moderation.notice")


class LegalNotice(models.Model):
    """Somebody, with an account or without, says that a comment is against the law (DSA Art. 16)."""

    # What the sender gets and may ask with; not to be guessed.
    reference = models.CharField(max_length=20, unique=True)
    comment = models.ForeignKey(
        Comment, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices", db_index=False
    )
    # The place as it was given.
    place = models.CharField(max_length=500)
    # What kind of illegality; empty: another one, which `law` names.
    category = models.CharField(max_length=24, choices=Category, blank=True, default="")
    law = models.CharField(max_length=200, blank=True, default="")
    explanation = models.TextField(max_length=5000)
    name = models.CharField(max_length=120, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    # Offences against children: the law asks for no name.
    is_name_excused = models.BooleanField(default=False)
    is_in_good_faith = models.BooleanField(default=False)
    # Of a trusted flagger: it goes before the others (DSA Art. 22).
    is_trusted = models.BooleanField(default=False)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices"
    )
    language = models.CharField(max_length=12, blank=True, default="")
    # Where it was sent from, as a keyed hash that changes daily; forgotten after some days.
    address_key = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.WAITING)
    settled_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(Decision, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices")
    # What was answered to the sender, and by whom, where that was no decision on the comment.
    answer = models.TextField(blank=True, default="", max_length=2000)
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # Asked once to look again (DSA Art. 20); until then `decision` and `judge` say who had answered before.
    complaint = models.TextField(blank=True, default="", max_length=2000)
    complained_at = models.DateTimeField(null=True, blank=True)
    # When name and mail were forgotten.
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_in_good_faith=True), name="notice_in_good_faith"),
            models.CheckConstraint(
                condition=Q(is_name_excused=True) | Q(erased_at__isnull=False) | ~Q(name="") & ~Q(email=""),
                name="notice_says_who_sends_it",
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
            # How many came from one place, and which of these places are to be forgotten.
            models.Index(fields=["address_key", "created_at"], condition=~Q(address_key=""), name="notice_by_place"),
            # What else came under one mail address, and from one member.
            models.Index(fields=["email", "-id"], condition=~Q(email=""), name="notice_by_email"),
            # Whose names are to be forgotten.
            models.Index(
                fields=["settled_at"],
                condition=Q(settled_at__isnull=False, erased_at__isnull=True),
                name="notice_with_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.reference}"

    def get_absolute_url(self) -> str:
        """The page that tells what became of it, for whoever has this address: it never runs out."""
        return reverse("notice-state", args=[_signer().sign(self.reference)])

    @staticmethod
    def signed(token: str) -> str:
        """The reference in such an address; empty for one that we did not make."""
        try:
            return _signer().unsign(token)
        except signing.BadSignature:
            return ""


class NoticeBar(models.Model):
    """Notices under a mail address are not taken until then, after a warning (DSA Art. 23(2)). A row is added for the
    warning and for each bar, and says when it was lifted."""

    email = models.EmailField()
    # Empty: a warning.
    until = models.DateTimeField(null=True, blank=True)
    # What the sender is told.
    reason = models.TextField(max_length=2000)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # What holds for an address, and all that was told it.
            models.Index(fields=["email", "-id"], name="notice_bar_by_email"),
            # What is new since a room's last look.
            models.Index(fields=["created_at"], name="notice_bar_by_time"),
        ]

    def __str__(self) -> str:
        return f"bar {self.pk}"


class TrustedFlagger(models.Model):
    """A member whose legal notices go before the others (DSA Art. 22)."""

    reader = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="trusted_flagger"
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.reader_id} is trusted"


class FlagDiscount(models.Model):
    """Until then a member's flags count nothing. Why, and by whom, its decision says; where that is undone, it is over."""

    decision = models.OneToOneField(Decision, primary_key=True, on_delete=models.CASCADE, related_name="discount")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"discount by {self.decision_id}"
