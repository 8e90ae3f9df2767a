"""A site of its own for tests that need real processes: data directory, database, commands, a server on a free port."""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import dj_database_url
import psycopg

from kakehashi.server.environment import KEY_FILE
from tests.migrated import migrated_database, migrated_file
from tests.postgres import free_port

COMMAND = [sys.executable, "-m", "kakehashi.server.cli"]
START_SECONDS = 180
STOP_SECONDS = 60


@dataclass
class ProcessSite:
    """Commands run in a clean environment: `data` and `database_url` ("" is SQLite in `data`), and nothing of the caller's."""

    data: Path
    database_url: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=lambda: list(COMMAND))

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAKEHASHI_", "EMAIL_"))}
        for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL"):
            kept.pop(name, None)
        mine = {"KAKEHASHI_DATA": str(self.data), "DATABASE_URL": self.database_url, "PYTHONUNBUFFERED": "1"}
        return {**kept, **mine, **self.extra}

    def run(self, *arguments: str, input: str | None = None, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `kakehashi ARGUMENTS` to its end; standard input is empty unless given."""
        return subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            input=input or "",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start `kakehashi ARGUMENTS`; its output goes to `log`. The caller ends it."""
        with log.open("wb") as stream:
            return subprocess.Popen(
                [*self.command, *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    @contextlib.contextmanager
    def serve(self, *options: str) -> Iterator[str]:
        """A running server's base address; stopped at the end."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        self.extra["KAKEHASHI_BASE_URL"] = address
        log = self.data / "serve.log"
        process = self.start("serve", "--port", str(port), *options, log=log)
        try:
            wait_until_healthy(address, process, log)
            yield address
        finally:
            stop(process)


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"The server at {address} did not come up:\n{log.read_text(errors='replace')}")


def stop(process: subprocess.Popen[bytes]) -> int:
    """Ask the process to end, as an operator would; returns its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return ended(process)


def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a process that was asked to end; one that does not is killed, and the test fails."""
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@contextlib.contextmanager
def new_site(kind: str = "") -> Iterator[ProcessSite]:
    """A site after `kakehashi init`, on the kind of database that this test run is about, or on `kind`; no two have the
    same key."""
    first = _first_site(kind or run_kind())
    with (
        tempfile.TemporaryDirectory(prefix="kakehashi-site-", ignore_cleanup_errors=True) as directory,
        _a_copy(first.database_url) as url,
    ):
        site = ProcessSite(Path(directory), url)
        shutil.copytree(first.data, site.data, dirs_exist_ok=True)
        (site.data / KEY_FILE).write_text(f"{secrets.token_urlsafe(64)}\n")
        yield site


@contextlib.contextmanager
def a_house_without_furniture() -> Iterator[str]:
    """Address of a database of the run's kind, or "" for SQLite, as `kakehashi init` leaves it."""
    with _a_copy(_first_site(run_kind()).database_url) as url:
        yield url


@cache
def _first_site(kind: str) -> ProcessSite:
    """What every new site of this process is a copy of; its database goes with the run's cluster."""
    directory = tempfile.mkdtemp(prefix="kakehashi-first-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    is_postgresql = kind == "postgresql"
    url = _create_database(template=migrated_database(server_address())) if is_postgresql else ""
    site = ProcessSite(Path(directory), url)
    if kind == "sqlite":
        shutil.copy(migrated_file(), site.data / "kakehashi.sqlite3")
    done = site.run("init", "--no-input")
    assert done.returncode == 0, done.stderr
    return site


def run_kind() -> str:
    """The kind of database that this test run is about: sqlite or postgresql."""
    return os.environ.get("KAKEHASHI_TEST_DATABASE", "sqlite")


@contextlib.contextmanager
def a_database() -> Iterator[str]:
    """Address of an empty PostgreSQL database of the run's cluster, or "" for SQLite."""
    if run_kind() == "postgresql":
        with _dropped_afterwards(_create_database()) as url:
            yield url
    else:
        yield ""


@contextlib.contextmanager
def _a_copy(url: str) -> Iterator[str]:
    """Address of a copy of this PostgreSQL database; "" for "", which is SQLite."""
    if url:
        with _dropped_afterwards(_create_database(template=url.rpartition("/")[2])) as copied:
            yield copied
    else:
        yield ""


@contextlib.contextmanager
def _dropped_afterwards(url: str) -> Iterator[str]:
    try:
        yield url
    finally:
        server, _, name = url.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


def _create_database(template: str = "template1") -> str:
    name = f"site_{os.getpid()}_{time.monotonic_ns()}"
    server = server_address()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[call-overload]
    return f"{server}/{name}"


def server_address() -> str:
    """The run's cluster of PostgreSQL, without a database."""
    port = dj_database_url.parse(os.environ["DATABASE_URL"])["PORT"]
    return f"postgres://kakehashi@127.0.0.1:{port}"


@contextlib.contextmanager
def connect(site: ProcessSite) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Statements straight to the site's database, each by itself; what they return, as rows."""
    if site.database_url:
        with psycopg.connect(site.database_url, autocommit=True) as connection:

            def execute(sql: str) -> list[tuple[Any, ...]]:
                cursor = connection.execute(sql)  # type: ignore[call-overload]
                return cursor.fetchall() if cursor.description else []

            yield execute
        return
    with contextlib.closing(sqlite3.connect(site.data / "kakehashi.sqlite3", timeout=60, isolation_level=None)) as file:
        yield lambda sql: file.execute(sql).fetchall()
