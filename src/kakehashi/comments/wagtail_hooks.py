"""Wagtail serves the story page; here its discussion's part of the address is looked at first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from wagtail import hooks

from kakehashi.comments import actions, orders, queries
from kakehashi.comments.models import Thread
from kakehashi.comments.shown import discussion_address
from kakehashi.comments.viewing import reader_of
from kakehashi.readers.models import CommentLayout, CommentOrder
from kakehashi.stories.models import StoryPage


@hooks.register("before_serve_page")
def look_at_choice(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse | None:
    """Remember a member's choice of order and layout; send a page that is not there to the nearest one that is."""
    if not isinstance(page, StoryPage) or request.method not in {"GET", "HEAD"}:
        return None
    reader = reader_of(request)
    choice = orders.asked(request, reader)
    if reader is not None and _has_chosen(request):
        actions.remember_choice(reader=reader, order=choice.order, layout=choice.layout)
    number = _nearest_page(page, request, choice)
    if number is None and "comment-order" not in request.GET:
        return None
    usual = orders.preferred(reader)
    return HttpResponseRedirect(discussion_address(page, choice, number or choice.page, usual=usual))


def _has_chosen(request: HttpRequest) -> bool:
    return request.GET.get("order") in CommentOrder.values or request.GET.get("layout") in CommentLayout.values


def _nearest_page(story: StoryPage, request: HttpRequest, choice: orders.Choice) -> int | None:
    """The page to go to instead of the one asked for; None where that one is there."""
    if "page" not in request.GET:
        return None
    last = 1
    if choice.page > 1:
        thread = Thread.objects.filter(story=story).first()
        total = queries.count_listed(thread, reader_of(request)) if thread is not None else 0
        last = max(1, -(-total // orders.PAGE_SIZE))
    nearest = min(choice.page, last)
    return None if request.GET["page"] == str(nearest) else nearest
