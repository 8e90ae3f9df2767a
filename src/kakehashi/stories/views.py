"""The pages that are not Wagtail's: running stories, sitemaps, robots."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sitemaps import views as sitemap_views
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from kakehashi.lib.pages import SOON, share
from kakehashi.stories import queries
from kakehashi.stories.feeds import StoryAtomFeed, StoryFeed, shared_feed
from kakehashi.stories.models import RunningStory
from kakehashi.stories.sitemaps import SITEMAPS


@require_safe
def running_story(request: HttpRequest, slug: str) -> HttpResponse:
    """The timeline of one running story, latest first. One without a published chapter is nobody's to know of yet."""
    running = get_object_or_404(RunningStory, slug=slug)
    years = queries.timeline(running)
    chapters = [story for _, stories in years for story in stories]
    if not chapters:
        raise Http404
    context = {
        "running_story": running,
        "years": years,
        "chapters": chapters,
        "canonical_url": settings.BASE_URL + running.get_absolute_url(),
    }
    response = render(request, "stories/running_story.html", context)
    share(response, fresh_for=SOON)
    return response


@require_safe
def rss(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """The latest stories of one section or of all, as RSS 2.0."""
    # One object a request: it keeps what it has read of the newsroom.
    return shared_feed(StoryFeed(), request, slug)


@require_safe
def atom(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """The same as Atom."""
    return shared_feed(StoryAtomFeed(), request, slug)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers should leave alone, and where the sitemap is."""
    context = {"base_url": settings.BASE_URL}
    response = render(request, "stories/robots.txt", context, content_type="text/plain; charset=utf-8")
    share(response)
    return response


@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Every page of every sitemap."""
    places = []
    for name, sitemap in SITEMAPS.items():
        address = f"{settings.BASE_URL}/sitemap-{name}.xml"
        pages = sitemap().paginator.num_pages
        places += [{"location": address if n == 1 else f"{address}?p={n}"} for n in range(1, pages + 1)]
    response = render(request, "sitemap_index.xml", {"sitemaps": places}, content_type="application/xml")
    share(response)
    return response


@require_safe
def sitemap_part(request: HttpRequest, section: str) -> HttpResponse:
    """One sitemap."""
    response: HttpResponse = sitemap_views.sitemap(request, sitemaps=dict(SITEMAPS), section=section)
    share(response)
    return response
