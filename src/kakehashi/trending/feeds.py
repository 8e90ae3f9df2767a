"""What is trending here, for sister sites and everybody else: JSON Feed 1.1 and Atom. Headlines and standfirsts only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.stories import schema
from kakehashi.stories.feeds import StoryAtomFeed, written
from kakehashi.stories.models import NewsroomSettings, SectionPage, StoryPage
from kakehashi.trending import queries

LENGTH = 20
JSON_PATH, ATOM_PATH = "/trending.json", "/trending.atom"
JSON_TYPE = "application/feed+json"


def title_of(newsroom: NewsroomSettings) -> str:
    return written(_("%(site)s: trending") % {"site": newsroom.name})


def json_feed(stories: list[StoryPage], newsroom: NewsroomSettings) -> dict[str, Any]:
    """https://www.jsonfeed.org/version/1.1/"""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title_of(newsroom),
        "home_page_url": settings.BASE_URL + "/",
        "feed_url": settings.BASE_URL + JSON_PATH,
        "description": _("The most read and the most discussed stories of the moment"),
        "language": settings.LANGUAGE_CODE,
        "authors": [{"name": newsroom.name, "url": settings.BASE_URL + "/"}],
        "items": [_json_item(story, newsroom) for story in stories],
    }


def _json_item(story: StoryPage, newsroom: NewsroomSettings) -> dict[str, Any]:
    author = story.byline or (story.agency.name if story.agency else newsroom.name)
    return {
        "id": story.full_url,
        "url": story.full_url,
        "title": story.title,
        "content_text": story.standfirst or story.title,
        "date_published": timezone.localtime(story.published_at).isoformat(),
        "date_modified": timezone.localtime(story.updated_at or story.published_at).isoformat(),
        "authors": [{"name": author}],
        "tags": [story.section.title],
    }


class TrendingAtomFeed(StoryAtomFeed):
    """The same as Atom."""

    def title(self, obj: SectionPage | None) -> str:
        return title_of(self.newsroom)

    def description(self, obj: SectionPage | None) -> str:
        return _("The most read and the most discussed stories of the moment")

    subtitle = description

    def items(self, obj: SectionPage | None) -> list[StoryPage]:
        self.listed = queries.trending(LENGTH)
        return self.listed

    def item_extra_kwargs(self, item: StoryPage) -> dict[str, Any]:
        return {}


def newsroom_and_stories() -> tuple[NewsroomSettings, list[StoryPage]]:
    return schema.newsroom(), queries.trending(LENGTH)
