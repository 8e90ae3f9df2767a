"""Connections that lead to the very IP address that was judged, and that end when their time is over.

httpcore speaks HTTP over them; it gets no other way to a socket.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore
from django.utils.translation import gettext as _

from kakehashi.lib.safe_http.addresses import Target, is_public
from kakehashi.lib.safe_http.errors import PrivateAddress, TooLarge, TooSlow, Unreachable

# Addresses of one name that are tried one after the other.
MOST_ADDRESSES = 4
# Of these seconds for one attempt to connect, so that the next address gets its turn.
CONNECT_SECONDS = 5.0

Options = Iterable[Any]


class Deadline:
    """The moment by which all has to be over, redirects included."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, more than 0. Raises TooSlow."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TooSlow(_("The other side took too long."))
        return left


def judged_addresses(target: Target, deadline: Deadline) -> list[str]:
    """The IP addresses of the target's name, each of which may be asked. Raises Unreachable, TooSlow, PrivateAddress where
    any of them is not public: such a name is no public site's."""
    found = list(dict.fromkeys(_in_time(lambda: _resolve(target), deadline)))
    if not target.is_private_allowed and not all(is_public(address) for address in found):
        raise PrivateAddress(_("The address leads into a private network, which this site does not ask."))
    return found[:MOST_ADDRESSES]


def _resolve(target: Target) -> list[str]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(_("No site of that name can be found.")) from error
    return [str(entry[4][0]) for entry in found]


def _in_time(work: Callable[[], list[str]], deadline: Deadline) -> list[str]:
    """What `work` returns, for the system's resolver has no time limit of its own."""
    done: list[list[str] | Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:
            done.append(error)

    thread = threading.Thread(target=run, name="resolver", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not done:
        raise TooSlow(_("The other side took too long."))
    if isinstance(done[0], Exception):
        raise done[0]
    return done[0]


class Lines(httpcore.NetworkBackend):
    """Connects to one target, by its addresses as they were judged; at most `most` bytes come in."""

    def __init__(self, addresses: list[str], deadline: Deadline, most: int) -> None:
        self._addresses, self._deadline, self._most = addresses, deadline, most

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore.NetworkStream:
        for address in self._addresses:
            try:
                timeout = min(CONNECT_SECONDS, self._deadline.left())
                connected = socket.create_connection((address, port), timeout)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                continue
            return Line(connected, self._deadline, self._most)
        self._deadline.left()
        raise Unreachable(_("The other site does not answer."))


class Line(httpcore.NetworkStream):
    """One connection. Whatever waits, waits for the rest of the time only, however slowly it drips."""

    def __init__(self, connected: socket.socket, deadline: Deadline, most: int) -> None:
        self._socket, self._deadline, self._left = connected, deadline, most

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.left())
        try:
            got = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise TooSlow(_("The other side took too long.")) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._left -= len(got)
        if self._left < 0:
            raise TooLarge(_("The answer is too large."))
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(self._deadline.left())
        try:
            # The time limit of sendall is for all of it.
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise TooSlow(_("The other side took too long.")) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        self._socket.settimeout(self._deadline.left())
        try:
            # As with sendall, the whole handshake has to be done within the socket's time limit.
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise Unreachable(_("The other site's certificate cannot be trusted.")) from error
        except TimeoutError as error:
            self.close()
            raise TooSlow(_("The other side took too long.")) from error
        except OSError as error:
            self.close()
            raise Unreachable(_("No secure connection to the other site can be made.")) from error
        return Line(secured, self._deadline, self._left)
