"""Wagtail finds the story and looks at who may see it; the page with its discussion is made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from wagtail import hooks

from kakehashi.comments import places
from kakehashi.stories.models import StoryPage

Serve = Callable[[Any, HttpRequest, Any, Any], HttpResponse]


# Inside of Wagtail's own, which asks for passwords.
@hooks.register("on_serve_page", order=100)
def serve_stories(serve: Serve) -> Serve:
    """A published story as readers get it; whatever is not read goes on to Wagtail."""

    def inner(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
        is_read = isinstance(page, StoryPage) and request.method in {"GET", "HEAD"}
        answer = places.serve_found(page, request) if is_read else None
        return answer if answer is not None else serve(page, request, args, kwargs)

    return inner
