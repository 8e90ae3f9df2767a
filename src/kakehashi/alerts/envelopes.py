"""From a letter to a mail: plain text and HTML around what it says, and the headers that mailboxes look for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formataddr, formatdate

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language, get_language_bidi

from kakehashi.alerts import links
from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail
from kakehashi.comments.frames import Frame, hole
from kakehashi.stories.schema import newsroom

_OURS = re.compile(r"<mail\.([0-9]{1,18})\.([0-9a-f]{16})@")


@dataclass(frozen=True)
class Sheet:
    """A letter rendered for everybody who gets the same; its holes are the receiver's own links."""

    letter: Letter
    text: Frame
    html: Frame
    newsroom: str


def render(letter: Letter) -> Sheet:
    """In the language that is active."""
    house = newsroom()
    context = {
        **letter.context,
        "subject": letter.subject,
        "why": letter.why,
        "newsroom": house,
        "base_url": settings.BASE_URL,
        "imprint": settings.KAKEHASHI_IMPRINT,
        "preferences_url": hole("preferences"),
        "unsubscribe_url": hole("unsubscribe") if letter.scope else "",
        "mail_language": get_language(),
        "is_bidi": get_language_bidi(),
    }
    text, html = (render_to_string(f"{letter.template}.{kind}", context) for kind in ("txt", "html"))
    return Sheet(letter, Frame(text.strip() + "\n"), Frame(html), house.name)


def preview(letter: Letter) -> tuple[str, str]:
    """Plain text and HTML as nobody in particular would get them: links of one's own lead nowhere."""
    sheet = render(letter)
    nowhere = {"preferences": b"#", "unsubscribe": b"#"}
    return sheet.text.filled(nowhere).decode(), sheet.html.filled(nowhere).decode()


def message(mail: Mail, address: str, sheet: Sheet) -> EmailMultiAlternatives:
    """The mail as it goes to the server."""
    scope = sheet.letter.scope
    values = {
        "preferences": links.preferences_url(mail.receiver_id).encode(),
        "unsubscribe": links.unsubscribe_url(mail.receiver_id, scope).encode(),
    }
    made = EmailMultiAlternatives(
        subject=" ".join(sheet.letter.subject.split()),
        body=sheet.text.filled(values).decode(),
        to=[address],
        headers=_headers(mail, sheet, scope),
    )
    made.attach_alternative(sheet.html.filled(values).decode(), "text/html")
    return made


def _headers(mail: Mail, sheet: Sheet, scope: str) -> dict[str, str]:
    headers = {
        "Message-ID": message_id(mail),
        "Date": formatdate(localtime=settings.EMAIL_USE_LOCALTIME),
        "Auto-Submitted": "auto-generated",
        # Absence notes are for people.
        "X-Auto-Response-Suppress": "All",
    }
    if scope:
        post, mailto = links.unsubscribe_url(mail.receiver_id, scope), links.unsubscribe_mailto(mail.receiver_id, scope)
        headers |= {
            "List-Id": formataddr((sheet.newsroom, f"alerts.{_host()}")),
            "List-Unsubscribe": f"<{mailto}>, <{post}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "bulk",
        }
    return headers


def _host() -> str:
    return settings.KAKEHASHI_MAIL_HOST


def message_id(mail: Mail) -> str:
    """The same for the same mail, whoever sends it: mailboxes know a second one by it."""
    return f"<mail.{mail.pk}.{_mark(mail.pk)}@{_host()}>"


def mails_named(text: str) -> set[int]:
    """The numbers of the mails of ours whose Message-ID stands in the text; nobody else can make one."""
    return {int(pk) for pk, mark in _OURS.findall(text) if constant_time_compare(mark, _mark(int(pk)))}


def _mark(pk: int) -> str:
    return salted_hmac("kakehashi.alerts.message", str(pk), algorithm="sha256").hexdigest()[:16]
