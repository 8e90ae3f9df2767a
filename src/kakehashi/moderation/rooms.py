"""What stands in the menu of the staff's pages, in this order."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kakehashi.readers.models import Reader


class Room(NamedTuple):
    """`address` is the name of a page of `staff_urls`; `is_for_editors`: the page lets editors in, `is_for_sections`: those
    who moderate some sections only, `is_for_administrators`: nobody else than administrators."""

    address: str
    label: str | Promise
    about: str | Promise
    is_for_editors: bool = False
    is_for_sections: bool = False
    is_for_administrators: bool = False


def rooms_of(reader: Reader) -> list[Room]:
    """What stands in the menu of somebody on the staff."""
    return [room for room in ROOMS if _is_open_to(room, reader)]


def _is_open_to(room: Room, reader: Reader) -> bool:
    if room.is_for_administrators:
        return reader.is_administrator
    if not reader.is_moderator:
        return room.is_for_editors
    return room.is_for_sections or reader.moderates_everywhere


ROOMS = (
    Room(
        "moderation-queue",
        _("Queue"),
        _("Comments that wait for a decision, the most urgent first."),
        is_for_sections=True,
    ),
    Room(
        "moderation-appeals", _("Appeals"), _("Objections of authors, which somebody else looks at again."), True, True
    ),
    Room("moderation-notices", _("Legal notices"), _("What somebody says is against the law; each gets an answer.")),
    Room("moderation-flaggers", _("Flaggers"), _("Members whose reports were seldom followed.")),
    Room(
        "moderation-decisions",
        _("Decisions"),
        _("All that was decided, by whom and why; each can be undone."),
        is_for_sections=True,
    ),
    Room(
        "moderation-model",
        _("Likely removals"),
        _("What a machine has learned from your decisions, how well it does, and which version is in use."),
    ),
    Room("moderation-abuse", _("Alarms"), _("Votes that look arranged, and accounts that look like one person’s.")),
    Room("moderation-barred", _("Barred"), _("Mail domains and names with which nobody can register."), True),
    Room(
        "moderation-hours",
        _("Staffed hours"),
        _("When you read what is written, and what holds for new comments while nobody does."),
        is_for_editors=True,
    ),
    Room(
        "moderation-team",
        _("The team in figures"),
        _("What comes in, how long it waits, and how far you agree."),
    ),
    Room(
        "moderation-reports",
        _("Transparency reports"),
        _("What was decided in a period, in figures, for everybody and by the template of the law."),
        is_for_editors=True,
    ),
    Room(
        "moderation-roles",
        _("Roles"),
        _("Who may do what here, in which sections, and who gave it to them."),
        is_for_administrators=True,
    ),
    Room("moderation-words", _("Words"), _("Words that bring a comment back, and words that bring it before you.")),
    Room(
        "moderation-checks", _("Checks"), _("What looks at comments before they are published, and whether it works.")
    ),
)
