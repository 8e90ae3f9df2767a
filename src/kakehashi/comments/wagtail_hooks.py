"""Wagtail finds the story and looks at who may see it; the page with its discussion is made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from wagtail import hooks

from kakehashi.comments import lists, places
from kakehashi.stories.models import FrontPage, SectionPage, StoryPage

Serve = Callable[[Any, HttpRequest, Any, Any], HttpResponse]


# Inside of Wagtail's own, which asks for passwords.
@hooks.register("on_serve_page", order=100)
def serve_stories(serve: Serve) -> Serve:
    """A published story, or a list of stories for a member, as readers get it; whatever is not read goes on to Wagtail."""

    def inner(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        answer = None
        if request.method in {"GET", "HEAD"}:
            if isinstance(page, StoryPage):
                answer = places.serve_found(page, request)
            elif isinstance(page, FrontPage | SectionPage):
                answer = lists.serve_found(page, request)
        return answer if answer is not None else serve(page, request, args, kwargs)

    return inner
