"""Stories as Wagtail pages: the front page, its sections, their stories; agencies with licences; running stories."""

from __future__ import annotations

from datetime import datetime
from http import HTTPMethod
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import Orderable, Page, PageManager
from wagtail.query import PageQuerySet

from kakehashi.lib.pages import SOON, share
from kakehashi.readers.models import CommentOrder
from kakehashi.stories import body, hours, licence, panels
from kakehashi.stories.fields import SECTION_PATH_LENGTH, PublicationTimeField, SectionField
from kakehashi.stories.forms import StoryForm


@register_setting(icon="cog")
class NewsroomSettings(BaseSiteSetting):
    """What an editor-in-chief decides once for the whole site."""

    name = models.CharField(_("name of the newsroom"), max_length=80, default="Kakehashi")
    motto = models.CharField(_("line under the name"), max_length=120, blank=True)
    copyright_holder = models.CharField(
        _("copyright holder"), max_length=120, blank=True, help_text=_("Printed at the foot: ©2026 HOLDER")
    )
    close_after_days = models.PositiveIntegerField(
        _("close threads after (days)"),
        default=30,
        validators=[MaxValueValidator(licence.LONGEST_DAYS)],
        help_text=_("Days after publication; 0 keeps threads open."),
    )
    comment_min = models.PositiveIntegerField(
        _("shortest comment (characters)"), default=2, validators=[MinValueValidator(1)]
    )
    comment_max = models.PositiveIntegerField(
        _("longest comment (characters)"), default=5000, validators=[MaxValueValidator(100_000)]
    )
    comments_per_page = models.PositiveSmallIntegerField(
        _("comments on a page"), default=50, validators=[MinValueValidator(10), MaxValueValidator(1000)]
    )

    comment_order = models.CharField(
        _("order of comments"),
        max_length=16,
        choices=CommentOrder,
        default=CommentOrder.OLDEST,
        help_text=_("For readers who have chosen none. A section may have another one."),
    )

    holds_comments = models.BooleanField(
        _("read all comments first"),
        default=False,
        help_text=_("Each comment waits until a moderator has published it. Readers are told so before they write."),
    )
    first_comments_held = models.PositiveSmallIntegerField(
        _("first comments of a new member to read first"),
        default=2,
        validators=[MaxValueValidator(100)],
        help_text=_("So many comments of a new member have to be published by a moderator; 0 holds none back."),
    )
    moderation_target_hours = models.PositiveSmallIntegerField(
        _("moderators decide within (hours)"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 30)],
        help_text=_("The queue of comments warns where one has waited for longer, and puts it further up."),
    )

    removal_shown_from = models.PositiveSmallIntegerField(
        _("put before a moderator from (per cent)"),
        default=80,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Comments that are as likely to be removed, going by what moderators decided before. They are published all the "
            "same. Empty: none."
        ),
    )
    removal_held_from = models.PositiveSmallIntegerField(
        _("hold from (per cent)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Comments that are as likely to be removed wait for a moderator. The page “Likely removals” of moderation says "
            "how many that would be, and how many of them rightly. Empty: none."
        ),
    )
    asks_to_reconsider = models.BooleanField(
        _("ask to think again"),
        default=True,
        help_text=_(
            "Who writes harshly, or in capitals, is asked once whether it is meant so, and may post it all the same."
        ),
    )

    # When the team reads, and what holds outside of that (hours.Hours.written, actions.set_staffed_hours); "": always staffed.
    # Here, because story pages and posting have these settings at hand.
    staffed_hours = models.TextField(blank=True, default="", editable=False)

    # The banner above every page, as a room above has set it (actions.set_banner); 0: none.
    banner_text = models.CharField(max_length=160, blank=True, default="", editable=False)
    banner_url = models.CharField(max_length=200, blank=True, default="", editable=False)
    banner_survey = models.BigIntegerField(default=0, editable=False)

    panels: ClassVar[list[Any]] = panels.NEWSROOM

    @property
    def hours(self) -> hours.Hours:
        return hours.read(self.staffed_hours)

    class Meta:
        verbose_name = _("newsroom")

    def clean(self) -> None:
        super().clean()
        if (self.comment_min or 0) > (self.comment_max or 0):
            raise ValidationError({"comment_max": _("The longest comment must not be shorter than the shortest one.")})


