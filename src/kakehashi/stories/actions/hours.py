"""When the team reads the discussion."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Site

from kakehashi.lib.errors import Invalid, NotAllowed
from kakehashi.readers.models import Reader
from kakehashi.stories import rules
from kakehashi.stories.actions.edition import new_edition
from kakehashi.stories.hours import LONGEST_HOURS, LONGEST_MINUTES, Hours, Outside
from kakehashi.stories.models import NewsroomSettings


def set_staffed_hours(*, actor: Reader, hours: Hours) -> NewsroomSettings:
    """Put a timetable into force, at once and on every page. Wagtail's log says who did.

    Raises `NotAllowed` (neither an editor nor a moderator of the whole site) or `Invalid` (numbers out of range).
    """
    if not rules.can_set_hours(actor):
        raise NotAllowed(_("Staffed hours are set by editors and by moderators of the whole site."))
    if not 1 <= hours.minutes <= LONGEST_MINUTES or not 0 <= hours.new_hours <= LONGEST_HOURS:
        raise Invalid(_("The minutes lie between 1 and 1,440, the hours between 0 and 8,760."), code="numbers")
    if any(kind not in Outside.values for kind in hours.outside.values()):
        raise Invalid(_("Outside staffed hours, comments wait, slow down, or end."), code="outside")
    with transaction.atomic():
        site = Site.objects.get(is_default_site=True)
        newsroom: NewsroomSettings = NewsroomSettings.objects.update_or_create(
            site=site, defaults={"staffed_hours": hours.written()}
        )[0]
        new_edition()
        log(instance=newsroom, action="wagtail.edit", user=actor)
    return newsroom
