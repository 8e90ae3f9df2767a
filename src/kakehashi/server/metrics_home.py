"""Where the processes of one `kakehashi serve` count together. Loads nothing that counts, for that must come later."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kakehashi.server.environment import env

# The name that prometheus_client reads, once, when it is loaded.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "kakehashi-metrics-"
# Memory: what is counted ends with the server, and a full disk would kill whoever writes into a mapped file.
MEMORY = Path("/dev/shm")  # noqa: S108


@contextlib.contextmanager
def shared_metrics(token: str) -> Iterator[None]:
    """Make the directory if there is a `token`, name it to all processes started within, and remove it at the end.

    Where the counters are loaded already (the demo makes its newsroom first), each process counts for itself.
    """
    if not token or "prometheus_client" in sys.modules:
        yield
        return
    base = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _sweep(base)
    directory = base / f"{PREFIX}{os.getpid()}"
    directory.mkdir(mode=0o700)
    os.environ[VARIABLE] = str(directory)
    try:
        yield
    finally:
        del os.environ[VARIABLE]
        shutil.rmtree(directory, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Remove what killed servers left behind."""
    for left in base.glob(f"{PREFIX}*"):
        pid = left.name.removeprefix(PREFIX)
        if pid == str(os.getpid()) or not lives(pid):
            shutil.rmtree(left, ignore_errors=True)


def directory() -> str | None:
    """The directory in which this process counts; None where it counts for itself."""
    return env(VARIABLE) or None


def lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
