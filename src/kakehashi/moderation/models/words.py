"""The words that are not allowed in comments, and those that the staff want to look at."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kakehashi.lib.words import LONGEST_PHRASE


class WordKind(models.TextChoices):
    # The comment comes back to its writer with a sentence.
    BANNED = "banned", _("Banned: the comment comes back")
    # The comment is published, and put before the staff.
    SUSPECT = "suspect", _("Suspect: published, and put before you")
    # What stands within it is not counted.
    FINE = "fine", _("Fine: words that stand within it do not count")


class Word(models.Model):
    """One phrase. `language` is empty for all; `rule_number` 0 where no rule is named."""

    phrase = models.CharField(_("word or phrase"), max_length=LONGEST_PHRASE)
    # What it is looked for by (lib.words): two phrases of one key are one.
    key = models.CharField(max_length=3 * LONGEST_PHRASE, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=WordKind, default=WordKind.SUSPECT)
    language = models.CharField(_("language"), max_length=12, blank=True, default="")
    rule_number = models.PositiveSmallIntegerField(_("rule"), default=0)
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        # Its index also finds entries by their beginning.
        constraints = [models.UniqueConstraint(fields=["key", "language"], name="one_word_per_language")]

    def __str__(self) -> str:
        return self.phrase


class WordList(models.Model):
    """One row (`pk` 1): the number of the list as it stands. Processes compare it with what they keep."""

    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"word list {self.version}"


class Nudge(models.Model):
    """Somebody was asked to think again before posting. Of the text a keyed digest is kept, to tell whether it was changed."""

    class Cause(models.TextChoices):
        HARSH = "harsh", _("Harsh words")
        PERSON = "person", _("Harsh words to a person")
        SHOUTING = "shouting", _("Shouting")

    class Outcome(models.TextChoices):
        # Nothing was posted, so far or at all.
        LEFT = "left", _("Not posted")
        CHANGED = "changed", _("Changed")
        AS_IT_WAS = "as_it_was", _("Posted as it was")

    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    cause = models.CharField(max_length=8, choices=Cause)
    language = models.CharField(max_length=12)
    digest = models.BigIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)
    # How often this text, as it was changed, came back: at most twice.
    turns = models.PositiveSmallIntegerField(default=1)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.LEFT)
    comment = models.ForeignKey("comments.Comment", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # A period's figures.
            models.Index(fields=["asked_at"], name="nudge_by_time"),
        ]

    def __str__(self) -> str:
        return f"nudge {self.pk}: {self.outcome}"
