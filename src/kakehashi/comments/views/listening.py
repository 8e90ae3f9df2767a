"""For readers who have a discussion open: what changed in it, and the comments that are new.

The version that the reader knows stands in the path, so that the page cache answers all who know the same one.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from kakehashi.comments import changes, orders
from kakehashi.comments.page import articles_of, visit_or_404
from kakehashi.comments.shown import address
from kakehashi.comments.viewing import comment_or_404, place, reader_of
from kakehashi.lib import pages
from kakehashi.readers.models import CommentOrder

# Whoever asks again within a second need not be told anything newer.
LASTS = timedelta(seconds=1)


@require_safe
def changes_since(request: HttpRequest, pk: int, since: int) -> HttpResponse:
    """As the live door tells it, at the version to ask with next. 204 where the story is not there or takes no comments."""
    now = timezone.now()
    here = changes.places([pk], now=now).get(pk)
    found = changes.changes(here, [since], now=now) if here is not None else None
    if here is None or found is None:
        return HttpResponse(status=204)
    told = found[since]
    response = JsonResponse(told.as_json())
    pages.share(response, tags={f"thread:{here.thread_id}": told.version}, lasts=LASTS)
    return response


@require_safe
def new_comments(request: HttpRequest, pk: int, after: int) -> HttpResponse:
    """The comments that came after that version, alone, the way this reader sees them; in the page's order."""
    reader = reader_of(request)
    seen = visit_or_404(pk, reader, orders.Choice(orders.asked(request, reader).order))
    ids = changes.new_since(pk, after)
    if seen.choice.order == CommentOrder.NEWEST:
        ids.reverse()
    response = HttpResponse(articles_of(seen, ids))
    if reader is None and seen.standing.thread_id is not None:
        pages.share(response, tags={f"thread:{seen.standing.thread_id}": seen.standing.version}, lasts=LASTS)
    return response


@require_safe
def look(request: HttpRequest, pk: int, after: int) -> HttpResponse:
    """To the first comment that came after that version, or else to the discussion: a link that works without scripts."""
    reader = reader_of(request)
    ids = changes.new_since(pk, after)
    if ids:
        there = place(request, comment_or_404(ids[0], reader), reader)
        return HttpResponseRedirect(there if reader else _past_memory(there, ids[-1]))
    seen = visit_or_404(pk, reader, orders.asked(request, reader))
    return HttpResponseRedirect(address(seen.scene.path, seen.choice, seen.choice.page, usual=seen.usual))


def _past_memory(address: str, newest: int) -> str:
    """The same page under a name that the page cache keeps nothing under: what it keeps may be a second older than the
    comment that this link promises."""
    page, hash_, fragment = address.partition("#")
    return f"{page}{'&' if '?' in page else '?'}newest={newest}{hash_}{fragment}"
