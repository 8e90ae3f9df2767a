"""Connections that the server in front of us keeps for as long as there is something to send."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from collections.abc import Collection

# Open files of this process, on every Unix.
_OPEN = "/dev/fd"


def hang_up(clients: Collection[str]) -> int:
    """Shut the connections of these clients, given as `1.2.3.4:567`; how many there were.

    Looks at every open file of the process: some ten microseconds for each.
    """
    shut = 0
    for name in os.listdir(_OPEN):
        with contextlib.suppress(OSError), _connection(int(name)) as connection:
            if connection.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            host, port = connection.getpeername()[:2]
            if f"{host}:{port}" in clients or f"[{host}]:{port}" in clients:
                connection.shutdown(socket.SHUT_RDWR)
                shut += 1
    return shut


def _connection(number: int) -> socket.socket:
    """The socket under that number, held so that nobody else's can take its place meanwhile. Raises OSError."""
    held = os.dup(number)
    try:
        return socket.socket(fileno=held)
    except OSError:
        os.close(held)
        raise


def allow_many() -> int:
    """Raise this process's limit of open files as far as it may; how many they are now."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
