"""What templates of every room may ask of the newspaper."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString

from kakehashi.stories import banner, queries, schema
from kakehashi.stories.models import NewsroomSettings, SectionPage, StoryPage

register = template.Library()


@register.simple_tag(name="newsroom", takes_context=True)
def newsroom_tag(context: Context) -> NewsroomSettings:
    """The newsroom's settings; asked of the database once a request."""
    request = context.get("request")
    memo: dict[str, NewsroomSettings] = request.__dict__ if request is not None else {}
    if "kakehashi_newsroom" not in memo:
        memo["kakehashi_newsroom"] = schema.newsroom()
    return memo["kakehashi_newsroom"]


@register.simple_tag(name="banner", takes_context=True)
def banner_tag(context: Context) -> SafeString:
    """The banner above the page, unless this browser has put it away."""
    request = context.get("request")
    if request is None:
        return SafeString("")
    return banner.shown(newsroom_tag(context), request.COOKIES, path=request.path)


@register.simple_tag
def section_nav() -> list[SectionPage]:
    """The sections in the editors' order."""
    return queries.sections()


@register.simple_tag
def absolute(path: str) -> str:
    """A path of this site as an address for other sites."""
    return settings.BASE_URL + path


@register.filter
def local_year(value: datetime | None) -> int | None:
    """The year in the site's time zone."""
    return timezone.localtime(value).year if value else None


@register.inclusion_tag("stories/social_card.html", takes_context=True)
def social_card(context: Context, story: StoryPage) -> dict[str, Any]:
    """Open Graph and Twitter card of a story."""
    return {
        "story": story,
        "section": story.section if story.path else None,
        "description": schema.description(story, timezone.now()),
        "preview": schema.preview(story),
        "modified_at": queries.modified_at(story),
        "newsroom": newsroom_tag(context),
    }
