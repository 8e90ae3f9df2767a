"""The feeds of what is trending here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from kakehashi.lib.pages import share
from kakehashi.trending import feeds


@require_safe
def trending_json(request: HttpRequest) -> HttpResponse:
    """JSON Feed 1.1; the same for everybody, made anew once a minute."""
    newsroom, stories = feeds.newsroom_and_stories()
    response = JsonResponse(
        feeds.json_feed(stories, newsroom),
        content_type=f"{feeds.JSON_TYPE}; charset=utf-8",
        json_dumps_params={"ensure_ascii": False},
    )
    share(response)
    return response


@require_safe
def trending_atom(request: HttpRequest) -> HttpResponse:
    """The same as Atom."""
    response: HttpResponse = feeds.TrendingAtomFeed()(request)
    share(response)
    return response
