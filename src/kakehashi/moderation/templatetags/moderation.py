"""How this room shows on pages of other rooms."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from kakehashi.comments.models import Comment
from kakehashi.moderation import queries, queue
from kakehashi.moderation.checks.names import label_of
from kakehashi.moderation.model import charts
from kakehashi.moderation.rooms import rooms_of
from kakehashi.readers.models import Reader

register = template.Library()
register.filter("percent", charts.percent)


@register.inclusion_tag("moderation/account_line.html")
def decisions_line(reader: Reader) -> dict[str, Any]:
    """The way to one's decisions on the page of one's account, and the warnings that wait to be read; 1 query."""
    return {"unread": list(queries.unread_warnings(reader)) if reader.warned_at is not None else []}


@register.inclusion_tag("moderation/rooms.html", takes_context=True)
def staff_rooms(context: dict[str, Any]) -> dict[str, Any]:
    """The menu of the staff's pages, with how much waits; 1 query, none for editors."""
    request = context["request"]
    return {
        "rooms": rooms_of(request.user),
        "waiting": queue.rows(queue.Filter(), request.user).count() if request.user.is_moderator else 0,
        "here": request.resolver_match.url_name if request.resolver_match else "",
    }


@register.simple_tag
def of(part: int, whole: int) -> str:
    """“3 of 40 (8%)”; a dash where there is nothing to be a part of."""
    if not whole:
        return "–"
    return _("%(part)s of %(whole)s (%(share)s)") % {
        "part": number_format(part, 0, force_grouping=True),
        "whole": number_format(whole, 0, force_grouping=True),
        "share": charts.percent(part / whole),
    }


@register.inclusion_tag("moderation/broken.html")
def broken_checks() -> dict[str, Any]:
    """What the staff have to know on every page of theirs: which checks do not work; 1 query."""
    return {"broken": list(queries.broken_checks())}


@register.inclusion_tag("moderation/found.html")
def found_by_checks(comment: Comment) -> dict[str, Any]:
    """What checks have said of a comment; 1 query."""
    return {"results": queries.check_results(comment.pk)}


@register.filter
def check_label(check_name: str) -> str:
    """What a check is called, in the reader's language."""
    return label_of(check_name)
