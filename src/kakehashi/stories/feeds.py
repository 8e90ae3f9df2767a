"""RSS and Atom of the whole site and of each section: the full text while we may show it, else the standfirst."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.translation import gettext as _

from kakehashi.lib.pages import LONGEST, share
from kakehashi.stories import queries, schema
from kakehashi.stories.models import FrontPage, NewsroomSettings, SectionPage, StoryPage

LENGTH = 30
# XML has no way to write these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _RssWithBody(Rss201rev2Feed):
    def rss_attributes(self) -> dict[str, str]:
        return super().rss_attributes() | {"xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item.get("body"):
            handler.addQuickElement("content:encoded", item["body"])


class _AtomWithBody(Atom1Feed):
    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item.get("body"):
            handler.addQuickElement("content", item["body"], {"type": "html"})


class StoryFeed(Feed[StoryPage, SectionPage | None]):
    """The latest stories of one section, or of all. RSS; `StoryAtomFeed` is the same as Atom."""

    feed_type: type[SyndicationFeed] = _RssWithBody

    def get_object(self, request: HttpRequest, slug: str | None = None) -> SectionPage | None:
        self.newsroom: NewsroomSettings = schema.newsroom()
        self.path = request.path
        return get_object_or_404(SectionPage.objects.live(), slug=slug) if slug else None

    def title(self, obj: SectionPage | None) -> str:
        return written(f"{self.newsroom.name}: {obj.title}" if obj else self.newsroom.name)

    def description(self, obj: SectionPage | None) -> str:
        return written((obj.introduction if obj else self.newsroom.motto) or _("The latest stories"))

    subtitle = description

    def link(self, obj: SectionPage | None) -> str:
        page = obj or FrontPage.objects.first()
        return (page.full_url if page else None) or settings.BASE_URL + "/"

    def feed_url(self, obj: SectionPage | None) -> str:
        return settings.BASE_URL + self.path

    def feed_copyright(self, obj: SectionPage | None) -> str:
        return written(f"© {timezone.localtime().year} {self.newsroom.copyright_holder or self.newsroom.name}")

    def author_name(self, obj: SectionPage | None) -> str:
        return written(self.newsroom.name)

    def items(self, obj: SectionPage | None) -> list[StoryPage]:
        stories = queries.live_stories().latest()[:LENGTH] if obj is None else queries.latest_in(obj, number=LENGTH)
        latest = stories.select_related("agency")
        self.listed: list[StoryPage] = queries.attach_sections(latest, [obj] if obj else None)
        return self.listed

    def item_title(self, item: StoryPage) -> str:
        return written(item.title)

    def item_description(self, item: StoryPage) -> str:
        return written(item.standfirst)

    def item_link(self, item: StoryPage) -> str:
        return item.full_url or ""

    item_guid = item_link

    def item_author_name(self, item: StoryPage) -> str:
        return written(item.byline or (item.agency.name if item.agency else self.newsroom.name))

    def item_categories(self, item: StoryPage) -> list[str]:
        return [written(item.section.title)]

    def item_copyright(self, item: StoryPage) -> str | None:
        return written(item.credit) or None

    def item_pubdate(self, item: StoryPage) -> datetime:
        return item.published_at

    def item_updateddate(self, item: StoryPage) -> datetime:
        return item.updated_at or item.published_at

    def item_extra_kwargs(self, item: StoryPage) -> dict[str, Any]:
        return {"body": written(item.body_html(timezone.now()).replace('href="/', f'href="{settings.BASE_URL}/'))}


class StoryAtomFeed(StoryFeed):
    feed_type = _AtomWithBody


def shared_feed(feed: StoryFeed, request: HttpRequest, slug: str | None) -> HttpResponse:
    """The feed's answer, the same for everybody until the first licence among its stories ends."""
    response: HttpResponse = feed(request, slug=slug)
    now = timezone.now()
    ends = [end for story in feed.listed if (end := story.body_expires_at) is not None and end > now]
    share(response, lasts=min(ends) - now if ends else LONGEST)
    return response


def written(source: str) -> str:
    """Without the characters that XML cannot hold."""
    return _UNWRITABLE.sub("", source)
