"""The programs that tests need beside Python: PostgreSQL's server, Chromium, nginx and libfaketime.

Run as a script, it installs what is missing. Found where distributions put them; on Debian and its kin installed with
apt-get, elsewhere a sentence says what is wanted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_POSTGRESQL = 15
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT_OPTIONS = ("-y", "-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=5")


def find_chromium() -> Path | None:
    """Path of a Chromium on this machine; KAKEHASHI_TEST_CHROMIUM overrides the search."""
    wanted = os.environ.get("KAKEHASHI_TEST_CHROMIUM")
    for name in (wanted,) if wanted else CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


def find_nginx() -> Path | None:
    """Path of nginx; it may stand where only administrators look."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def find_faketime() -> Path | None:
    """The library that gives a process a clock of its own."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else None


def find_postgresql() -> Path | None:
    """Directory that holds the newest `initdb` and `postgres` of version 15 or later."""
    candidates = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(answer.stdout.strip()))
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    usable = [path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()]
    best = max(usable, key=_version, default=None)
    return best if best is not None and _version(best) >= OLDEST_POSTGRESQL else None


def _version(directory: Path) -> int:
    answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)", answer.stdout)
    return int(found.group(1)) if found else 0


def _packages() -> dict[str, bool]:
    """Debian's packages and whether what we want of each is there."""
    has_chromium = find_chromium() is not None
    return {
        "postgresql": find_postgresql() is not None,
        "chromium": has_chromium,
        "fonts-dejavu-core": has_chromium,
        "nginx-light": find_nginx() is not None,
        "libfaketime": find_faketime() is not None,
        # For systemd-analyze, which looks through the units.
        "systemd": shutil.which("systemd-analyze") is not None,
    }


def install_missing() -> int:
    """Install Debian's packages for what is not there. Returns an exit status."""
    wanted = [package for package, is_there in _packages().items() if not is_there]
    if not wanted:
        return 0
    apt = shutil.which("apt-get")
    if apt is None:
        print(
            f"The tests need {' and '.join(wanted)}; install them with this system's package manager.", file=sys.stderr
        )
        return 1
    print(f"==> Installing {', '.join(wanted)} for the tests", flush=True)
    command = [apt] if os.geteuid() == 0 else ["sudo", apt]
    # RUNLEVEL=1: the tests start servers of their own; the packages' need not run.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run([*command, *APT_OPTIONS, "-q", "update"], env=environment, stdin=subprocess.DEVNULL, check=False)
    for _ in range(2):
        done = subprocess.run(
            [*command, *APT_OPTIONS, "-q", "install", "--no-install-recommends", *wanted],
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode == 0:
            break
    looked_for = (
        ("PostgreSQL", find_postgresql()),
        ("Chromium", find_chromium()),
        ("nginx", find_nginx()),
        ("libfaketime", find_faketime()),
    )
    missing = [name for name, found in looked_for if found is None]
    if missing:
        print(
            f"Still missing after apt-get: {' and '.join(missing)} (PostgreSQL must be 15 or later).", file=sys.stderr
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(install_missing())
