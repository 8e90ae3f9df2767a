"""Mails that the worker sends about an account, in the reader's language; and the signed links in them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import Site

SALT = "kakehashi.readers.mails"


def site_name(request: HttpRequest | None) -> str:
    """The newsroom's name as its site has it."""
    site = Site.find_for_request(request) if request else Site.objects.filter(is_default_site=True).first()
    return str((site and site.site_name) or settings.WAGTAIL_SITE_NAME)


def send(name: str, to: str, context: dict[str, Any], *, language: str) -> None:
    """Send the mail whose templates are `account/email/<name>_…`. Raises OSError while the mail server is away."""
    with override(language):
        values = {"site_name": site_name(None), "base_url": settings.BASE_URL} | context
        subject = " ".join(render_to_string(f"account/email/{name}_subject.txt", values).split())
        body = render_to_string(f"account/email/{name}_message.txt", values).strip()
        mail = EmailMultiAlternatives(subject, body, to=[to])
        paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
        parts = {"subject": subject, "paragraphs": paragraphs, "code": None}
        mail.attach_alternative(render_to_string("account/email/message.html", parts), "text/html")
        mail.send()


def link(view: str, *said: Any) -> str:
    """The address of a page that knows from its signature what it is for; who reads the mail can open it."""
    token = signing.dumps(list(said), salt=f"{SALT}.{view}")
    return str(settings.BASE_URL) + reverse(view, args=[token])


def read_link(view: str, token: str, *, max_age: int) -> list[Any] | None:
    """What the link says; None for one that is not ours, was changed or has run out."""
    try:
        said = signing.loads(token, salt=f"{SALT}.{view}", max_age=max_age)
    except signing.BadSignature:
        return None
    return list(said)
