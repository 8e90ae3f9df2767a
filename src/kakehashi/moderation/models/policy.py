"""The rules of the discussion, version by version. A version is never changed: each edit makes the next one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# The highest number that is taken for a rule's.
LAST_RULE = 9999


class DefaultAction(models.TextChoices):
    """What a moderator usually does when a rule is broken: proposed, never done by itself."""

    REMOVED = "removed", _("Remove the comment")
    EDITED = "edited", _("Take out the words")
    WARNED = "warned", _("Remove the comment and warn its author")
    SUSPENDED = "suspended", _("Remove the comment and suspend its author")
    BANNED = "banned", _("Ban the author")


class Category(models.TextChoices):
    """What breaking a rule counts as in transparency reports, after Implementing Regulation (EU) 2024/2835."""

    ANIMAL_WELFARE = "animal_welfare", _("Animal welfare")
    CONSUMERS = "consumers", _("Consumer information")
    CYBER_VIOLENCE = "cyber_violence", _("Cyber violence")
    CYBER_VIOLENCE_WOMEN = "cyber_violence_women", _("Cyber violence against women")
    DATA_PROTECTION = "data_protection", _("Data protection and privacy")
    ILLEGAL_SPEECH = "illegal_speech", _("Illegal or harmful speech")
    INTELLECTUAL_PROPERTY = "intellectual_property", _("Intellectual property")
    ELECTIONS = "elections", _("Civic discourse or elections")
    MINORS = "minors", _("Protection of minors")
    PUBLIC_SECURITY = "public_security", _("Public security")
    SCAMS = "scams", _("Scams and fraud")
    SELF_HARM = "self_harm", _("Self-harm")
    PRODUCTS = "products", _("Unsafe or prohibited products")
    VIOLENCE = "violence", _("Violence")
    OTHER_TERMS = "other_terms", _("Other rules of this site")


class PolicyVersion(models.Model):
    """All rules as they stood from `published_at` until the next version. The one with the highest number is in force."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    # Before the rules, and what was changed since the version before; both Markdown, as comments are written.
    preamble = models.TextField(_("preamble"), blank=True, default="")
    changes = models.TextField(
        _("what has changed"), blank=True, default="", max_length=1000, help_text=_("Readers see this in the history.")
    )
    shows_rule = models.BooleanField(
        _("name the rule where a comment was removed"),
        default=True,
        help_text=_("In the place of a removed comment, readers see under which rule it went."),
    )
    published_at = models.DateTimeField(_("in force since"), default=timezone.now)
    # Empty for the rules that a new site comes with.
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("rules of the discussion")
        verbose_name_plural = _("rules of the discussion")

    def __str__(self) -> str:
        return f"policy {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("rules-version", args=[self.number])


class Rule(models.Model):
    """One rule in one version. `number` stays its own in all versions and is never given to another rule."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.CASCADE, related_name="rules")
    number = models.PositiveSmallIntegerField(_("number"))
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), max_length=2000)
    examples = models.TextField(
        _("examples"),
        blank=True,
        default="",
        max_length=2000,
        help_text=_("One a line: what breaks it, what does not."),
    )
    to_author = models.TextField(
        _("to the author"),
        blank=True,
        default="",
        max_length=1000,
        help_text=_("With these words a moderator’s reasons begin; each can be changed before it is sent."),
    )
    default_action = models.CharField(
        _("usual decision"), max_length=10, choices=DefaultAction, default=DefaultAction.REMOVED
    )
    category = models.CharField(_("category in reports"), max_length=24, choices=Category, default=Category.OTHER_TERMS)
    is_in_force = models.BooleanField(
        _("in force"),
        default=True,
        help_text=_("A rule that decisions cite cannot be deleted: take it out of force instead."),
    )

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        # Its index reads the rules of a version in their order.
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="one_rule_of_a_number"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="rule_number_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"

    def get_absolute_url(self) -> str:
        """The rule as it stood in this version."""
        return f"{reverse('rules-version', args=[self.version.number])}#rule-{self.number}"
