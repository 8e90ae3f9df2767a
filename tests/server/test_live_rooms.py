"""Listeners who do not read: what waits for them is bounded, and their connections are shut."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from kakehashi.server.live import HEARTBEAT, LiveDoor
from kakehashi.server.live_rooms import MOST_BYTES, STRETCH, Listener, batches
from kakehashi.server.sockets import hang_up
from kakehashi.server.versions import Versions

pytestmark = pytest.mark.once


class Line:
    """What granian gives: takes everything at once, and keeps it for as long as nobody reads."""

    def __init__(self) -> None:
        self.waiting = b""

    def send_bytes(self, data: bytes) -> None:
        self.waiting += data


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, str]]:
    """A connection whose other end is in this process too, and the client's name there."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        kept, _ = server.accept()
        with kept:
            host, port = client.getsockname()
            client.settimeout(10)
            yield client, f"{host}:{port}"


def test_a_stream_ends_before_too_much_waits() -> None:
    line = Line()
    listener = Listener("192.0.2.1:5", line)
    data = b"data: x" + b"x" * 1000 + b"\n\n"
    for _ in range(2 * MOST_BYTES // len(data)):
        listener.send(data)
    assert listener.transport is None
    assert MOST_BYTES < len(line.waiting) < MOST_BYTES + 2 * len(data)
    # The browser is told to come again.
    assert line.waiting.rpartition(data)[2].startswith(b"retry: ")


def test_the_one_who_is_meant_is_hung_up_on(connection: tuple[socket.socket, str]) -> None:
    client, name = connection
    assert hang_up({"127.0.0.1:1"}) == 0
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    client.settimeout(10)
    assert hang_up({name}) == 1
    assert client.recv(1) == b""


def test_whoever_does_not_take_the_end_of_the_stream_is_hung_up_on(connection: tuple[socket.socket, str]) -> None:
    client, name = connection
    healthy, line = Listener("192.0.2.1:5", Line()), Line()
    deaf = Listener(name, line)

    async def two_turns() -> None:
        door = LiveDoor(Versions())
        turn = {healthy, deaf}
        await door._hang_up_on(turn)
        deaf.end()
        await door._hang_up_on(turn)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        await door._hang_up_on(turn)

    asyncio.run(two_turns())
    client.settimeout(10)
    assert client.recv(1) == b""
    assert healthy.transport is not None
    healthy.send(HEARTBEAT)


def test_many_are_written_to_in_stretches() -> None:
    listeners = [Listener("", Line()) for _ in range(2 * STRETCH + 1)]
    assert [len(some) for some in batches(listeners)] == [STRETCH, STRETCH, 1]
