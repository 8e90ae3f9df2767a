"""What an agency's licence lets us show. Everything that prints a body asks here, so that one rule decides.

Nothing is stored or deleted when a licence runs out: the answer is computed from the day of publication, so it
holds at once on every page, feed and search result, and an agency's longer term brings the bodies back.

The body goes. Headline, byline, credit, dateline, picture, corrections, related stories and the discussion stay,
and so does the standfirst, which is our own desk's sentence and not the agency's; the field says so to the editor.
"""

from __future__ import annotations

from datetime import datetime, timedelta

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
