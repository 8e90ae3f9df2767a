"""Addresses for search engines, at most 5,000 a file."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Count, Max, Q, QuerySet

from kakehashi.stories import queries
from kakehashi.stories.models import FrontPage, RunningStory, SectionPage, SitePage, StoryPage, StoryQuerySet


class _OfThisSite(Sitemap):  # type: ignore[type-arg]
    limit = 5000

    def get_domain(self, site: object = None) -> str:
        return urlsplit(settings.BASE_URL).netloc

    def get_protocol(self, protocol: str | None = None) -> str:
        return urlsplit(settings.BASE_URL).scheme


class StorySitemap(_OfThisSite):
    """Every published story, oldest first, so that full files stay as they are."""

    def items(self) -> StoryQuerySet:
        return queries.live_stories().defer("body").order_by("pk")

    def lastmod(self, item: StoryPage) -> datetime:
        return max(filter(None, [item.published_at, item.updated_at, item.last_published_at]))


class PlaceSitemap(_OfThisSite):
    """Front page and sections."""

    def items(self) -> list[SitePage]:
        return [*FrontPage.objects.live(), *SectionPage.objects.live().order_by("path")]


class RunningStorySitemap(_OfThisSite):
    """Running stories with at least one published chapter."""

    def items(self) -> QuerySet[RunningStory]:
        is_live = Q(chapters__live=True)
        return (
            RunningStory.objects.annotate(
                chapter_count=Count("chapters", filter=is_live), last_at=Max("chapters__published_at", filter=is_live)
            )
            .filter(chapter_count__gte=1)
            .order_by("pk")
        )

    def lastmod(self, item: RunningStory) -> datetime:
        last_at: datetime = item.last_at  # type: ignore[attr-defined]
        return last_at


SITEMAPS: dict[str, type[_OfThisSite]] = {
    "places": PlaceSitemap,
    "running": RunningStorySitemap,
    "stories": StorySitemap,
}
