"""A PostgreSQL cluster for one test run: in a directory of its own, on a free port, gone afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tools import find_postgresql

START_SECONDS = 180
# Durability is for data that matter; these are gone in a minute.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}


@contextlib.contextmanager
def temporary_cluster() -> Iterator[str]:
    """Address of an empty database (as DATABASE_URL) in a new cluster; stopped and removed at the end.

    PostgreSQL refuses to run as root: there it runs as `postgres` or `nobody`. Raises RuntimeError where it cannot start.
    """
    binaries = find_postgresql()
    if binaries is None:
        raise RuntimeError("No PostgreSQL server (15 or later) was found: run `make tools`.")
    directory = Path(tempfile.mkdtemp(prefix="kakehashi-pg-"))
    try:
        identity = _identity(directory)
        data = directory / "data"
        initdb = [binaries / "initdb", "-D", data, "-U", "kakehashi", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        _run([*initdb, "--no-sync"], identity)
        process, port = _start(binaries, directory, identity)
        try:
            yield f"postgres://kakehashi@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _identity(directory: Path) -> dict[str, Any]:
    """Who PostgreSQL runs as, in Popen's words; `directory` is given to them."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(directory, user.pw_uid, user.pw_gid)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def _run(command: list[Any], identity: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, env=_environment(), **identity)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _start(binaries: Path, directory: Path, identity: dict[str, Any]) -> tuple[subprocess.Popen[bytes], int]:
    """Try ports until one was really free: another process may take a free one between the look and the start."""
    log = directory / "log"
    for _ in range(5):
        port = free_port()
        options = {
            **OPTIONS,
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(directory),
        }
        command = [str(binaries / "postgres"), "-D", str(directory / "data")]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd="/",
                env=_environment(),
                preexec_fn=_end_with_parent,  # noqa: PLW1509
                **identity,
            )
        if _answers(binaries, process, port):
            return process, port
        process.kill()
        process.wait()
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")


def _answers(binaries: Path, process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + START_SECONDS
    ask = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres", "-U", "kakehashi"]
    while time.monotonic() < until and process.poll() is None:
        if subprocess.run(ask, check=False).returncode == 0:
            return True
        time.sleep(0.1)
    return False


def _end_with_parent() -> None:
    """A killed test run leaves no server behind (Linux: PR_SET_PDEATHSIG = 1)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
