"""A PostgreSQL cluster for one test run: in a directory of its own, on a free port, gone afterwards."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
# Those of a cluster that loses nothing it has acknowledged.
DURABLE = {name: value for name, value in OPTIONS.items() if value != "off"}


@dataclass
class Cluster:
    """A cluster in `directory` that can be started, killed and started again on the same port."""

    directory: Path
    options: dict[str, str]
    binaries: Path
    identity: dict[str, Any]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of its database `postgres`, as DATABASE_URL."""
        return f"postgres://kakehashi@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Begin to answer; on the port it had before, if it had one. Raises RuntimeError."""
        ports = [self.port] if self.port else [free_port() for _ in range(5)]
        log = self.directory / "log"
        for port in ports:
            self.process = _start(self.binaries, self.directory, self.identity, self.options, port, log)
            if _answers(self.binaries, self.process, port):
                self.port = port
                return
            self.stop(signal.SIGKILL)
        raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT ends connections and stops cleanly; SIGQUIT is a crash, with recovery at the next start."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextlib.contextmanager
def new_cluster(options: Mapping[str, str] = OPTIONS) -> Iterator[Cluster]:
    """A running cluster, stopped and removed at the end; with DURABLE it loses nothing that it has acknowledged.

    PostgreSQL refuses to run as root: there it runs as `postgres` or `nobody`. Raises RuntimeError where it cannot start.
    """
    binaries = find_postgresql()
    if binaries is None:
        raise RuntimeError("No PostgreSQL server (15 or later) was found: run `make tools`.")
    directory = Path(tempfile.mkdtemp(prefix="kakehashi-pg-"))
    try:
        cluster = Cluster(directory, dict(options), binaries, _identity(directory))
        data = directory / "data"
        initdb = [binaries / "initdb", "-D", data, "-U", "kakehashi", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        _run([*initdb, "--no-sync"], cluster.identity)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def temporary_cluster(options: Mapping[str, str] = OPTIONS) -> Iterator[str]:
    """Address of an empty database (as DATABASE_URL) in a new cluster that is gone afterwards."""
    with new_cluster(options) as cluster:
        yield cluster.url


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


def _start(
    binaries: Path, directory: Path, identity: dict[str, Any], chosen: dict[str, str], port: int, log: Path
) -> subprocess.Popen[bytes]:
    options = {
        **chosen,
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(directory),
    }
    command = [str(binaries / "postgres"), "-D", str(directory / "data")]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with log.open("ab") as stream:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd="/",
            env=_environment(),
            preexec_fn=_end_with_parent,  # noqa: PLW1509
            **identity,
        )


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
    """A port that nobody listens on, below those that systems give to clients: one of these, calling where no server is
    for a moment, would be given the very port that it calls and reach itself."""
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