class Edition(models.Model):
    """What readers see of the newspaper itself, as a number: one row (`pk` 1), raised with every editorial act.

    Pages kept in memory compare it once a second; see stories.actions.new_edition.
    """

    version = models.PositiveBigIntegerField(default=0)
    # The number of the survey whose banner stands on every page, 0 for none; see stories.actions.show_banner_of.
    survey = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"edition {self.version}"


class Agency(models.Model):  # type: ignore[django-manager-missing]
    """A news agency whose copy we print under a licence."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    credit = models.CharField(
        _("credit line"),
        max_length=160,
        blank=True,
        help_text=_(
            "Printed under each of its stories; {year} becomes the year of publication. Example: © {year} NAME"
        ),
    )
    body_days = models.PositiveIntegerField(
        _("days we may show the body"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(licence.LONGEST_DAYS)],
        help_text=_(
            "After so many days the page keeps headline, standfirst and discussion, without the body. Empty: for ever."
        ),
    )

    panels: ClassVar[list[Any]] = panels.AGENCY

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RunningStory(models.Model):  # type: ignore[django-manager-missing]
    """One story told in many chapters, sometimes across years."""

    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(
        _("address"), max_length=120, unique=True, blank=True, allow_unicode=True, help_text=_("Empty: from the title.")
    )
    summary = models.TextField(_("summary"), blank=True, help_text=_("What it is about, for somebody who comes late."))

    panels: ClassVar[list[Any]] = panels.RUNNING_STORY

    class Meta:
        verbose_name = _("running story")
        verbose_name_plural = _("running stories")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("running-story", args=[self.slug])

    def clean(self) -> None:
        super().clean()
        if not self.slug:
            self.slug = slugify(self.title, allow_unicode=True)[:120] or "running-story"


class SitePage(Page):
    """A page of the one site. Its address follows from its place in the tree, without asking the database."""

    # Forms of the pages have addresses of their own.
    allowed_http_methods: ClassVar[list[HTTPMethod]] = [HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS]
    # Reading is open to everybody: lists, feeds and search would not know of a page behind a password.
    private_page_options: ClassVar[list[str]] = []

    class Meta:
        abstract = True

    def get_absolute_url(self) -> str:
        """Path on this site; "" for a page that has no place yet (a preview)."""
        parts = (self.url_path or "").split("/", 2)
        return "/" + parts[2] if len(parts) == 3 else ""

    def get_url(self, request: HttpRequest | None = None, current_site: Any = None) -> str | None:
        return self.get_absolute_url() or None

    def get_full_url(self, request: HttpRequest | None = None) -> str | None:
        path = self.get_absolute_url()
        return settings.BASE_URL + path if path else None

    url = property(get_url)
    full_url = property(get_full_url)


class FrontPage(SitePage):
    """The front page; its children are the sections."""

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["stories.SectionPage"]
    template = "stories/front_page.html"

    class Meta:
        verbose_name = _("front page")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from kakehashi.stories import pages

        return super().get_context(request, *args, **kwargs) | pages.front_context(self, request)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().serve(request, *args, **kwargs)
        share(response, fresh_for=SOON)
        return response


class VoteDisplay(models.TextChoices):
    SPLIT = "split", _("Score and its split: 2 ( +3 / -1 )")
    NET = "net", _("Score only")
    HIDDEN = "hidden", _("Hidden for the first hours, then with its split")


class SectionPage(SitePage):
    """A section of the newspaper; its children are stories."""

    introduction = models.CharField(_("introduction"), max_length=240, blank=True)
    vote_display = models.CharField(
        _("scores of comments"), max_length=8, choices=VoteDisplay, default=VoteDisplay.SPLIT
    )
    votes_hidden_hours = models.PositiveSmallIntegerField(
        _("hidden for (hours)"), default=6, help_text=_("Only where scores are hidden at first.")
    )
    comment_order = models.CharField(
        _("order of comments"),
        max_length=16,
        choices=[("", _("As the site has it")), *CommentOrder.choices],
        blank=True,
        default="",
        help_text=_("For readers who have chosen none."),
    )

    holds_comments = models.BooleanField(
        _("read comments first"),
        default=False,
        help_text=_("Each comment waits until a moderator has published it. Readers are told so before they write."),
    )

    parent_page_types: ClassVar[list[str]] = ["stories.FrontPage"]
    subpage_types: ClassVar[list[str]] = ["stories.StoryPage"]
    template = "stories/section_page.html"
    content_panels: ClassVar[list[Any]] = panels.SECTION
    settings_panels: ClassVar[list[Any]] = panels.SECTION_SETTINGS

    class Meta:
        verbose_name = _("section")

    def clean(self) -> None:
        from kakehashi.stories import rules

        super().clean()
        if rules.is_reserved_slug(self.slug):
            raise ValidationError({"slug": _("The site uses this address itself: choose another one.")})

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from kakehashi.stories import pages

        return super().get_context(request, *args, **kwargs) | pages.section_context(self, request)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from kakehashi.stories import pages

        instead = pages.first_page_instead(self, request)
        if instead is not None:
            return instead
        response: HttpResponse = super().serve(request, *args, **kwargs)
        share(response, fresh_for=SOON)
        return response


class StoryQuerySet(PageQuerySet):
    def for_lists(self) -> Self:
        """With what a list prints of each story, and without what it does not: a fixed number of queries."""
        return (
            self.select_related("agency", "running_story", "lead_image")
            .prefetch_related("lead_image__renditions")
            .defer("body")
        )

    def latest(self) -> Self:
        return self.order_by("-published_at", "-pk")


StoryManager = PageManager.from_queryset(StoryQuerySet)


class StoryPage(SitePage):
    """A story. Its section is its parent page; its headline is the page's title."""

    standfirst = models.TextField(
        _("standfirst"),
        blank=True,
        max_length=600,
        help_text=_(
            "One or two sentences of our own under the headline. They stay when an agency's licence has run out."
        ),
    )
    body = StreamField(body.BLOCKS, blank=True, verbose_name=_("body"))
    lead_image = models.ForeignKey(
        "wagtailimages.Image",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("picture"),
    )
    lead_alt = models.CharField(_("picture described for those who cannot see it"), max_length=250, blank=True)
    lead_caption = models.CharField(_("caption"), max_length=300, blank=True)
    lead_credit = models.CharField(_("picture credit"), max_length=120, blank=True)
    byline = models.CharField(
        _("byline"), max_length=160, blank=True, help_text=_("As printed: Ana Writer and Bo Writer")
    )
    dateline = models.CharField(_("dateline"), max_length=80, blank=True, help_text=_("Place the story was written in"))
    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.PROTECT, related_name="stories", verbose_name=_("agency")
    )
    credit_line = models.CharField(
        _("credit line"), max_length=160, blank=True, help_text=_("Overrides the agency's own credit.")
    )
    source_url = models.URLField(
        _("where it was first published"), max_length=500, blank=True, help_text=_("Not shown to readers.")
    )
    licence_ends_at = models.DateTimeField(
        _("body may be shown until"),
        null=True,
        blank=True,
        help_text=_("For this story alone, instead of the agency's own term."),
    )
    published_at = PublicationTimeField(_("published"), help_text=_("Empty: the moment it goes live."))
    updated_at = models.DateTimeField(
        _("updated"), null=True, blank=True, help_text=_("Set when readers should know of a change.")
    )
    running_story = models.ForeignKey(
        RunningStory,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="chapters",
        verbose_name=_("running story"),
    )
    importance = models.PositiveSmallIntegerField(
        _("importance"),
        default=1,
        validators=[MinValueValidator(0), MaxValueValidator(3)],
        help_text=_("3 leads the front page, 2 stands beside the lead, 1 is ordinary, 0 stays off the front page."),
    )

    section_pk = SectionField()

    objects: ClassVar[Any] = StoryManager()

    parent_page_types: ClassVar[list[str]] = ["stories.SectionPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "stories/story_page.html"
    content_panels: ClassVar[list[Any]] = panels.STORY
    promote_panels: ClassVar[list[Any]] = panels.STORY_PROMOTE
    base_form_class = StoryForm

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        indexes = [
            # Front page, feeds, running stories: the latest first.
            models.Index(fields=["-published_at"], name="story_latest"),
            # Sections: their latest first.
            models.Index(fields=["section_pk", "-published_at", "-page_ptr"], name="story_of_section"),
            models.Index(fields=["running_story", "-published_at"], name="story_chapters"),
            # An import that is run again finds what it made.
            models.Index(fields=["source_url"], name="story_source"),
        ]

    @property
    def section_path(self) -> str:
        return self.path[:SECTION_PATH_LENGTH]

    @cached_property
    def section(self) -> SectionPage:
        """The section; lists set it for all their stories with one query (`queries.attach_sections`)."""
        return SectionPage.objects.get(path=self.section_path)

    @property
    def body_expires_at(self) -> datetime | None:
        """When the agency's licence for the body ends; None: never."""
        if self.licence_ends_at is not None:
            return self.licence_ends_at
        return licence.body_expires_at(self.published_at, self.agency.body_days if self.agency else None)

    def is_body_expired(self, now: datetime) -> bool:
        """The one answer to "may the body be shown?", for every page, feed and index."""
        expires_at = self.body_expires_at
        return expires_at is not None and expires_at <= now

    def body_text(self, now: datetime) -> str:
        """The body as plain text, a blank line between blocks; "" when the licence has run out."""
        return "" if self.is_body_expired(now) else body.plain_text(self.body)

    def body_html(self, now: datetime) -> str:
        """The body as HTML for feeds; "" when the licence has run out."""
        return "" if self.is_body_expired(now) else body.html(self.body)

    @cached_property
    def correction_notes(self) -> list[Correction]:
        """The corrections, latest first; also those of a preview that are not saved yet."""
        return sorted(self.corrections.all(), key=lambda correction: correction.corrected_at, reverse=True)

    @property
    def credit(self) -> str:
        """The credit line as printed: the story's own, else the agency's."""
        line = self.credit_line or (self.agency.credit if self.agency else "")
        year = timezone.localtime(self.published_at or timezone.now()).year
        return line.replace("{year}", str(year))

    def with_content_json(self, content: dict[str, Any]) -> StoryPage:
        """A revision saved before the story went live does not know when that was: the story's row does."""
        story: StoryPage = super().with_content_json(content)
        if story.published_at is None:
            story.published_at = StoryPage.objects.values_list("published_at", flat=True).filter(pk=self.pk).first()
        return story

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from kakehashi.stories import pages

        return super().get_context(request, *args, **kwargs) | pages.story_context(self, request)


class Correction(Orderable):
    """What was wrong in a story, and since when it is right."""

    story = ParentalKey(StoryPage, on_delete=models.CASCADE, related_name="corrections")
    corrected_at = models.DateTimeField(_("corrected"), default=timezone.now)
    text = models.TextField(_("what was wrong, and what is right"), max_length=1000)

    panels: ClassVar[list[Any]] = panels.CORRECTION

    class Meta(Orderable.Meta):
        verbose_name = _("correction")

    def __str__(self) -> str:
        return self.text[:60]
