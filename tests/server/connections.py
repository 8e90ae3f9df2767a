"""Which server process holds the other end of a connection (Linux)."""

from __future__ import annotations

import contextlib
import http.client
import os
from pathlib import Path
from urllib.parse import urlsplit


def children(parent: int) -> list[int]:
    """Processes that `parent` has started."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in listed.split()]


def holder(connection: http.client.HTTPConnection, processes: list[int]) -> int | None:
    """The one of `processes` that has accepted this connection to 127.0.0.1; None while none has."""
    assert connection.sock is not None
    mine, theirs = connection.sock.getsockname()[1], connection.sock.getpeername()[1]
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].partition(":")[2], 16) == theirs and int(fields[2].partition(":")[2], 16) == mine:
            return _owner(fields[9], processes)
    return None


def _owner(inode: str, processes: list[int]) -> int | None:
    for pid in processes:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(link) == f"socket:[{inode}]":
                    return pid
    return None


def one_to_each(address: str, parent: int, count: int, *, most: int = 400) -> dict[int, http.client.HTTPConnection]:
    """An open connection to each of the `count` server processes below `parent`, by process."""
    found: dict[int, http.client.HTTPConnection] = {}
    for _ in range(most):
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        connection.request("GET", "/robots.txt")
        connection.getresponse().read()
        pid = holder(connection, children(parent))
        if pid is None or pid in found:
            connection.close()
        else:
            found[pid] = connection
        if len(found) == count:
            return found
    raise AssertionError(f"only {len(found)} of {count} processes answered")
