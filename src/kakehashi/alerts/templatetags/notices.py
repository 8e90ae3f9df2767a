"""The bell in the masthead: how many notices a member has not read."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kakehashi.comments.frames import HasReader, later
from kakehashi.comments.scenes import Somebody
from kakehashi.comments.viewing import reader_of

register = template.Library()

MOST = 99


@register.simple_tag(takes_context=True)
def bell(context: Context) -> SafeString:
    """The bell of whoever is logged in. On pages that are kept for many readers it is put in for each."""
    request = context.get("request")
    if isinstance(getattr(request, "user", None), Somebody):
        return later("bell", lambda visit: bell_of(visit).encode())
    reader = reader_of(request) if request is not None else None
    return mark_safe(_bell(get_language() or "", min(reader.unread_notices, MOST + 1))) if reader else SafeString("")


def bell_of(visit: HasReader) -> str:
    unread = visit.reader.unread_notices if visit.reader is not None else 0
    return _bell(get_language() or "", min(unread, MOST + 1))


@lru_cache(maxsize=1000)
def _bell(language: str, unread: int) -> str:
    """The same for all in this language with so many unread."""
    return render_to_string("alerts/bell.html", {"unread": unread, "most": MOST}).strip()


@register.filter
def day_name(day: date) -> str:
    """“Today”, “Yesterday”, or the date."""
    ago = (timezone.localdate() - day).days
    return {0: _("Today"), 1: _("Yesterday")}.get(ago) or date_format(day, "DATE_FORMAT")
