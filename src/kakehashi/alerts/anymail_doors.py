"""What django-anymail reports, where it is installed: its signals are its only way to say it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from kakehashi.alerts import reports


def listen() -> None:
    """To be called once, when the applications are ready."""
    from anymail.signals import inbound, tracking

    tracking.connect(_tracked, dispatch_uid="kakehashi.alerts.tracked")
    inbound.connect(_came_in, dispatch_uid="kakehashi.alerts.came_in")


def _tracked(sender: Any, event: Any, esp_name: str, **_: Any) -> None:
    """A bounce, a complaint, or a press of the provider's own button."""
    kinds = {"bounced": "bounce", "rejected": "bounce", "complained": "complaint", "unsubscribed": "unsubscribe"}
    kind = kinds.get(event.event_type)
    if kind is None or not event.recipient:
        return
    # A provider that has given an address up, or says that there is none.
    is_hard = event.event_type == "bounced" and event.reject_reason in {None, "invalid", "bounced"}
    said = f"{esp_name}: {event.description or event.mta_response or event.reject_reason or event.event_type}"
    reports.take({"event": kind, "email": event.recipient, "said": said, "hard": is_hard}, now=timezone.now())


def _came_in(sender: Any, event: Any, **_: Any) -> None:
    reports.take_mail(event.message, now=timezone.now())
