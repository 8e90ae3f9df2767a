"""Reading: a comment's address leads to its place, whatever page and order that is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kakehashi.comments import queries
from kakehashi.comments.viewing import comment_or_404, is_htmx, place, reader_of


@require_safe
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """To the comment's place on the story page; htmx gets the comment itself."""
    reader = reader_of(request)
    found = comment_or_404(pk, reader)
    if is_htmx(request):
        return render(request, "comments/comment.html", {"item": queries.shown_one(found, reader=reader)})
    return HttpResponseRedirect(place(request, found, reader))
