"""Reading the mails that the site sent in a test."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core import mail
from django.core.mail import EmailMultiAlternatives


def last_mail(to: str) -> EmailMultiAlternatives:
    """The youngest mail to this address, with both bodies."""
    found = [message for message in mail.outbox if message.to == [to]]
    assert found, f"no mail to {to}; there are {[message.to for message in mail.outbox]}"
    message = found[-1]
    assert isinstance(message, EmailMultiAlternatives)
    return message


def code_in(message: EmailMultiAlternatives) -> str:
    [code] = re.findall(r"^[A-Z]{4}-[A-Z]{4}$", str(message.body), re.MULTILINE)
    return str(code)


def link_in(message: EmailMultiAlternatives, part: str) -> str:
    """Path of the one link that holds `part`."""
    [link] = [word for word in str(message.body).split() if word.startswith("http") and part in word]
    return urlsplit(link).path
