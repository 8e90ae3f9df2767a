"""Wagtail finds the story; the page with its discussion is made here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from wagtail import hooks

from kakehashi.comments import places
from kakehashi.stories.models import StoryPage


# After Wagtail's own look at who may see the page.
@hooks.register("before_serve_page", order=100)
def serve_story(page: Any, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse | None:
    """A published story as readers get it. Previews and whatever is not read go on to Wagtail."""
    if not isinstance(page, StoryPage) or request.method not in {"GET", "HEAD"}:
        return None
    return places.serve_found(page, request)
