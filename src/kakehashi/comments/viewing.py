"""What every view of the discussion begins with: who asks, for which comment or story, and how to answer them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _

from kakehashi.comments import orders, queries, scenes
from kakehashi.comments.models import Comment
from kakehashi.comments.orders import Choice
from kakehashi.comments.shown import address
from kakehashi.lib.errors import NotFound
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage

P = ParamSpec("P")
ReaderView = Callable[Concatenate[HttpRequest, Reader, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def reader_of(request: HttpRequest) -> Reader | None:
    """The member who is logged in: the model itself, for each look through Django's lazy wrapper costs a function call."""
    user = getattr(request, "user", None)
    return getattr(user, "_wrapped", user) if isinstance(user, Reader) else None


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def story_or_404(pk: int) -> StoryPage:
    story = queries.find_story(pk)
    if story is None:
        raise NotFound(_("This story is not here."))
    return story


def comment_or_404(pk: int, reader: Reader | None) -> Comment:
    """The comment, if its place is the reader's to know of."""
    comment = queries.find_comment(pk, reader)
    if comment is None:
        raise NotFound(_("This comment is not here."))
    return comment


def whereabouts(request: HttpRequest, comment: Comment, reader: Reader | None) -> tuple[Choice, str]:
    """The page on which the comment stands in the order and layout asked for, and its address there: two queries where
    the story is known. Raises `NotFound`."""
    scene = scenes.scene_now(comment.thread.story_id)
    if scene is None:
        raise NotFound(_("This story is not here."))
    choice = orders.asked(request, reader).settled(scene.usual_order)
    page = queries.page_of(comment, choice, reader, scene.newsroom.comments_per_page)
    usual = orders.preferred(reader).settled(scene.usual_order)
    return replace(choice, page=page), address(scene.path, choice, page, f"c-{comment.pk}", usual=usual)


def place(request: HttpRequest, comment: Comment, reader: Reader | None) -> str:
    """Where the comment stands on its story's page, as `whereabouts`."""
    return whereabouts(request, comment, reader)[1]


@cache
def _comment_url() -> str:
    return reverse("comment", args=[0]).replace("/0/", "/%d/")


def comment_address(pk: int) -> str:
    """The comment's own address, which leads to its place on its story's page: where that is need not be known yet."""
    return _comment_url() % pk


def go(request: HttpRequest, address: str) -> HttpResponse:
    """Send the browser to another page, from a form or from a fragment."""
    if is_htmx(request):
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def log_in_first(request: HttpRequest, back: str) -> HttpResponse:
    """To the log-in page, which leads back to `back`."""
    return go(request, redirect_to_login(back, resolve_url(settings.LOGIN_URL)).url)


def fragment(
    html: str | bytes, *, target: str, swap: str = "outerHTML", say: str = "", status: int = 200
) -> HttpResponse:
    """HTML for htmx with where it goes; `say` is read out by discussion.js in the page's live region."""
    response = HttpResponse(html, status=status, headers={"HX-Retarget": target, "HX-Reswap": swap})
    if say:
        response["HX-Trigger"] = json.dumps({"say": str(say)})
    return response


def for_readers(view: ReaderView[P]) -> View[P]:
    """The view gets the logged-in member; others are sent to log in and then back to the comment (`pk`)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        reader = reader_of(request)
        if reader is None:
            pk: Any = kwargs["pk"]
            return log_in_first(request, comment_or_404(pk, None).get_absolute_url())
        return view(request, reader, *args, **kwargs)

    return cast(View[P], guarded)
