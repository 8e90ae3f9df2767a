"""A machine with systemd, as good as one process can make it: Linux namespaces, a throw-away copy of this file system."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.front import DEPLOY

ROOT = Path(__file__).parents[2]
CGROUPS = Path("/sys/fs/cgroup")
BOOT = Path(__file__).with_name("boot.sh")
NAMESPACES = ["--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child", "--mount-proc"]
PROGRAM = f"""#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONPATH=/opt/source:/opt/libraries
exec /opt/python/bin/python{sys.version_info.major}.{sys.version_info.minor} -m kakehashi.server.cli "$@"
"""
TARGET = "[Unit]\nDescription=The units of Kakehashi\nWants={units}\n"
# Without a journal, what a unit says goes into a file.
LOGGED = "[Service]\nStandardOutput=append:/mnt/{name}.log\nStandardError=inherit\n"
LIMIT_SECONDS = 120
WANTED = "KAKEHASHI_TEST_BOOT"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


# What boot.sh does, in small.
ATTEMPT = (
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/upper /mnt/work /mnt/root && "
    "mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root"
)


def can_boot() -> bool:
    """Whether somebody asked for it and this machine lets us: namespaces, a copy of its file system, control groups, and
    a systemd. Not part of every run, for it is done as root beside all that else runs there."""
    if not os.environ.get(WANTED):
        return False
    if os.geteuid() != 0 or not Path("/lib/systemd/systemd").exists() or not CGROUPS.is_dir():
        return False
    try:
        with _own_cgroups(f"kakehashi-try-{os.getpid()}"):
            command = ["unshare", *NAMESPACES, "sh", "-c", ATTEMPT]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@dataclass(frozen=True)
class Machine:
    """`shared` holds what the units write; `init` is systemd, by the number that this side knows it by."""

    shared: Path
    process: subprocess.Popen[bytes]

    @property
    def init(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def systemctl(self, *arguments: str) -> str:
        """Run `systemctl ARGUMENTS` on that machine; what it says. Raises CalledProcessError."""
        done = self._inside("systemctl", *arguments)
        done.check_returncode()
        return done.stdout.strip()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command there as the site's own user, with the settings of its environment file."""
        lines = (self.shared / "kakehashi.env").read_text().splitlines()
        given = [line for line in lines if line and not line.startswith("#")]
        return self._inside("runuser", "-u", "kakehashi", "--", "env", *given, *command)

    def _inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "-t", str(self.init), "-m", "-p", "-r", "-w"]
        return subprocess.run(
            [*enter, *command], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS
        )

    def log(self, name: str) -> str:
        file = self.shared / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""


@contextlib.contextmanager
def boot(shared: Path, *, settings: str, units: list[str]) -> Iterator[Machine]:
    """A machine with the unit files of deploy/systemd, none of them started; `settings` are added to the example's."""
    (shared / "units").mkdir()
    for file in (DEPLOY / "systemd").glob("*.service"):
        shutil.copy(file, shared / "units")
    for name in units:
        place = shared / "units" / f"{name}.service.d"
        place.mkdir()
        (place / "log.conf").write_text(LOGGED.format(name=name))
    (shared / "units" / "kakehashi-test.target").write_text(TARGET.format(units=""))
    for name in ("kakehashi.sysusers", "kakehashi.tmpfiles"):
        shutil.copy(DEPLOY / "systemd" / name, shared)
    example = (DEPLOY / "systemd" / "kakehashi.env").read_text()
    (shared / "kakehashi.env").write_text(f"{example}\n{settings}\n")
    program = shared / "kakehashi"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    arguments = [str(shared), sys.base_prefix, str(ROOT / "src"), sysconfig.get_path("purelib")]
    with _own_cgroups(f"kakehashi-test-{os.getpid()}") as enter, (shared / "systemd.log").open("wb") as log:
        command = ["sh", "-c", f'{enter} exec unshare {" ".join(NAMESPACES)} sh "$@"', "boot", str(BOOT), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield Machine(shared, process)
        finally:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _own_cgroups(name: str) -> Iterator[str]:
    """Shell commands that move a process into control groups of its own; they are removed at the end."""
    kinds = [CGROUPS, *(kind for kind in CGROUPS.iterdir() if not kind.is_symlink() and kind.name != "cpuset")]
    places = [kind / name for kind in kinds if (kind / "cgroup.procs").exists()]
    if (CGROUPS / "cgroup.controllers").exists():
        places = places[:1]
    try:
        for place in places:
            place.mkdir()
        yield "".join(f"echo $$ > {place}/cgroup.procs; " for place in places)
    finally:
        for place in places:
            _remove(place)


def _remove(place: Path) -> None:
    for directory, _, _ in os.walk(place, topdown=False):
        for _ in range(200):
            try:
                os.rmdir(directory)
                break
            except FileNotFoundError:
                break
            except OSError:
                # Its processes have been killed but not yet gone.
                subprocess.run(["sleep", "0.05"], check=False)
