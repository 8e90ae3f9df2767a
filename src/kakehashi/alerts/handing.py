"""Handing a mail over to the mail server, and what its answer means.

Four answers are told apart: it was not taken but may be later, it never will be, nobody can be talked to at all, and
nobody knows. Only after the first may the same mail be handed over again.
"""

from __future__ import annotations

import re
import smtplib
from email.utils import parseaddr

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import filebased, smtp
from django.core.mail.message import sanitize_address

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_PLACE = {550, 551, 553}
# What servers say to whoever should not send through them: nothing about the address.
_NOT_OURS = re.compile(r"\brelay|authenticat", re.IGNORECASE)
CLOSING = 421


class Later(Exception):
    """Not taken this time."""


class Never(Exception):
    """Not taken, and it will not be. `is_address`: because of the address; `is_hard`: because there is no such one."""

    def __init__(self, said: str, *, is_address: bool = False, is_hard: bool = False) -> None:
        super().__init__(said)
        self.is_address = is_address
        self.is_hard = is_hard


class Away(Exception):
    """The mail server cannot be reached, or lets us do nothing: nothing was handed over."""


class Unknown(Exception):
    """The line broke, or the answer said nothing, when the mail may have been taken already."""


class Line:
    """One connection for many mails, opened when the first is handed over; `close()` it in the end."""

    def __init__(self) -> None:
        self._backend = get_connection()
        self._is_open = False

    def hand_over(self, message: EmailMessage) -> None:
        """Returns when the server has taken the mail; raises one of the four."""
        if not isinstance(self._backend, smtp.EmailBackend):
            self._pass_on(message)
            return
        was_open = self._is_open
        try:
            self._say(message)
        except _Closed as closed:
            self.close()
            if not was_open:
                raise Later(str(closed)) from closed
            # Servers end a connection after so many mails, or some silence.
            try:
                self._say(message)
            except _Closed as again:
                self.close()
                raise Later(str(again)) from again

    def _say(self, message: EmailMessage) -> None:
        self._open()
        server: smtplib.SMTP = self._backend.connection  # type: ignore[attr-defined]
        try:
            # Addresses, too, may be such as cannot be sent.
            sender, to = (_bare(address, message) for address in (message.from_email, message.recipients()[0]))
            content = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        except ValueError as error:
            raise Never(str(error)) from error
        try:
            server.ehlo_or_helo_if_needed()
            _agree_to_us(server.mail(sender))
            _agree(server.rcpt(to), is_address=True)
        except (Later, Never, Away):
            self._begin_anew(server)
            raise
        except (smtplib.SMTPException, OSError) as error:
            raise _Closed(str(error)) from error
        try:
            answer = server.data(content)
            if answer[0] < 200:
                raise Unknown(f"The answer made no sense: {answer[1].decode(errors='replace')}")
            _agree(answer)
        except smtplib.SMTPDataError as error:
            self._begin_anew(server)
            _agree((error.smtp_code, _bytes(error.smtp_error)))
        except (Later, Never):
            self._begin_anew(server)
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unknown(f"The line broke before an answer came: {error}") from error

    def _begin_anew(self, server: smtplib.SMTP) -> None:
        """Forget the mail that was begun."""
        try:
            server.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _open(self) -> None:
        if self._is_open:
            return
        try:
            self._backend.open()
        except (smtplib.SMTPException, OSError) as error:
            self._backend.close()
            raise Away(f"{type(error).__name__}: {error}") from error
        self._is_open = True

    def _pass_on(self, message: EmailMessage) -> None:
        """To a backend that is not SMTP."""
        if isinstance(self._backend, filebased.EmailBackend):
            # A file for each mail.
            self._backend = get_connection()
        try:
            self._backend.send_messages([message])
        except OSError as error:
            # Of `requests` too, but those say more.
            if getattr(error, "request", None) is None:
                raise Away(f"{type(error).__name__}: {error}") from error
            raise Unknown(str(error)) from error
        except Exception as error:
            raise _of_provider(error) from error

    def close(self) -> None:
        self._is_open = False
        try:
            self._backend.close()
        except (smtplib.SMTPException, OSError):
            return


class _Closed(Exception):
    """The line broke when nothing had been handed over yet."""


def _agree(answer: tuple[int, bytes], *, is_address: bool = False) -> None:
    code, text = answer
    if 200 <= code < 300:
        return
    said = f"{code} {text.decode(errors='replace')}"
    if code == CLOSING:
        raise _Closed(said)
    if is_address and _NOT_OURS.search(said):
        raise Later(said)
    if 500 <= code < 600:
        raise Never(said, is_address=is_address, is_hard=is_address and is_hard(code, said))
    raise Later(said)


def _agree_to_us(answer: tuple[int, bytes]) -> None:
    """A sender that is refused for good is every mail's, and the operator's to put right: the mails wait."""
    try:
        _agree(answer)
    except Never as refused:
        raise Away(str(refused)) from refused


def is_hard(code: int, said: str) -> bool:
    """Whether a refusal says that there is no such mailbox, and not that it is full or that we are not welcome."""
    if _NOT_OURS.search(said):
        return False
    found = _STATUS.search(said)
    if found is None:
        return code in _NO_SUCH_PLACE
    kind, subject, detail = found.groups()
    return kind == "5" and (subject == "1" or (subject, detail) == ("2", "1"))


def _of_provider(error: Exception) -> Exception:
    """What an error of django-anymail means; it need not be installed."""
    if type(error).__name__ == "AnymailRecipientsRefused":
        return Never(str(error), is_address=True, is_hard=True)
    status = getattr(error, "status_code", None)
    if status == 429:
        return Later(str(error))
    if status in {401, 403}:
        return Away(str(error))
    if status is not None and 400 <= status < 500:
        return Never(str(error))
    if isinstance(error, ValueError) and status is None:
        # A header that cannot be, or something the provider does not know how to send.
        return Never(str(error))
    return Unknown(str(error) or type(error).__name__)


def _bare(address: str, message: EmailMessage) -> str:
    return parseaddr(sanitize_address(address, message.encoding or "utf-8"))[1]


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()
