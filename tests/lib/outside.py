"""Servers on loopback that say what a test wants them to say, in bytes: also what no honest server would."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Answering = Callable[[socket.socket, bytes], None]


@dataclass
class Outside:
    """One such server. `asked` holds the requests it got."""

    host: str
    port: int
    asked: list[bytes] = field(default_factory=list)
    scheme: str = "http"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.place}/"


@contextlib.contextmanager
def outside(answer: Answering | bytes, *, tls: ssl.SSLContext | None = None) -> Iterator[Outside]:
    """A server that answers each connection with `answer(connection, head)`, or with these bytes, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = Outside("127.0.0.1", listening.getsockname()[1], scheme="https" if tls else "http")
        thread = threading.Thread(target=_accept, args=(listening, here, answer, tls), daemon=True)
        thread.start()
        try:
            yield here
        finally:
            # Wakes a thread that waits in accept(), which closing alone would not.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _accept(listening: socket.socket, here: Outside, answer: Answering | bytes, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection, here, answer, tls), daemon=True).start()


def _answer(connection: socket.socket, here: Outside, answer: Answering | bytes, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError), connection:
        connection.settimeout(10)
        talking = tls.wrap_socket(connection, server_side=True) if tls else connection
        head = b""
        while b"\r\n\r\n" not in head:
            got = talking.recv(65536)
            if not got:
                return
            head += got
        said = re.search(rb"(?i)content-length: (\d+)", head)
        while said and len(head.partition(b"\r\n\r\n")[2]) < int(said[1]):
            head += talking.recv(65536)
        here.asked.append(head)
        if isinstance(answer, bytes):
            talking.sendall(answer)
        else:
            answer(talking, head)
        if tls:
            talking.unwrap()
        talking.close()


def http(
    body: bytes = b"", *headers: str, status: str = "200 OK", type: str = "application/json", length: int | None = None
) -> bytes:
    """A whole answer; `length` is what it says of itself."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    lines += [f"Content-Type: {type}"] if type else []
    return "\r\n".join([*lines, "", ""]).encode() + body
