"""How the editor's forms are laid out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, TitleFieldPanel
from wagtail.admin.widgets.slug import SlugInput
from wagtail.models import Page

NEWSROOM: list[Any] = [
    FieldPanel("name"),
    FieldPanel("motto"),
    FieldPanel("copyright_holder"),
    MultiFieldPanel(
        [
            FieldPanel("close_after_days"),
            FieldPanel("comment_min"),
            FieldPanel("comment_max"),
            FieldPanel("comments_per_page"),
            FieldPanel("comment_order"),
            FieldPanel("moderation_target_hours"),
        ],
        heading=_("Discussion"),
    ),
    MultiFieldPanel(
        [FieldPanel("holds_comments"), FieldPanel("first_comments_held"), FieldPanel("asks_to_reconsider")],
        heading=_("Before publication"),
    ),
    MultiFieldPanel(
        [FieldPanel("removal_shown_from"), FieldPanel("removal_held_from")],
        heading=_("Likely to be removed"),
    ),
]

AGENCY: list[Any] = [FieldPanel("name"), FieldPanel("credit"), FieldPanel("body_days")]

RUNNING_STORY: list[Any] = [
    TitleFieldPanel("title", placeholder=_("Title*")),
    FieldPanel("slug", widget=SlugInput),
    FieldPanel("summary"),
]

SECTION: list[Any] = [*Page.content_panels, FieldPanel("introduction")]

SECTION_SETTINGS: list[Any] = [
    *Page.settings_panels,
    MultiFieldPanel([FieldPanel("comment_order"), FieldPanel("holds_comments")], heading=_("Discussion")),
    MultiFieldPanel([FieldPanel("vote_display"), FieldPanel("votes_hidden_hours")], heading=_("Votes")),
]

CORRECTION: list[Any] = [FieldPanel("corrected_at"), FieldPanel("text")]

STORY: list[Any] = [
    TitleFieldPanel("title", placeholder=_("Headline*"), help_text=_("As printed above the story.")),
    FieldPanel("standfirst"),
    FieldRowPanel([FieldPanel("byline"), FieldPanel("dateline")]),
    MultiFieldPanel(
        [FieldPanel("lead_image"), FieldPanel("lead_alt"), FieldPanel("lead_caption"), FieldPanel("lead_credit")],
        heading=_("Lead picture"),
    ),
    FieldPanel("body"),
    InlinePanel("corrections", heading=_("Corrections"), label=_("Correction")),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("agency"), FieldPanel("credit_line")]),
            FieldRowPanel([FieldPanel("licence_ends_at"), FieldPanel("source_url")]),
        ],
        heading=_("Agency and source"),
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("importance"), FieldPanel("running_story")]),
            FieldRowPanel([FieldPanel("published_at"), FieldPanel("updated_at")]),
        ],
        heading=_("Place and time"),
    ),
]

STORY_PROMOTE: list[Any] = [
    MultiFieldPanel(
        [
            FieldPanel("slug"),
            FieldPanel("seo_title", help_text=_("In search results and browser tabs; empty: the headline.")),
            FieldPanel(
                "search_description",
                help_text=_("In search results and on social networks; empty: the standfirst or the first words."),
            ),
        ],
        heading=_("In search results and on social networks"),
    )
]
