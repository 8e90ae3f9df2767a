"""What is one reader's own on a page of a discussion, as JSON: for scripts that put shared HTML in place."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kakehashi.comments import orders, page, queries
from kakehashi.comments.viewing import reader_of


@require_safe
def mine(request: HttpRequest, pk: int) -> HttpResponse:
    """`{"votes": {comment: ±1}, "own": [comment, …], "muted": [comment, …]}` of the page that the address asks for.

    204 for somebody not logged in. Bounded by the page, whatever the thread's length; three queries with the session's.
    """
    reader = reader_of(request)
    if reader is None:
        return HttpResponse(status=204, headers={"Cache-Control": "private, no-store"})
    listing = page.visit_or_404(pk, reader, orders.asked(request, reader)).listing
    votes, muted = queries.own_marks(reader.pk, list(listing.here))
    written = listing.places_by_author
    found = {
        "votes": votes,
        "own": [listing.rows[place].pk for place in written.get(reader.pk, [])],
        "muted": [listing.rows[place].pk for author in muted & written.keys() for place in written[author]],
    }
    return HttpResponse(
        json.dumps(found, separators=(",", ":")),
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )
