"""Publication and retirement at the hour an editor chose. Called by the worker; any number of them may."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.models import Page, Revision


def publish_due(*, now: datetime) -> int:
    """Publish every revision whose hour has come, through Wagtail's own publishing; how many were published here."""
    due = Revision.objects.filter(approved_go_live_at__lte=now).order_by("approved_go_live_at", "pk")
    return sum(_publish(revision_id, now) for revision_id in due.values_list("pk", flat=True)[:500])


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
    return sum(_retire(page_id, now) for page_id in due.values_list("pk", flat=True)[:500])


@transaction.atomic
def _retire(page_id: int, now: datetime) -> bool:
    """The claim marks the page expired; Wagtail then takes it off in the same transaction."""
    claimed = Page.objects.filter(pk=page_id, live=True, expire_at__lte=now).update(expired=True)
    if not claimed:
        return False
    page = Page.objects.get(pk=page_id).specific
    page.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")
    return True
