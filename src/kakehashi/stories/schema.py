"""What machines read of a story: schema.org's NewsArticle and the cards of social networks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from kakehashi.lib import text
from kakehashi.stories import queries
from kakehashi.stories.models import NewsroomSettings, StoryPage

# What social networks and search engines show of a picture: wide enough for a large card.
PREVIEW = "fill-1200x630|format-jpeg"
DESCRIPTION = 200


@dataclass(frozen=True)
class Preview:
    """A picture at an absolute address, with its size in pixels."""

    url: str
    width: int
    height: int
    alt: str


def newsroom() -> NewsroomSettings:
    """The settings of the one site, or the defaults where nobody has saved any."""
    return NewsroomSettings.objects.filter(site__is_default_site=True).first() or NewsroomSettings()


def description(story: StoryPage, now: datetime) -> str:
    """One or two sentences for search results and cards: an editor's own, the standfirst, or the beginning of a body that
    we may show."""
    words = story.search_description or story.standfirst or story.body_text(now)
    return text.excerpt(" ".join(words.split()), DESCRIPTION)


def preview(story: StoryPage) -> Preview | None:
    """The lead picture for cards; None without one or where its file cannot be read."""
    if story.lead_image is None:
        return None
    try:
        rendition = story.lead_image.get_rendition(PREVIEW)
    except OSError:
        return None
    return Preview(rendition.full_url, rendition.width, rendition.height, story.lead_alt)


def article(story: StoryPage, now: datetime, *, house: NewsroomSettings | None = None) -> dict[str, Any]:
    """The story as a schema.org NewsArticle without its comments, which the comments' room adds; `house` spares a
    query. The body is not in it, so an expired licence has nothing to take out but the description made from it."""
    house = house or newsroom()
    address = story.full_url
    picture = preview(story)
    owner = story.agency.name if story.agency else house.copyright_holder or house.name
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": address,
        "mainEntityOfPage": address,
        "url": address,
        "headline": story.title,
        "description": description(story, now),
        "articleSection": story.section.title if story.path else "",
        "author": _author(story, house.name),
        "creditText": story.credit or owner,
        "copyrightNotice": story.credit or f"© {timezone.localtime(story.published_at).year} {owner}",
        "dateline": story.dateline,
        "datePublished": story.published_at.isoformat() if story.published_at else "",
        "dateModified": queries.modified_at(story).isoformat() if story.published_at else "",
        "image": [picture.url] if picture else [],
        "isAccessibleForFree": True,
        "publisher": {"@type": "NewsMediaOrganization", "name": house.name, "url": settings.BASE_URL + "/"},
    }
    return {key: value for key, value in data.items() if value not in ("", [], None)}


def _author(story: StoryPage, newsroom_name: str) -> dict[str, str]:
    """The byline as printed, else the agency, else the newsroom itself."""
    if story.byline:
        return {"@type": "Person", "name": story.byline}
    return {"@type": "Organization", "name": story.agency.name if story.agency else newsroom_name}
