"""Publication and retirement at the hour an editor chose. Called by the worker; any number of them may."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import transaction
from wagtail.models import Page, Revision

logger = logging.getLogger(__name__)


def publish_due(*, now: datetime) -> int:
    """Publish every revision whose hour has come, through Wagtail's own publishing; how many were published here."""
    due = Revision.objects.filter(approved_go_live_at__lte=now).order_by("approved_go_live_at", "pk")
    return _each(_publish, due.values_list("pk", flat=True)[:500], now)


def _each(change: Callable[[int, datetime], bool], keys: Iterable[int], now: datetime) -> int:
    """How many were changed. One that cannot be is logged and stays due; the others do not wait for it."""
    changed = 0
    for key in keys:
        try:
            changed += change(key, now)
        except Exception:
            logger.exception("%s of %d failed", change.__name__.strip("_"), key)
    return changed


@transaction.atomic
def _publish(revision_id: int, now: datetime) -> bool:
    """Whoever empties the hour publishes. Claim and publication are one transaction: of two workers the second
    waits for the first and then finds nothing to claim, and a killed one leaves the revision due."""
    claimed = Revision.objects.filter(pk=revision_id, approved_go_live_at__lte=now).update(approved_go_live_at=None)
    if not claimed:
        return False
    revision = Revision.objects.get(pk=revision_id)
    revision.publish(log_action="wagtail.publish.scheduled")
    return True


def retire_due(*, now: datetime) -> int:
    """Take off every page whose expiry has come; how many were taken off here."""
    due = Page.objects.filter(live=True, expire_at__lte=now).order_by("expire_at", "pk")
    return _each(_retire, due.values_list("pk", flat=True)[:500], now)


@transaction.atomic
def _retire(page_id: int, now: datetime) -> bool:
    """The claim marks the page expired; Wagtail then takes it off in the same transaction."""
    claimed = Page.objects.filter(pk=page_id, live=True, expire_at__lte=now).update(expired=True)
    if not claimed:
        return False
    page = Page.objects.get(pk=page_id).specific
    page.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")
    return True
