"""What is measured: a site served by one process on one core, nginx with ready files beside it, PostgreSQL beneath."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from tests.postgres import DURABLE, free_port, temporary_cluster
from tests.processes import ProcessSite, stop, wait_until_healthy

from benchmarks import tools

ROOT = Path(__file__).resolve().parent.parent
# Room for a million comments between two checkpoints.
POSTGRESQL = {**DURABLE, "max_wal_size": "4GB"}
# Linux's unit of times in /proc.
TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
worker_processes 1; daemon off; pid nginx.pid; error_log error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
  default_type "text/html; charset=utf-8";
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; gzip_static always; }}
}}
"""


@dataclass
class BenchSite(ProcessSite):
    """A site with its server; `filled` is what growth_data said of it."""

    filled: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    process: subprocess.Popen[bytes] | None = None

    def init(self) -> None:
        done = self.run("init", "--no-input")
        if done.returncode:
            raise RuntimeError(done.stderr or done.stdout)

    def fill(self, *options: str) -> None:
        """Run growth_data with these options."""
        command = [sys.executable, "-m", "benchmarks.growth_data", *options]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        self.filled = json.loads(done.stdout.splitlines()[-1])

    def story(self, length: int) -> tuple[int, str, int]:
        """(story id, path, first comment's id) of the plan's thread of that length."""
        pk, path, first = self.filled["stories"][str(length)]
        return pk, path, first

    def cookie(self, n: int, token: str = "") -> str:
        """The n-th signed-in member's cookies; with the token that a form was given."""
        session = f"sessionid={self.filled['sessions'][n][0]}"
        return f"{session}; csrftoken={token}" if token else session

    def start_server(self, *, core: int, port: int = 0) -> None:
        """One process on that core, until `stop_server`."""
        port = port or free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.extra |= {"KAKEHASHI_BASE_URL": self.address, "KAKEHASHI_LOG_LEVEL": "WARNING"}
        log = self.data / "serve.log"
        self.command = tools.pinned(core, sys.executable, "-m", "kakehashi.server.cli")
        self.process = self.start("serve", "--workers", "1", "--no-worker", "--port", str(port), log=log)
        wait_until_healthy(self.address, self.process, log)

    def stop_server(self) -> None:
        if self.process is not None:
            stop(self.process)
        self.process = None

    @property
    def worker(self) -> int:
        """The process that answers: of all started by `serve`, the one with most memory."""
        assert self.process is not None
        return max(_descendants(self.process.pid), key=lambda pid: memory(pid)["Rss"])

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows from the site's database, past the site."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(sql).fetchall()  # type: ignore[call-overload]
        with contextlib.closing(sqlite3.connect(self.data / "kakehashi.sqlite3", timeout=30)) as found:
            return found.execute(sql).fetchall()

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body as sent) of one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def page(self, path: str, **headers: str) -> str:
        """The page's text. Raises RuntimeError unless it was found."""
        status, got, body = self.get(path, Accept_Encoding="gzip", **headers)
        if status != 200:
            raise RuntimeError(f"{path} answers {status}")
        return (gzip.decompress(body) if got.get("content-encoding") == "gzip" else body).decode()


@contextlib.contextmanager
def sqlite_site() -> Iterator[BenchSite]:
    with tempfile.TemporaryDirectory(prefix="kakehashi-bench-", ignore_cleanup_errors=True) as place:
        yield from _site(BenchSite(Path(place)))


@contextlib.contextmanager
def postgresql_site(cluster: str) -> Iterator[BenchSite]:
    """In a database of its own in the cluster."""
    name = f"bench_{time.monotonic_ns()}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
    with tempfile.TemporaryDirectory(prefix="kakehashi-bench-", ignore_cleanup_errors=True) as place:
        yield from _site(BenchSite(Path(place), cluster.rpartition("/")[0] + "/" + name))


def _site(site: BenchSite) -> Iterator[BenchSite]:
    site.init()
    try:
        yield site
    finally:
        site.stop_server()


@contextlib.contextmanager
def durable_cluster(core: int) -> Iterator[str]:
    """PostgreSQL that keeps what it acknowledges, on the core of what is measured."""
    mine = os.sched_getaffinity(0)
    with contextlib.ExitStack() as stack:
        # Children inherit it: the cluster shares the server's core.
        os.sched_setaffinity(0, {core})
        try:
            cluster = stack.enter_context(temporary_cluster(POSTGRESQL))
        finally:
            os.sched_setaffinity(0, mine)
        yield cluster


@contextlib.contextmanager
def nginx(files: dict[str, bytes], *, core: int) -> Iterator[str]:
    """Address of an nginx that answers `/<name>` with these gzipped bytes as they are."""
    with tempfile.TemporaryDirectory(prefix="kakehashi-nginx-") as directory:
        place = Path(directory)
        place.chmod(0o755)
        for name, data in files.items():
            (place / f"{name}.gz").write_bytes(data)
        port = free_port()
        (place / "nginx.conf").write_text(NGINX.format(port=port, root=place))
        command = tools.pinned(core, str(tools.find("nginx")), "-p", str(place), "-c", "nginx.conf", "-e", "error.log")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGQUIT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            return
        time.sleep(0.05)
    raise RuntimeError("nginx did not start")


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _descendants(int(child))
    return found


def memory(pid: int) -> dict[str, int]:
    """Rss and Pss of a process in bytes (Pss counts what is shared with others in part)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    figures = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
    return {name: figures[name] for name in ("Rss", "Pss")}


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS
