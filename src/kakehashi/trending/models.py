"""What readers look for: how hot each story is, by views and by comments, and what sister sites say of themselves.

Nothing here knows of readers: only numbers by story. `heat` is explained in heat.py: the larger, the hotter, comparable
whenever it was written.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from kakehashi.lib import safe_http
from kakehashi.stories.models import StoryPage

# A sister's last good copy is shown for so long.
KEPT = timedelta(hours=48)


class Readership(models.Model):
    """All views of a story that were counted, and their heat."""

    story = models.OneToOneField(StoryPage, primary_key=True, on_delete=models.CASCADE, related_name="+")
    views = models.PositiveBigIntegerField(default=0)
    heat = models.FloatField()

    class Meta:
        verbose_name = _("readership")
        # Most read.
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-heat"], name="readership_hottest")]

    def __str__(self) -> str:
        return f"{self.views} views of {self.story_id}"


class Talk(models.Model):
    """The heat of a story's discussion, made from its visible comments when it stood as `comments` and `last_at` say."""

    story = models.OneToOneField(StoryPage, primary_key=True, on_delete=models.CASCADE, related_name="+")
    comments = models.PositiveIntegerField()
    last_at = models.DateTimeField(null=True)
    # None: no visible comment is left.
    heat = models.FloatField(null=True)

    class Meta:
        verbose_name = _("talk")
        # Most discussed.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-heat"], name="talk_hottest", condition=models.Q(heat__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.comments} comments on {self.story_id}"


class Pace(models.Model):
    """The half-life by which a table's heats were made, in hours: another setting moves them all."""

    name = models.CharField(max_length=20, primary_key=True)
    hours = models.FloatField()

    def __str__(self) -> str:
        return f"{self.name}: {self.hours} h"


def validate_address(value: str) -> None:
    """An address that this site would ask, and not its own."""
    try:
        target = safe_http.target_of(value)
    except safe_http.OutsideError as error:
        raise ValidationError(error.message) from error
    if f"{target.scheme}://{target.netloc}" == settings.BASE_URL:
        raise ValidationError(_("This is the address of this site itself."))


class Sister(models.Model):
    """Another site whose trending stories are shown here, and the last good copy of its feed."""

    name = models.CharField(
        _("name"), max_length=60, unique=True, help_text=_("Readers see it beside each of its stories.")
    )
    address = models.CharField(
        _("address of its feed"),
        max_length=2000,
        validators=[validate_address],
        help_text=_("JSON Feed, Atom or RSS. Of a Kakehashi site: https://NAME/trending.json"),
    )
    is_on = models.BooleanField(_("shown"), default=True)
    number = models.PositiveSmallIntegerField(
        _("how many of its stories"), default=3, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("The smallest stands first."))

    # What the worker knows of it. `copy`: list of [title, address], the first the hottest, from `copied_from`.
    copy = models.JSONField(default=list, editable=False)
    copied_from = models.CharField(max_length=2000, blank=True, editable=False)
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_modified = models.CharField(max_length=200, blank=True, editable=False)
    good_at = models.DateTimeField(_("last good answer"), null=True, editable=False)
    tried_at = models.DateTimeField(_("last try"), null=True, editable=False)
    tried_address = models.CharField(max_length=2000, blank=True, editable=False)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    failure = models.CharField(_("what went wrong"), max_length=300, blank=True, editable=False)

    panels: ClassVar[list[Any]] = [
        FieldPanel("name"),
        FieldPanel("address"),
        FieldPanel("is_on"),
        FieldPanel("number"),
        FieldPanel("position"),
    ]

    class Meta:
        verbose_name = _("sister site")
        verbose_name_plural = _("sister sites")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
