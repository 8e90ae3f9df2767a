"""The moderator's small door: one click on a comment or a thread."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kakehashi.comments import actions, orders, page
from kakehashi.comments.viewing import (
    comment_or_404,
    for_moderators,
    fragment,
    go,
    is_htmx,
    place,
    story_or_404,
)
from kakehashi.readers.models import Reader


@for_moderators
@require_POST
def comment_state(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Publish, hold or remove a comment."""
    comment = comment_or_404(pk, reader)
    actions.set_comment_state(actor=reader, comment=comment, state=request.POST.get("state", ""))
    if not is_htmx(request):
        return go(request, place(request, comment, reader))
    found = page.visit_or_404(comment.thread.story_id, reader, orders.preferred(reader))
    return fragment(page.articles_of(found, [pk]), target=f"#c-{pk}", say=_("Done."))


@for_moderators
@require_POST
def thread_state(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Open or close the discussion of a story, or let its comments wait."""
    story = story_or_404(pk)
    actions.set_thread_state(actor=reader, thread=actions.thread_for(story), state=request.POST.get("state", ""))
    return go(request, f"{story.get_absolute_url()}#comments")
