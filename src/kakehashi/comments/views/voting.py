"""Voting: the form states the wished value."""

from __future__ import annotations

from datetime import datetime
from html import escape

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kakehashi.comments import actions, articles, rules, scenes
from kakehashi.comments.actions import Tally
from kakehashi.comments.viewing import comment_address, for_readers, fragment, go, is_htmx
from kakehashi.lib.errors import Invalid
from kakehashi.readers.models import Reader

VALUES = {"1": 1, "0": 0, "-1": -1}


@require_POST
@for_readers
def vote(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """Set the reader's vote on the comment to `value`."""
    value = VALUES.get(request.POST.get("value", ""))
    if value is None:
        raise Invalid(_("A vote is +1, −1 or 0."), code="vote-value")
    now = timezone.now()
    tally = actions.cast_vote(reader=reader, comment=pk, value=value, now=now)
    if not is_htmx(request):
        return go(request, comment_address(pk))
    score = _score(tally, now)
    words = articles.words_of(get_language() or "")
    name = escape(tally.ballot.writer or words.a_reader) if tally.ballot else ""
    said = {1: _("You rated this comment up."), -1: _("You rated this comment down."), 0: _("Your vote is taken back.")}
    html = articles.votes(pk, name, score, words, can_vote=True, own=tally.own)
    return fragment(html, target=f"#v-{pk}", say=f"{said[value]} {score}".strip())


def _score(tally: Tally, now: datetime) -> str:
    """The score as the comment's section shows it, of what the vote itself has found; empty while it is hidden."""
    ballot = tally.ballot
    scene = scenes.scene(ballot.story_id, ballot.edition, now) if ballot else None
    if scene is None or ballot is None:
        return ""
    section = scene.section
    since = rules.shows_votes_from(section.vote_display, section.votes_hidden_hours, ballot.created_at)
    is_hidden = since is not None and now < since
    return "" if is_hidden else articles.score(section.vote_display, tally.net, tally.up, tally.down)
