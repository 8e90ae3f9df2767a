"""How the editor's forms are laid out. `data-for` names the kinds of question that a field is for; surveys-admin.js
hides it from the others."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel

CHOICES = {"data-for": "single multiple ranking"}
OTHER = {"data-for": "single multiple"}
MULTIPLE = {"data-for": "multiple"}
SCALE = {"data-for": "scale"}
TEXT = {"data-for": "text"}

QUESTION: list[Any] = [
    FieldPanel("text"),
    FieldPanel("help"),
    FieldRowPanel([FieldPanel("kind"), FieldPanel("is_required")]),
    FieldPanel("options", attrs=CHOICES),
    FieldPanel("has_other", attrs=OTHER),
    FieldRowPanel([FieldPanel("least"), FieldPanel("most")], attrs=MULTIPLE),
    FieldRowPanel([FieldPanel("steps"), FieldPanel("low_label"), FieldPanel("high_label")], attrs=SCALE),
    FieldPanel("max_length", attrs=TEXT),
    MultiFieldPanel(
        [FieldPanel("starts_page"), FieldRowPanel([FieldPanel("if_number"), FieldPanel("if_answers")])],
        heading=_("Pages and conditions"),
        classname="collapsed",
    ),
]

POLL_QUESTION: list[Any] = [
    FieldPanel("text"),
    FieldPanel("kind"),
    FieldPanel("options", attrs=CHOICES),
    FieldRowPanel([FieldPanel("least"), FieldPanel("most")], attrs=MULTIPLE),
    FieldRowPanel([FieldPanel("steps"), FieldPanel("low_label"), FieldPanel("high_label")], attrs=SCALE),
]

TIMES = MultiFieldPanel(
    [FieldPanel("is_published"), FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")])],
    heading=_("When it is open"),
)
WHO = MultiFieldPanel(
    [FieldPanel("audience"), FieldPanel("is_anonymous"), FieldPanel("results")], heading=_("Who answers, who sees")
)

SURVEY: list[Any] = [
    FieldPanel("title"),
    FieldPanel("introduction"),
    InlinePanel("questions", heading=_("Questions"), label=_("Question"), min_num=1, max_num=50),
    FieldPanel("thanks"),
    TIMES,
    WHO,
    MultiFieldPanel([FieldPanel("has_banner"), FieldPanel("banner_text")], heading=_("Banner")),
]

POLL: list[Any] = [
    FieldPanel("title", help_text=_("To find it by in the newsroom; readers see the question.")),
    InlinePanel("questions", panels=POLL_QUESTION, heading=_("Question"), label=_("Question"), min_num=1, max_num=1),
    TIMES,
    WHO,
]
