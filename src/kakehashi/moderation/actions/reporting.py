"""Publishing transparency reports."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.comments.rules import zone
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.moderation import rules
from kakehashi.moderation.models import Report
from kakehashi.moderation.reports.figures import figures
from kakehashi.moderation.reports.periods import Period
from kakehashi.readers.models import Reader
from kakehashi.stories.actions import new_edition

LONGEST_WORDS = 10_000


def publish_report(
    *,
    actor: Reader,
    period: Period,
    words: str = "",
    orders_to_act: int = 0,
    orders_to_inform: int = 0,
    now: datetime | None = None,
) -> Report:
    """Let everybody read the report of a period that is over, with the figures of this moment; again, it is replaced.

    `orders_to_act`, `orders_to_inform`: what authorities ordered (DSA Art. 9 and 10), which only people know. Raises
    `NotFound` (neither an editor nor a moderator of the whole site), `Conflict` (not over yet) or `Invalid`.
    """
    if not rules.can_report(actor):
        raise NotFound(_("There is nothing here."))
    now, words = now or timezone.now(), words.strip()
    start, end = period.bounds(zone())
    if now < end:
        raise Conflict(_("This period is not over yet."), code="not-over")
    if len(words) > LONGEST_WORDS:
        raise Invalid(_("These words are too long."), code="too-long")
    if min(orders_to_act, orders_to_inform) < 0:
        raise Invalid(_("There are no fewer orders than none."), code="orders")
    found = figures(start, end) | {"orders": {"act": orders_to_act, "inform": orders_to_inform}}
    with transaction.atomic():
        report: Report = Report.objects.update_or_create(
            first_day=period.first,
            last_day=period.last,
            defaults={"figures": found, "words": words, "published_at": now, "published_by": actor},
        )[0]
        new_edition()
    return report
