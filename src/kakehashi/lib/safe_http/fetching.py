"""One request and its answer, bounded in time and size, by addresses that were judged."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urljoin

import httpcore
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi import __version__
from kakehashi.lib.safe_http.addresses import Target, target_of
from kakehashi.lib.safe_http.errors import (
    BadAddress,
    BadAnswer,
    Refused,
    TooLarge,
    TooManyRedirects,
    WrongType,
)
from kakehashi.lib.safe_http.lines import Deadline, Lines, judged_addresses

REDIRECTS = {301, 302, 303, 307, 308}
# Of what a server sends before the body: status, headers, the frames of chunks.
OVERHEAD = 256 << 10
LONGEST_WAIT = timedelta(days=1)
LONGEST_TAG = 200
PIECE = 64 << 10
WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True)
class Limits:
    """`seconds` for everything together; `sent` bytes as they come over the line, `unpacked` bytes of the body."""

    seconds: float = 15.0
    sent: int = 2 << 20
    unpacked: int = 8 << 20
    redirects: int = 4


@dataclass(frozen=True)
class Answer:
    """`url`: where it came from in the end. `is_unchanged`: nothing new since the etag or time that was sent along; the
    body is empty then. `charset` as the header has it, or ""."""

    url: str
    status: int
    content_type: str
    charset: str
    body: bytes
    etag: str = ""
    last_modified: str = ""

    @property
    def is_unchanged(self) -> bool:
        return self.status == 304


def fetch(
    address: str,
    *,
    accept: Collection[str],
    etag: str = "",
    last_modified: str = "",
    limits: Limits = Limits(),
) -> Answer:
    """GET the address. `accept`: content types that will do. With `etag` and `last_modified` of an earlier answer the body
    comes only if it has changed. Raises OutsideError.
    """
    deadline = Deadline(limits.seconds)
    headers = {"Accept": ", ".join(accept), "Accept-Encoding": "gzip, deflate"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    target = target_of(address)
    for _turn in range(limits.redirects + 1):
        with _asked(target, headers, deadline, limits) as response:
            if response.status not in REDIRECTS:
                return _answer(response, target, accept, limits)
            target = _next(target, response)
    raise TooManyRedirects(_("The address leads from one place to the next without end."))


def post(
    address: str,
    *,
    body: bytes,
    content_type: str,
    accept: Collection[str],
    headers: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
) -> Answer:
    """POST the body to the address. Redirects are not followed: what is sent is for whom it was addressed to. Raises
    OutsideError, a redirect as Refused.
    """
    deadline = Deadline(limits.seconds)
    own = {"Accept": ", ".join(accept), "Content-Type": content_type, "Content-Length": str(len(body))}
    target = target_of(address)
    with _asked(target, {**(headers or {}), **own}, deadline, limits, body) as response:
        return _answer(response, target, accept, limits)


@contextmanager
def _asked(
    target: Target, headers: Mapping[str, str], deadline: Deadline, limits: Limits, body: bytes | None = None
) -> Iterator[httpcore.Response]:
    """The response with its body still to be read: to a POST where a body is sent, else to a GET. Raises OutsideError, also
    from what is done with it."""
    lines = Lines(judged_addresses(target, deadline), deadline, limits.sent + OVERHEAD)
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.target)
    own = {"Host": target.netloc, "User-Agent": _user_agent(), "Connection": "close"}
    context = _trust() if target.scheme == "https" else None
    method = "GET" if body is None else "POST"
    try:
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=lines, max_connections=1) as pool,
            pool.stream(method, url, headers=list({**headers, **own}.items()), content=body) as response,
        ):
            yield response
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        raise BadAnswer(_("The answer is broken or was cut off.")) from error
    except UnicodeError as error:
        raise BadAddress(_("The address is too long or holds characters that no address has.")) from error


@cache
def _trust() -> ssl.SSLContext:
    """The certificate authorities that the machine trusts; `SSL_CERT_FILE` names others."""
    return ssl.create_default_context()


def _user_agent() -> str:
    return f"Kakehashi/{__version__} (+{settings.BASE_URL})"


def _next(target: Target, response: httpcore.Response) -> Target:
    """Where a redirect leads. Raises OutsideError."""
    location = _header(response, "location")
    if not location:
        raise BadAnswer(_("The answer is broken or was cut off."))
    try:
        following = target_of(urljoin(target.url, location.partition("#")[0]))
    except ValueError as error:
        raise BadAddress(_("This is not an address.")) from error
    if target.scheme == "https" and following.scheme == "http":
        raise BadAddress(_("The address leads from a secure connection to one that is not."))
    return following


def _answer(response: httpcore.Response, target: Target, accept: Collection[str], limits: Limits) -> Answer:
    """Judge the head, then read the body. Raises OutsideError."""
    message = Message()
    message["content-type"] = _header(response, "content-type") or "application/octet-stream"
    found = Answer(
        url=target.url,
        status=response.status,
        content_type=message.get_content_type(),
        charset=str(message.get_content_charset() or ""),
        body=b"",
        etag=_short(_header(response, "etag")),
        last_modified=_short(_header(response, "last-modified")),
    )
    if response.status == 304:
        return found
    if not 200 <= response.status < 300:
        words = _("The other site answers with an error (%(status)s).") % {"status": response.status}
        raise Refused(words, answered=response.status, retry_after=_retry_after(response))
    if response.status != 204 and found.content_type not in accept:
        words = _("What came is not what was expected there, but “%(type)s”.") % {"type": found.content_type[:80]}
        raise WrongType(words)
    length = _header(response, "content-length")
    if length.isdecimal() and len(length) < 20 and int(length) > limits.sent:
        raise TooLarge(_("The answer is too large."))
    return replace(found, body=b"".join(_unpacked(response, limits)))


def _unpacked(response: httpcore.Response, limits: Limits) -> Iterator[bytes]:
    """The body in pieces, unpacked as it comes in, never more than allowed. Raises TooLarge, BadAnswer."""
    encoding = _header(response, "content-encoding").lower() or "identity"
    if encoding != "identity" and encoding not in WINDOWS:
        raise BadAnswer(_("The answer is packed in a way that this site cannot read."))
    unpack = zlib.decompressobj(WINDOWS[encoding]) if encoding != "identity" else None
    left = limits.unpacked
    for piece in response.iter_stream():
        waiting = piece
        while waiting:
            if unpack is None:
                out, waiting = waiting, b""
            else:
                out, waiting = _one_piece(unpack, waiting)
            left -= len(out)
            if left < 0:
                raise TooLarge(_("The answer is too large."))
            yield out
    if unpack is not None and not unpack.eof:
        raise BadAnswer(_("The answer is broken or was cut off."))


def _one_piece(unpack: Any, packed: bytes) -> tuple[bytes, bytes]:
    """(bytes unpacked, what is still to be unpacked); behind the end of what was packed nothing counts."""
    try:
        out = unpack.decompress(packed, PIECE)
    except zlib.error as error:
        raise BadAnswer(_("The answer is broken or was cut off.")) from error
    return out, b"" if unpack.eof else unpack.unconsumed_tail


def _header(response: httpcore.Response, name: str) -> str:
    wanted = name.encode()
    values: list[bytes] = [value for key, value in response.headers if key.lower() == wanted]
    return values[0].decode("latin-1").strip() if values else ""


def _short(value: str) -> str:
    """A header to be sent back some day; one that is out of all measure is not kept."""
    return value if len(value) <= LONGEST_TAG and value.isascii() and value.isprintable() else ""


def _retry_after(response: httpcore.Response, now: datetime | None = None) -> timedelta | None:
    """How long the other side asks us to wait, a day at most; None where it does not say."""
    said = _header(response, "retry-after")
    if not said:
        return None
    try:
        if said.isdecimal():
            return min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
        at = parsedate_to_datetime(said)
        wait = at - (now or timezone.now())
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
