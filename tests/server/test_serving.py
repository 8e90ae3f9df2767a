"""A real server: it answers, bears broken clients, and leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import free_port
from tests.processes import ProcessSite, stop, wait_until_healthy

pytestmark = [pytest.mark.slow]


def children(pid: int) -> list[int]:
    """Processes started by `pid`, from /proc."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            if int((directory / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(directory.name))
    return found


def is_worker(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"--with-parent" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "the condition never came true"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture(scope="module")
def address(process_site: ProcessSite) -> Iterator[str]:
    with process_site.serve("--workers", "1") as address:
        yield address


def exchange(address: str, request: bytes, *, close_early: bool = False) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request)
        if close_early:
            return b""
        with contextlib.suppress(OSError):
            return connection.recv(65536)
    return b""


HOST = b"Host: 127.0.0.1\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
BROKEN_REQUESTS = [
    b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /?q=\xff%ff%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    b"FROB / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b'Cookie: sessionid="\\000"; csrftoken=\xff\r\n\r\n',
    b"GET / HTTP/1.1\r\n" + HOST + b"Accept-Language: " + b"x" * 9000 + b"\r\n\r\n",
    b"GET /" + b"a" * 500_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: -5\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: nonsense\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 2\r\n\r\na=bcdefgh",
    b"POST / HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Type: multipart/form-data; boundary=\r\nContent-Length: 4\r\n\r\n--\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def test_broken_requests_get_no_500_and_harm_nobody(address: str) -> None:
    for request in BROKEN_REQUESTS:
        answer = exchange(address, request)
        assert not answer.startswith(b"HTTP/1.1 5"), request[:80]
    assert urllib.request.urlopen(f"{address}/healthz").status == 200


def test_clients_that_leave_in_the_middle_take_no_thread_with_them(address: str) -> None:
    lying = b"POST /account/login/ HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 5000\r\n\r\ntext=a"
    for _ in range(40):
        exchange(address, lying, close_early=True)
    assert urllib.request.urlopen(f"{address}/healthz", timeout=20).status == 200


def test_a_body_of_twenty_megabytes_is_refused(address: str) -> None:
    body = b"text=" + b"a" * 20_000_000
    head = b"POST /account/login/ HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: %d\r\n\r\n" % len(body)
    answer = exchange(address, head + body)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
    assert urllib.request.urlopen(f"{address}/healthz").status == 200


def test_head_has_the_headers_and_no_body(address: str) -> None:
    answer = exchange(address, b"HEAD /account/login/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == b""


def test_a_dead_worker_lives_again_and_sigterm_leaves_nothing(process_site: ProcessSite) -> None:
    port = free_port()
    log = process_site.data / "serve.log"
    server = process_site.start("serve", "--port", str(port), "--workers", "2", log=log)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", server, log)
        (first,) = filter(is_worker, children(server.pid))
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: any(is_worker(pid) and pid != first for pid in children(server.pid)))
        family = children(server.pid)
        assert len(family) == 3
    finally:
        status = stop(server)
    assert status == 0
    assert all(is_gone(pid) for pid in family)
    assert "Stopped." in log.read_text()


def test_a_killed_server_leaves_no_orphans(process_site: ProcessSite) -> None:
    port = free_port()
    log = process_site.data / "serve.log"
    server = process_site.start("serve", "--port", str(port), "--workers", "2", log=log)
    wait_until_healthy(f"http://127.0.0.1:{port}", server, log)
    family = children(server.pid)
    assert len(family) == 3
    server.kill()
    server.wait()
    wait_for(lambda: all(is_gone(pid) for pid in family))


def test_a_second_server_on_the_same_port_is_refused(process_site: ProcessSite, address: str) -> None:
    again = process_site.run("serve", "--port", address.rpartition(":")[2])
    assert again.returncode == 1
    assert "Another server runs there" in again.stderr


def test_a_worker_ends_at_sigterm(process_site: ProcessSite) -> None:
    log = process_site.data / "worker.log"
    worker = process_site.start("worker", log=log)
    wait_for(lambda: _catches_sigterm(worker.pid))
    # More than one may come, and each at the most awkward moment.
    for _ in range(50):
        worker.send_signal(signal.SIGTERM)
    assert stop(worker) == 0, log.read_text()


def _catches_sigterm(pid: int) -> bool:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt"):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False
