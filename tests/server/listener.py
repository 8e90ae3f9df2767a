"""A reader who listens to a discussion, as a browser's EventSource does, but sees every byte."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

SECONDS = 30


@dataclass(frozen=True)
class Event:
    """`kind` is the event's name; "" for a heartbeat, "retry" for a hint when to come again."""

    kind: str
    version: int | None = None
    data: Any = None


@dataclass
class Listener:
    """One stream, opened at once. `status` and `headers` (lower case) are those of the answer."""

    address: str
    story: int
    since: int | None = None
    headers_sent: dict[str, str] = field(default_factory=dict)
    source: str = "127.0.0.1"
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        host, _, port = self.address.removeprefix("http://").partition(":")
        self._socket = socket.create_connection((host, int(port)), SECONDS, source_address=(self.source, 0))
        query = "" if self.since is None else f"?since={self.since}"
        sent = {"Host": f"{host}:{port}", "Accept": "text/event-stream", **self.headers_sent}
        lines = [f"GET /live/{self.story}/{query} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._raw, self._text = b"", ""
        self.is_over = False
        self._read_head()

    def _read_head(self) -> None:
        until = time.monotonic() + SECONDS
        while b"\r\n\r\n" not in self._raw:
            self._receive(until)
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._unchunk()

    def _receive(self, until: float) -> None:
        """Raises TimeoutError, or ConnectionError at the end."""
        self._socket.settimeout(max(0.01, until - time.monotonic()))
        data = self._socket.recv(65536)
        if not data:
            self.is_over = True
            raise ConnectionError("the stream is over")
        self._raw += data

    def _unchunk(self) -> None:
        while b"\r\n" in self._raw:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            self._text += rest[:length].decode()
            self._raw = rest[length + 2 :]
            self.is_over = self.is_over or not length

    def next(self, *, kinds: tuple[str, ...] = ("changed",), seconds: float = SECONDS) -> Event:
        """The next event of these kinds. Raises TimeoutError, or ConnectionError where the stream ends before."""
        until = time.monotonic() + seconds
        while True:
            while "\n\n" in self._text:
                block, _, self._text = self._text.partition("\n\n")
                event = _parse(block)
                if event.kind in kinds:
                    return event
            if self.is_over:
                raise ConnectionError("the stream is over")
            self._receive(until)
            self._unchunk()

    def rest(self, seconds: float = SECONDS) -> list[Event]:
        """All events until the server ends the stream."""
        found = []
        try:
            while True:
                found.append(self.next(kinds=("changed", "retry", ""), seconds=seconds))
        except ConnectionError:
            return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()


def _parse(block: str) -> Event:
    fields = dict(line.partition(":")[::2] for line in block.split("\n"))
    if "retry" in fields:
        return Event("retry", data=int(fields["retry"]))
    if "event" not in fields:
        return Event("")
    return Event(fields["event"].strip(), int(fields["id"]), json.loads(fields["data"]))
