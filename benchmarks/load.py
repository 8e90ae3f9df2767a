"""Load from wrk on a core of its own: one thread, some connections kept open, for some seconds."""

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import tools

LUA = Path(__file__).parent / "lua"
# Beyond its time wrk waits for nothing, so this is only for a server that hangs.
PATIENCE = 60
# Seconds that the answers to what was posted last may take.
DRAIN = 10


@dataclass(frozen=True)
class Measured:
    """One window. `requests` are the answers counted (of writes: acknowledged), times in milliseconds; `refused` were
    answered with 4xx or 5xx, `errors` not at all. The last four are of writes only."""

    requests: int
    seconds: float
    bytes: int
    p50: float
    p99: float
    errors: int
    refused: int
    sent: int = 0
    failed: int = 0
    first_refusal: str = ""
    ran_out: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def trouble(self) -> str:
        """What went wrong, in a few words; empty when nothing did."""
        said = []
        if self.errors:
            said.append(f"{self.errors} without an answer")
        if self.refused or self.failed:
            said.append(f"{self.refused + self.failed} refused {self.first_refusal}".strip())
        return ", ".join(said)


def read(
    address: str,
    path: str = "/",
    *,
    seconds: float,
    connections: int = 16,
    headers: dict[str, str] | None = None,
    turns: Sequence[tuple[str, str]] = (),
) -> Measured:
    """GET `path`; or, with `turns`, each (path, cookie) of them in turn, again and again."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines(f"{path}\t{cookie}\n" for path, cookie in turns)
        file.flush()
        arguments = [file.name] if turns else []
        whole = max(1, round(seconds))
        return _wrk("read.lua", address + path, whole, connections, headers or {}, arguments)


def post(
    address: str,
    lines: Iterable[tuple[str, str, str]],
    *,
    seconds: float,
    connections: int,
    headers: dict[str, str] | None = None,
) -> Measured:
    """POST each (path, cookie, body) once, as many as fit into the time."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.writelines(f"{path}\t{cookie}\t{body}\n" for path, cookie, body in lines)
        file.flush()
        headers = {"Origin": address, **(headers or {})}
        # It stops by itself when the last answer has come.
        whole = math.ceil(seconds) + DRAIN
        return _wrk("write.lua", address, whole, connections, headers, [file.name, str(seconds)])


def _wrk(
    script: str, url: str, seconds: int, connections: int, headers: dict[str, str], arguments: list[str]
) -> Measured:
    command = [str(tools.find("wrk")), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
    command += ["-s", str(LUA / script)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command += [url, "--", *arguments]
    _, core = tools.cores()
    done = subprocess.run(
        tools.pinned(core, *command), capture_output=True, text=True, timeout=seconds + PATIENCE, check=False
    )
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            return Measured(**json.loads(line.removeprefix("RESULT ")))
    raise RuntimeError(f"wrk measured nothing: {done.stderr or done.stdout}")
