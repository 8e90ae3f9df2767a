"""The programs that measuring needs beside Python: wrk, nginx, PostgreSQL's server, taskset. As a script: install them."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import APT_OPTIONS, find_postgresql

# Debian's package by program. Its nginx serves ready .gz files and TLS-free HTTP/1.1, which is all that is compared.
PACKAGES = {"wrk": "wrk", "nginx": "nginx-light", "taskset": "util-linux"}


def find(program: str) -> Path | None:
    """Its path; also where only root's PATH looks."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def missing() -> list[str]:
    """Debian's packages for what is not there."""
    wanted = [package for program, package in PACKAGES.items() if find(program) is None]
    return wanted + (["postgresql"] if find_postgresql() is None else [])


def install_missing() -> int:
    """Install what is missing with apt-get; an exit status."""
    wanted = missing()
    if not wanted:
        return 0
    apt = shutil.which("apt-get")
    if apt is None:
        print(f"Measuring needs {', '.join(wanted)}: install with this system's package manager.", file=sys.stderr)
        return 1
    print(f"==> Installing {', '.join(wanted)} for measuring", flush=True)
    command = [apt] if os.geteuid() == 0 else ["sudo", apt]
    # Debian starts an installed nginx as a service; ours is another one, on a port of its own.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (["update"], ["install", "--no-install-recommends", *wanted]):
        subprocess.run([*command, *APT_OPTIONS, "-q", *words], env=environment, stdin=subprocess.DEVNULL, check=False)
    if still := missing():
        print(f"Still missing after apt-get: {', '.join(still)}.", file=sys.stderr)
        return 1
    return 0


@functools.cache
def cores() -> tuple[int, int]:
    """(core for what is measured, core for the load); the same one twice on a machine that has no other."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[0], mine[-1]


def pinned(core: int, *command: str) -> list[str]:
    return [str(find("taskset")), "-c", str(core), *command]


if __name__ == "__main__":
    sys.exit(install_missing())
