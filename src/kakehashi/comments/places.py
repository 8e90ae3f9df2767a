"""The short way to a story: addresses that Wagtail has led to a published story before, for as long as the edition lasts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kakehashi.comments import lists, marks, page, queries
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
    standing = queries.standing(story.pk)
    is_public = not story.get_view_restrictions().exists()
    response = page.answer(request, story.pk, is_public=is_public)
    if response is not None and standing is not None and is_public and request.path == story.get_absolute_url():
        _known.put(request.path, (story.pk, standing.edition))
    return response


def forget() -> None:
    """Forget all that this process remembers of pages between requests, as after a start."""
    _known.clear()
    lists.forget()
    marks.forget()
    page.forget()
