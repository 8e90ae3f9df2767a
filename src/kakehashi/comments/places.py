"""The short way to a story: addresses that Wagtail has led to a published story before, for as long as the edition lasts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from kakehashi.comments import page, queries
from kakehashi.lib.memo import Memo
from kakehashi.stories.models import StoryPage

# Path of the request: (number of the story, edition in which it stands there for everybody to read).
_known: Memo[str, tuple[int, int]] = Memo(5000)


def serve_known(request: HttpRequest) -> HttpResponse | None:
    """The story at this address; None where Wagtail must look."""
    known = _known.get(request.path)
    if known is None or request.method not in {"GET", "HEAD"}:
        return None
    story_id, edition = known
    return page.answer(request, story_id, edition=edition)


def serve_found(story: StoryPage, request: HttpRequest) -> HttpResponse | None:
    """The story that Wagtail found; remember its address where everybody may read it."""
    is_public = not story.get_view_restrictions().exists()
    standing = queries.standing(story.pk)
    response = page.answer(request, story.pk, is_public=is_public)
    if response is None or standing is None:
        return None
    if not is_public:
        patch_cache_control(response, private=True)
    elif request.path == story.get_absolute_url():
        _known.put(request.path, (story.pk, standing.edition))
    return response


def forget() -> None:
    _known.clear()
