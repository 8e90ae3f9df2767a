"""The box through which a story page shows where its readers agree."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from kakehashi.comments.frames import later
from kakehashi.comments.page import Visit
from kakehashi.ranking import grounds
from kakehashi.ranking.enough import AGREED, DIVIDED
from kakehashi.ranking.grounds import Camp, Ground, Voice
from kakehashi.ranking.tallies import Tally
from kakehashi.stories.models import StoryPage

register = template.Library()

_boxes: WeakKeyDictionary[Ground, bytes] = WeakKeyDictionary()


@register.simple_tag(takes_context=True)
def common_ground(context: Context, story: StoryPage) -> SafeString:
    """The box of a discussion with enough votes; made for each version of the thread. Nothing in an editor's preview."""
    return later("common_ground", box) if context.get("is_shell") else SafeString("")


def box(visit: Visit) -> bytes:
    """The box as everybody sees it, but without what the reader has muted."""
    ground = grounds.ground_of(visit)
    if ground is None:
        return b""
    _votes, muted = visit.marks
    if not muted.isdisjoint(ground.authors):
        return _made(visit, ground.without(muted))
    html = _boxes.get(ground)
    if html is None:
        html = _boxes[ground] = _made(visit, ground)
    return html


def _made(visit: Visit, ground: Ground) -> bytes:
    agreed, divided = ground.agreed[:AGREED], ground.divided[:DIVIDED]
    if not agreed and not divided:
        return b""
    context = {"ground": ground, "agreed": agreed, "divided": divided, "story_id": visit.scene.story.pk}
    return render_to_string("ranking/box.html", context).encode()


@register.filter
def by_camp(voice: Voice, ground: Ground) -> list[tuple[Camp, Tally]]:
    """Each camp with how it rates the comment."""
    return list(zip(ground.camps, voice.tallies, strict=True))


@register.simple_tag
def bar(tally: Tally) -> SafeString:
    """The share of a camp's readers who rate a comment up, as a bar; the figures stand beside it."""
    width = round(100 * tally.ups / tally.readers)
    return mark_safe(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="share-all" width="100" height="8"/><rect width="{width}" height="8"/></svg>'
    )
