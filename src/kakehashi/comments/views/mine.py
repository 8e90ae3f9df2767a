"""What is one reader's own on a page of a discussion, as JSON: for scripts that put shared HTML in place."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kakehashi.comments import marks, orders
from kakehashi.comments.viewing import reader_of
from kakehashi.lib.errors import NotFound


@require_safe
def mine(request: HttpRequest, pk: int) -> HttpResponse:
    """`{"votes": {comment: ±1}, "own": [comment, …], "muted": [comment, …]}` of the page that the address asks for.

    204 for somebody not logged in. Bounded by the page, whatever the thread's length; two queries with the session's, and
    one more after a change.
    """
    headers = {"Cache-Control": "private, no-store"}
    reader = reader_of(request)
    if reader is None:
        return HttpResponse(status=204, headers=headers)
    body = marks.own_marks(pk, reader, orders.asked(request, reader), timezone.now())
    if body is None:
        raise NotFound(_("This story is not here."))
    return HttpResponse(body, content_type="application/json", headers=headers)
