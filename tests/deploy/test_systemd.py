"""The units that operators copy: looked through by systemd, and run by it when `make systemd-check` boots one."""

from __future__ import annotations

import configparser
import http.client
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kakehashi.server.cli import beside, serving
from tests.deploy.front import DEPLOY
from tests.deploy.machine import Machine, boot, can_boot
from tests.postgres import free_port
from tests.server.test_serving import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.once]

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PROGRAM = "/opt/kakehashi/bin/kakehashi"
SERVER, WORKER = "kakehashi", "kakehashi-worker@1"
needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def service(unit: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    return parser["Service"]


@needs_analyze
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_systemd_finds_nothing_wrong_and_little_exposed(unit: Path, tmp_path: Path) -> None:
    copies = [tmp_path / other.name for other in UNITS]
    for copy, other in zip(copies, UNITS, strict=True):
        # The program is not at its place on this machine.
        copy.write_text(other.read_text().replace(PROGRAM, sys.executable))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    checked = analyze("verify", "--man=no", str(tmp_path / unit.name), environment=environment)
    said = [line for line in checked.stderr.splitlines() if "akehashi" in line]
    assert (checked.returncode, said) == (0, [])
    # 0 is a sealed box, 100 the bare machine.
    exposed = analyze("security", "--offline=true", "--threshold=20", str(unit), environment=environment)
    assert exposed.returncode == 0, exposed.stdout[-300:]


def analyze(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_systemd_waits_longer_than_the_server_does(unit: Path) -> None:
    assert int(service(unit)["TimeoutStopSec"]) > serving.STOP_SECONDS + beside.STOP_SECONDS


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def machine(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if not can_boot():
        pytest.skip("`make systemd-check` boots another machine; that takes root, namespaces and systemd.")
    shared = tmp_path_factory.mktemp("machine")
    options = f"SERVE_OPTIONS=--port {port} --workers 1"
    settings = f"KAKEHASHI_BASE_URL=http://127.0.0.1\n{options}"
    with boot(shared, settings=settings, units=[SERVER, WORKER]) as machine:
        wait_for(lambda: is_up(machine))
        yield machine


def is_up(machine: Machine) -> bool:
    try:
        return machine.systemctl("is-system-running") == "running"
    except (subprocess.CalledProcessError, IndexError, FileNotFoundError):
        return False


def answers(port: int, path: str = "/healthz") -> bool:
    try:
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20).status == 200)
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return False


def test_the_units_run_the_site(machine: Machine, port: int) -> None:
    made = machine.run(PROGRAM, "init", "--no-input")
    assert made.returncode == 0, made.stderr
    machine.systemctl("start", SERVER)
    wait_for(lambda: answers(port))
    assert answers(port, "/")
    assert answers(port, "/account/login/")
    # The server wants a worker.
    assert machine.systemctl("is-active", WORKER) == "active"
    for unit in (SERVER, WORKER):
        facts = status_of(machine, unit)
        assert facts["Uid"].split()[0] != "0"
        assert (facts["NoNewPrivs"], facts["Seccomp"], int(facts["CapBnd"], 16)) == ("1", "2", 0)
    modes = machine.run("stat", "-c", "%a %U", "/srv/news", "/srv/news/secret-key", "/srv/news/kakehashi.sqlite3")
    assert modes.stdout.splitlines() == ["750 kakehashi", "600 kakehashi", "600 kakehashi"]


def test_what_is_killed_lives_again(machine: Machine, port: int) -> None:
    before = {unit: main_process(machine, unit) for unit in (SERVER, WORKER)}
    for unit in before:
        machine.systemctl("kill", "--kill-who=main", "--signal=KILL", unit)
    wait_for(lambda: all(main_process(machine, unit) not in (0, before[unit]) for unit in before))
    wait_for(lambda: answers(port))


def test_stopping_is_orderly(machine: Machine, port: int) -> None:
    started = time.monotonic()
    machine.systemctl("stop", SERVER, WORKER)
    assert time.monotonic() - started < serving.STOP_SECONDS + beside.STOP_SECONDS
    assert not answers(port)
    assert machine.log(SERVER).rstrip().endswith("Stopped.")
    assert "Traceback" not in machine.log(SERVER) + machine.log(WORKER)
    for unit in (SERVER, WORKER):
        assert machine.systemctl("show", "--property=Result", "--value", unit) == "success"


def main_process(machine: Machine, unit: str) -> int:
    return int(machine.systemctl("show", "--property=MainPID", "--value", unit))


def status_of(machine: Machine, unit: str) -> dict[str, str]:
    """What the kernel says of the unit's main process."""
    answer = machine.run("cat", f"/proc/{main_process(machine, unit)}/status").stdout
    return {name: value.strip() for name, _, value in (line.partition(":") for line in answer.splitlines())}
