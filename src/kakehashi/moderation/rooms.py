"""What stands in the menu of the staff's pages, in this order."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Room(NamedTuple):
    """`address` is the name of a page of `staff_urls`; `is_for_editors`: the page lets editors in."""

    address: str
    label: str | Promise
    about: str | Promise
    is_for_editors: bool = False


ROOMS = (
    Room("moderation-appeals", _("Appeals"), _("Objections of authors, which somebody else looks at again."), True),
    Room("moderation-decisions", _("Decisions"), _("All that was decided, by whom and why; each can be undone.")),
    Room(
        "moderation-model",
        _("Likely removals"),
        _("What a machine has learned from your decisions, how well it does, and which version is in use."),
    ),
)
