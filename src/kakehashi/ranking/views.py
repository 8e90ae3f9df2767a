"""Pages about common ground: what it is, and where the readers of one story agree and split."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kakehashi.comments.orders import Choice
from kakehashi.comments.page import NEW, Visit, visit_or_404
from kakehashi.comments.viewing import reader_of
from kakehashi.lib.errors import NotFound
from kakehashi.lib.pages import LONGEST, share
from kakehashi.ranking import enough, grounds, own


@require_safe
def explanation(request: HttpRequest) -> HttpResponse:
    """How the order comes about, what is kept for it, and where it fails."""
    response = render(request, "ranking/explanation.html", {"least_group": enough.LEAST_GROUP})
    share(response)
    return response


@require_safe
def discussion(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the readers of this story agree and split: the map in large, and more comments."""
    visit = visit_or_404(pk, reader_of(request), Choice())
    restrictions = list(visit.scene.story.get_view_restrictions())
    if not all(restriction.accept_request(request) for restriction in restrictions):
        raise NotFound(_("This story is not here."))
    ground = grounds.ground_of(visit)
    _marks, muted = visit.marks
    context: dict[str, object] = {
        "story": visit.scene.story,
        "ground": ground.without(muted) if ground is not None and muted else ground,
        "comments": visit.standing.comments,
        "least_group": enough.LEAST_GROUP,
    }
    if "me" in request.GET:
        context["own"] = own.place(visit, ground)
        response = render(request, "ranking/discussion.html", context)
        response["Cache-Control"] = "private, no-store"
        return response
    response = render(request, "ranking/discussion.html", context)
    if not restrictions:
        _share(response, visit)
    return response


def _share(response: HttpResponse, visit: Visit) -> None:
    thread, version = visit.standing.thread_id, visit.standing.version
    until = grounds.holds_until(visit)
    share(
        response,
        tags={f"thread:{thread}": version} if thread is not None else {},
        lasts=LONGEST if until is None else until - visit.now,
        fresh_for=LONGEST if thread is not None else NEW,
    )
