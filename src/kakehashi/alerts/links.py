"""Addresses that mails carry: signed, so that nobody can make one for somebody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.urls import reverse

# Long after a mail has come, its links still work; the one that confirms a wish goes out with the day after next.
PREFERENCES_FOR = timedelta(days=180)
CONFIRM_FOR = timedelta(days=3)
ACCEPT_FOR = timedelta(days=60)


def token(purpose: str, *values: Any) -> str:
    return signing.dumps(values, salt=f"kakehashi.alerts.{purpose}")


def read(purpose: str, text: str, *, for_: timedelta | None = None) -> list[Any] | None:
    """What `token` was given; None for what is not one of ours, or is too old."""
    try:
        values = signing.loads(text, salt=f"kakehashi.alerts.{purpose}", max_age=for_)
    except signing.BadSignature:
        return None
    return values if isinstance(values, list) else None


def unsubscribe_token(receiver: int, scope: str) -> str:
    """Never too old: a link that ends something must work."""
    return token("unsubscribe", receiver, scope)


def unsubscribe_url(receiver: int, scope: str) -> str:
    return settings.BASE_URL + reverse("alerts-unsubscribe", args=[unsubscribe_token(receiver, scope)])


def unsubscribe_mailto(receiver: int, scope: str) -> str:
    subject = quote(f"unsubscribe {unsubscribe_token(receiver, scope)}")
    return f"mailto:{settings.KAKEHASHI_UNSUBSCRIBE_ADDRESS}?subject={subject}"


def preferences_url(receiver: int) -> str:
    return settings.BASE_URL + reverse("alerts-preferences", args=[token("preferences", receiver)])


def confirm_url(wish: int) -> str:
    return settings.BASE_URL + reverse("alerts-confirm", args=[token("confirm", wish)])


def accept_url(receiver: int) -> str:
    return settings.BASE_URL + reverse("alerts-accept", args=[token("accept", receiver)])
