"""Tags through which pages of the rooms below lead to news by mail. None of them asks the database but the account's."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from kakehashi.alerts import queries, subjects
from kakehashi.readers.models import Reader
from kakehashi.stories.models import RunningStory, SectionPage, StoryPage

register = template.Library()

_KINDS: list[tuple[type[Any], str]] = [
    (StoryPage, subjects.THREAD),
    (SectionPage, subjects.SECTION),
    (RunningStory, subjects.RUNNING),
    (Reader, subjects.MEMBER),
]


@register.inclusion_tag("alerts/follow.html", takes_context=True)
def follow(context: Context, thing: Any) -> dict[str, Any]:
    """The way to follow a story, section, running story or member; the same for all readers of a kind."""
    kind = next(kind for model, kind in _KINDS if isinstance(thing, model))
    request = context.get("request")
    return {
        "word": subjects.word(kind, thing.pk),
        "is_member": request is not None and request.user.is_authenticated,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("alerts/account_row.html")
def alerts_row(reader: Reader) -> dict[str, Any]:
    """The account's line about news by mail; one query."""
    count, is_blocked = queries.account_line(reader)
    return {"count": count, "is_blocked": is_blocked}
