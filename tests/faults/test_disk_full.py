"""The disk fills up under the crowd: a clear refusal, no corruption, and the site goes on once there is room."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import a_crowd, require_nothing_lost
from tests.postgres import free_port
from tests.processes import ProcessSite, stop, wait_until_healthy
from tests.server.visitor import Visitor, member

pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.skipif(
        sys.platform != "linux" or not shutil.which("unshare"), reason="a small file system needs Linux's namespaces"
    ),
]

SIZE = "24m"
MEMBERS = 16


@pytest.fixture
def site() -> Iterator[ProcessSite]:
    """A site on a file system of its own of SIZE; the mount is seen by this process and its children only."""
    with tempfile.TemporaryDirectory(prefix="kakehashi-small-", ignore_cleanup_errors=True) as directory:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", directory], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("mounting needs an administrator")
        try:
            site = ProcessSite(Path(directory))
            assert site.run("init", "--no-input").returncode == 0
            yield site
        finally:
            subprocess.run(["umount", "--lazy", directory], check=True)


def fill(file: Path) -> None:
    """Leave not one block free."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (1 << 16, 1 << 12):
            with contextlib.suppress(OSError):
                while os.write(handle, b"\0" * size):
                    pass
    finally:
        os.close(handle)


def test_a_full_disk_refuses_clearly_and_harms_nothing(site: ProcessSite) -> None:
    port, log = free_port(), Path(tempfile.gettempdir()) / f"kakehashi-full-{os.getpid()}.log"
    address = f"http://127.0.0.1:{port}"
    crowd = a_crowd(site, address, "Floods", MEMBERS + 1)
    session = crowd.sessions.pop(next(iter(crowd.sessions)))
    site.extra["KAKEHASHI_BASE_URL"] = address
    server = site.start("serve", "--port", str(port), "--workers", "2", log=log)
    ballast = site.data / "ballast"
    try:
        wait_until_healthy(address, server, log)
        story, path = crowd.stories[0]
        visitor = member(address, session, path)
        fill(ballast)
        crowd.start()
        refused = wait_for_refusal(visitor, story)
        assert refused.status == 503, refused.sentence
        assert refused.given_back is not None
        assert refused.given_back.startswith("A word too many")
        assert "retry-after" in refused.headers
        # Reading goes on.
        assert Visitor(address).get(path).status == 200
        ballast.unlink()
        crowd.finish()
    finally:
        stop(server)
        log.unlink(missing_ok=True)
    with sqlite3.connect(site.data / "kakehashi.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    require_nothing_lost(site, crowd)


def wait_for_refusal(visitor: Visitor, story: int):  # type: ignore[no-untyped-def]
    """SQLite's log may have room for a few comments yet; write until it has none."""
    until = time.monotonic() + 60
    while True:
        answer = visitor.post(f"/story/{story}/comment/", {"text": "A word too many. " * 200})
        if answer.status not in (302, 429):
            return answer
        assert time.monotonic() < until, "the disk never was full"
        time.sleep(0.1)
