"""What an agency's licence lets us show. Everything that prints a body asks here, so that one rule decides.

Nothing is stored or deleted when a licence runs out: the answer is computed from the day of publication, so it
holds at once on every page, feed and search result, and an agency's longer term brings the bodies back.

The body goes. Headline, byline, credit, dateline, picture, corrections, related stories and the discussion stay,
and so does the standfirst, which is our own desk's sentence and not the agency's; the field says so to the editor.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

# A hundred years: longer is for ever, and stays within what a calendar can count.
LONGEST_DAYS = 36_525


def body_expires_at(published_at: datetime | None, body_days: int | None) -> datetime | None:
    """When the body must go; None: never. A draft without a time of publication has not begun its term."""
    if published_at is None or body_days is None:
        return None
    try:
        return published_at + timedelta(days=body_days)
    except OverflowError:
        return None


def expired_bodies(terms: list[tuple[int, int]], now: datetime) -> Q:
    """A condition on stories: the body may no longer be shown. `terms` holds (agency id, body days) of every agency
    that has a term; there are few, so the condition is plain comparisons of an indexed column on every database."""
    condition = Q(licence_ends_at__lte=now)
    for agency_id, days in terms:
        try:
            condition |= Q(licence_ends_at=None, agency_id=agency_id, published_at__lte=now - timedelta(days=days))
        except OverflowError:
            continue
    return condition
