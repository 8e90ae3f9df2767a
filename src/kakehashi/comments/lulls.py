"""What readers are told while nobody of the team is there: beside the form, and where a text is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kakehashi.comments.rules import Lull
from kakehashi.stories.hours import Outside


def sentence(lull: Lull, now: datetime) -> str:
    """Before anybody writes; empty while the team is there."""
    if lull.kind == Outside.CLOSE:
        return closed_until(lull.until, now, keeps=False)
    if lull.kind == Outside.HOLD:
        if lull.until is None:
            return _("Comments written now are read by the team when it is back, and shown then.")
        return _("Comments written now are read by the team from %(when)s, and shown then.") % {
            "when": moment(lull.until, now)
        }
    return slowed(lull, now) if lull.kind == Outside.SLOW else ""


def slowed(lull: Lull, now: datetime) -> str:
    """That members write less often, and until when."""
    if lull.until is None:
        words = ngettext(
            "While nobody of our team is here, each member can write one comment in %(n)d minute.",
            "While nobody of our team is here, each member can write one comment in %(n)d minutes.",
            lull.minutes,
        )
        return words % {"n": lull.minutes}
    words = ngettext(
        "Nobody of our team is here until %(when)s; until then each member can write one comment in %(n)d minute.",
        "Nobody of our team is here until %(when)s; until then each member can write one comment in %(n)d minutes.",
        lull.minutes,
    )
    return words % {"n": lull.minutes, "when": moment(lull.until, now)}


def closed_until(until: datetime | None, now: datetime, *, keeps: bool = True) -> str:
    """That nobody writes at this hour; with `keeps`, what becomes of the text that was sent."""
    if until is None:
        words = _("Nobody of our team is here now, so comments cannot be written. You can read and vote.")
    else:
        words = _("Nobody of our team is here now. Comments can be written again from %(when)s; you can read and vote.")
        words %= {"when": moment(until, now)}
    return kept(words) if keeps else words


def kept(refusal: str) -> str:
    """A refusal that says what becomes of the text."""
    sentence = _("Your text is kept here.")
    return f"{refusal} {sentence}"


def moment(at: datetime, now: datetime) -> str:
    """The hour, with the day where that is another one; in the site's time zone, which is named: a page is the same for
    readers everywhere."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    hour = f"{date_format(local, 'TIME_FORMAT')} ({local.tzname()})"
    if local.date() == today:
        return hour
    if local.date() == today + timedelta(days=1):
        return _("tomorrow, %(hour)s") % {"hour": hour}
    return _("%(day)s, %(hour)s") % {"day": date_format(local, "DATE_FORMAT"), "hour": hour}
