"""Voting: the form states the wished value."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kakehashi.comments import actions, queries
from kakehashi.comments.viewing import comment_or_404, for_readers, fragment, go, is_htmx, place
from kakehashi.lib.errors import Invalid
from kakehashi.readers.models import Reader

VALUES = {"1": 1, "0": 0, "-1": -1}


@require_POST
@for_readers
def vote(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Set the reader's vote on the comment to `value`."""
    comment = comment_or_404(pk, reader)
    value = VALUES.get(request.POST.get("value", ""))
    if value is None:
        raise Invalid(_("A vote is +1, −1 or 0."), code="vote-value")
    actions.cast_vote(reader=reader, comment=comment, value=value)
    if not is_htmx(request):
        return go(request, place(request, comment, reader))
    item = queries.shown_one(comment, reader=reader)
    said = {1: _("You rated this comment up."), -1: _("You rated this comment down."), 0: _("Your vote is taken back.")}
    html = render_to_string("comments/votes.html", {"item": item}, request=request)
    return fragment(html, target=f"#v-{pk}", say=f"{said[value]} {item.score}".strip())
