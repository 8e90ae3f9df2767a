"""What a page leaves open: headline, time of publication and section are given, read or concluded, and then said so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.archive.capture.page import Capture, Note
from kakehashi.lib import text
from kakehashi.lib.errors import Invalid

SECTION_OF_THE_UNSORTED = "Archive"
_LONGEST_HEADLINE = 90
_DAY_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?:/|\b)")


def with_headline(capture: Capture, given: str, name: str) -> Capture:
    """The headline given, printed, or made from the first sentence. Raises `Invalid` where `name` is no capture at all."""
    is_marked = capture.agency or capture.site_copyright or capture.stated_count >= 0 or capture.comments
    if not is_marked and not (given and capture.body):
        raise Invalid(
            _("%(file)s does not look like a story page: no credit line, no count of comments, no comments.")
            % {"file": name},
            code="no-capture",
        )
    headline = " ".join(text.clean(given or capture.headline).split())
    if headline:
        return replace(capture, headline=headline[:255])
    if not capture.body:
        raise Invalid(
            _("%(file)s holds no headline; please give one with --headline.") % {"file": name}, code="no-headline"
        )
    sentence = re.split(r"(?<=[.!?。])[\"'”’]?\s", capture.body[0], maxsplit=1)[0].rstrip(".。 ")
    headline = text.excerpt(sentence, _LONGEST_HEADLINE)
    remark = f"The page prints no headline: “{headline}” was made from its first sentence; --headline sets another."
    return noted(replace(capture, headline=headline), Note("concluded", remark))


def with_time(capture: Capture, given: datetime | None, now: datetime) -> Capture:
    """When the story was published: as given, as printed, or the best that the page lets us conclude."""
    if given is not None:
        return _with_comment_times(replace(capture, published_at=given))
    printed = aware(capture.published_at)
    if printed is not None and printed <= now:
        return _with_comment_times(replace(capture, published_at=printed))
    moment, remark = _concluded_time(capture, now)
    remark = f"The page prints no date of publication: {remark}; --published sets another."
    return _with_comment_times(noted(replace(capture, published_at=moment), Note("concluded", remark)))


def _concluded_time(capture: Capture, now: datetime) -> tuple[datetime, str]:
    times = [moment for comment in capture.comments if (moment := aware(comment.written_at)) and moment <= now]
    if times and capture.year in (0, min(times).year):
        first = timezone.localtime(min(times)).replace(hour=0, minute=0, second=0, microsecond=0)
        year = f", in {capture.year}, the year of its credit line" if capture.year else ""
        return first, f"{first:%Y-%m-%d} is the day of the earliest comment whose time is known{year}"
    if 1900 < capture.year <= now.year:
        first = timezone.make_aware(datetime(capture.year, 1, 1))
        return min(first, now), f"{capture.year} is the year of its credit line, the day in it unknown"
    days = [day for comment in capture.comments for day in _days_in_addresses(comment.text) if day <= now]
    if days:
        return max(days), f"{max(days):%Y-%m-%d} is the latest day in an address that a comment links to"
    return now, "the time of the import was taken"


def _days_in_addresses(said: str) -> list[datetime]:
    days = []
    for year, month, day in _DAY_IN_ADDRESS.findall(said):
        try:
            days.append(timezone.make_aware(datetime(int(year), int(month), int(day))))
        except (ValueError, OverflowError):
            continue
    return days


def _with_comment_times(capture: Capture) -> Capture:
    if not capture.comments or all(comment.written_at for comment in capture.comments):
        return capture
    remark = "The page does not print when each comment was written: they were set a minute apart, in its order."
    return noted(capture, Note("concluded", remark))


def with_section(capture: Capture, given: str) -> Capture:
    """The section given or printed; else a section for what is unsorted."""
    section = given or capture.section
    if section:
        # A label in small letters only is the page's typography.
        return replace(capture, section=section[:1].upper() + section[1:] if section.islower() else section)
    remark = f"The page names no section: “{SECTION_OF_THE_UNSORTED}” was taken; --section sets another."
    return noted(replace(capture, section=SECTION_OF_THE_UNSORTED), Note("concluded", remark))


def aware(moment: datetime | None) -> datetime | None:
    """A time without a zone is in the site's; None for none, and for one beyond the calendar."""
    if moment is None or timezone.is_aware(moment):
        return moment
    try:
        return timezone.make_aware(moment).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def noted(capture: Capture, note: Note) -> Capture:
    """The capture with one more remark, in front of the others."""
    return replace(capture, notes=(note, *capture.notes))
