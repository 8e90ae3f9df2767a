"""Reading: a comment's address leads to its place, whatever page and order that is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe
from wagtail.views import serve

from kakehashi.comments import lists, orders, places
from kakehashi.comments.page import articles_of, visit_or_404
from kakehashi.comments.viewing import comment_or_404, is_htmx, place, reader_of


@require_safe
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """To the comment's place on the story page; htmx gets the comment itself."""
    reader = reader_of(request)
    found = comment_or_404(pk, reader)
    if is_htmx(request):
        seen = visit_or_404(found.thread.story_id, reader, orders.preferred(reader))
        return HttpResponse(articles_of(seen, [pk]))
    return HttpResponseRedirect(place(request, found, reader))


def page(request: HttpRequest, path: str) -> HttpResponse:
    """A page of Wagtail's: what was there a moment ago by the short way."""
    return places.serve_known(request) or lists.serve_known(request) or serve(request, path)
