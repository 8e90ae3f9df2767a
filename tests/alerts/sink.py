"""A mail server on loopback that keeps what it is given, and refuses what it is told to."""

from __future__ import annotations

import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings
from django.test import override_settings

from tests.postgres import free_port


@dataclass
class Sink:
    """`refuse_sender()` is asked at MAIL, `refuse(address) -> "550 5.1.1 no"` or "" at RCPT, `refuse_text()` after the text;
    with `keeps` False it only counts."""

    refuse: Callable[[str], str] = lambda _address: ""
    refuse_sender: Callable[[], str] = lambda: ""
    refuse_text: Callable[[], str] = lambda: ""
    keeps: bool = True
    given: list[tuple[str, EmailMessage]] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        refused = self.refuse_sender()
        if not refused:
            envelope.mail_from = address
        return refused or "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        refused = self.refuse(address)
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        refused = self.refuse_text()
        if refused:
            return refused
        self.recipients += envelope.rcpt_tos
        if self.keeps:
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.given.append((envelope.rcpt_tos[0], parsed))
        return "250 OK"

    def mail_to(self, address: str) -> EmailMessage:
        """The one mail to that address."""
        (found,) = [message for to, message in self.given if to == address]
        return found


@contextmanager
def listening(sink: Sink) -> Iterator[int]:
    """The port that it listens at."""
    port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop(no_assert=True)


@contextmanager
def delivering(sink: Sink) -> Iterator[Sink]:
    """Django's mail goes to the sink."""
    with listening(sink) as port, override_settings(**smtp_to(port)):
        yield sink


def smtp_to(port: int) -> dict[str, Any]:
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_USE_TLS": False,
        "EMAIL_HOST_USER": "",
        "EMAIL_HOST_PASSWORD": "",
        "EMAIL_TIMEOUT": settings.EMAIL_TIMEOUT,
    }


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())
