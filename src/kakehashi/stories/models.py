"""Stories as Wagtail pages: the front page, its sections, their stories; agencies with licences; running stories."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.blocks import BlockQuoteBlock, CharBlock, RichTextBlock
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page
from wagtail.snippets.models import register_snippet

RICH_TEXT_FEATURES = ["bold", "italic", "link", "ol", "ul"]


@register_setting(icon="cog")
class NewsroomSettings(BaseSiteSetting):
    """What an editor-in-chief decides once for the whole site."""

    name = models.CharField(_("name of the newsroom"), max_length=80, default="Kakehashi")
    motto = models.CharField(_("line under the name"), max_length=120, blank=True)
    copyright_holder = models.CharField(max_length=120, blank=True, help_text=_("Printed at the foot: ©2026 HOLDER"))
    close_after_days = models.PositiveIntegerField(
        _("close threads after (days)"), default=30, help_text=_("Days after publication; 0 keeps threads open.")
    )
    comment_min = models.PositiveIntegerField(_("shortest comment (characters)"), default=2)
    comment_max = models.PositiveIntegerField(_("longest comment (characters)"), default=5000)

    panels: ClassVar[list[Any]] = [
        FieldPanel("name"),
        FieldPanel("motto"),
        FieldPanel("copyright_holder"),
        MultiFieldPanel(
            [FieldPanel("close_after_days"), FieldPanel("comment_min"), FieldPanel("comment_max")],
            heading=_("Discussion"),
        ),
    ]

    class Meta:
        verbose_name = _("newsroom")


@register_snippet
class Agency(models.Model):
    """A news agency whose copy we print under a licence."""

    name = models.CharField(max_length=80, unique=True)
    credit = models.CharField(
        max_length=160, blank=True, help_text=_("Printed under each of its stories; {year} becomes the year.")
    )
    body_days = models.PositiveIntegerField(
        _("days we may show the body"), null=True, blank=True, help_text=_("Empty: for ever.")
    )

    panels: ClassVar[list[Any]] = [FieldPanel("name"), FieldPanel("credit"), FieldPanel("body_days")]

    class Meta:
        verbose_name_plural = _("agencies")

    def __str__(self) -> str:
        return self.name


@register_snippet
class RunningStory(models.Model):
    """One story told in many chapters, sometimes across years."""

    title = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    summary = models.TextField(blank=True)

    panels: ClassVar[list[Any]] = [FieldPanel("title"), FieldPanel("slug"), FieldPanel("summary")]

    class Meta:
        verbose_name_plural = _("running stories")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("running-story", args=[self.slug])


class FrontPage(Page):
    """The front page; its children are the sections."""

    max_count = 1
    subpage_types: ClassVar[list[str]] = ["stories.SectionPage"]
    template = "stories/front_page.html"


class VoteDisplay(models.TextChoices):
    SPLIT = "split", _("Score and its split: 2 ( +3 / -1 )")
    NET = "net", _("Score only")
    HIDDEN = "hidden", _("Hidden for the first hours, then with its split")


class SectionPage(Page):
    """A section of the newspaper; its children are stories."""

    introduction = models.CharField(max_length=240, blank=True)
    vote_display = models.CharField(max_length=8, choices=VoteDisplay, default=VoteDisplay.SPLIT)
    votes_hidden_hours = models.PositiveSmallIntegerField(default=6, help_text=_("Only where votes are hidden at first."))

    parent_page_types: ClassVar[list[str]] = ["stories.FrontPage"]
    subpage_types: ClassVar[list[str]] = ["stories.StoryPage"]
    template = "stories/section_page.html"
    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("introduction")]
    settings_panels: ClassVar[list[Any]] = [
        *Page.settings_panels,
        MultiFieldPanel([FieldPanel("vote_display"), FieldPanel("votes_hidden_hours")], heading=_("Votes")),
    ]


class StoryPage(Page):
    """A story. Its section is its parent page; its headline is the page's title."""

    standfirst = models.TextField(blank=True, help_text=_("One or two sentences under the headline."))
    body = StreamField(
        [
            ("paragraph", RichTextBlock(features=RICH_TEXT_FEATURES)),
            ("heading", CharBlock(max_length=160, icon="title")),
            ("quote", BlockQuoteBlock()),
        ],
        blank=True,
    )
    lead_image = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lead_alt = models.CharField(_("picture described for those who cannot see it"), max_length=250, blank=True)
    lead_caption = models.CharField(max_length=300, blank=True)
    lead_credit = models.CharField(max_length=120, blank=True)
    byline = models.CharField(max_length=160, blank=True, help_text=_("As printed: Ana Writer and Bo Writer"))
    dateline = models.CharField(max_length=80, blank=True, help_text=_("Place the story was written in"))
    agency = models.ForeignKey(Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="stories")
    credit_line = models.CharField(max_length=160, blank=True, help_text=_("Overrides the agency's own credit."))
    source_url = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(null=True, blank=True, help_text=_("Set when readers should know of a change."))
    running_story = models.ForeignKey(
        RunningStory, null=True, blank=True, on_delete=models.SET_NULL, related_name="chapters"
    )
    importance = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(0), MaxValueValidator(3)],
        help_text=_("3 leads the front page, 2 stands beside the lead, 1 is ordinary, 0 stays off the front page."),
    )

    parent_page_types: ClassVar[list[str]] = ["stories.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "stories/story_page.html"

    class Meta:
        indexes = [
            # Front page, feeds, running stories: the latest first.
            models.Index(fields=["-published_at"], name="story_latest"),
            models.Index(fields=["running_story", "-published_at"], name="story_chapters"),
        ]

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("standfirst"),
        FieldRowPanel([FieldPanel("byline"), FieldPanel("dateline")]),
        MultiFieldPanel(
            [FieldPanel("lead_image"), FieldPanel("lead_alt"), FieldPanel("lead_caption"), FieldPanel("lead_credit")],
            heading=_("Lead picture"),
        ),
        FieldPanel("body"),
        InlinePanel("corrections", label=_("Correction")),
        MultiFieldPanel(
            [FieldPanel("agency"), FieldPanel("credit_line"), FieldPanel("source_url")], heading=_("Agency")
        ),
        FieldRowPanel([FieldPanel("published_at"), FieldPanel("updated_at")]),
        FieldRowPanel([FieldPanel("running_story"), FieldPanel("importance")]),
    ]

    @property
    def body_expires_at(self) -> datetime | None:
        """When the agency's licence for the body ends; None: never."""
        if self.agency is None or self.agency.body_days is None:
            return None
        return self.published_at + timedelta(days=self.agency.body_days)

    def is_body_expired(self, now: datetime) -> bool:
        expires_at = self.body_expires_at
        return expires_at is not None and expires_at <= now


class Correction(Orderable):
    """What was wrong in a story, and since when it is right."""

    story = ParentalKey(StoryPage, on_delete=models.CASCADE, related_name="corrections")
    corrected_at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    panels: ClassVar[list[Any]] = [FieldPanel("corrected_at"), FieldPanel("text")]

    def __str__(self) -> str:
        return self.text[:60]
