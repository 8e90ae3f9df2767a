"""red-dwarf, the implementation of Polis' algorithm that can be installed, on the same votes.

It has an environment of its own beside ours, for it may want other versions of what we use. This file is also the
script that runs there, so it imports nothing of ours.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

VERSION = "0.4.0"


def install(cache: Path) -> Path:
    """Python with red-dwarf in it; made where it is not there yet. CalledProcessError where it cannot be installed."""
    place = cache / f"red-dwarf-{VERSION}"
    python = place / "bin" / "python"
    ready = place / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--retries", "10", "--quiet"]
        subprocess.run([*pip, "install", f"red-dwarf=={VERSION}"], check=True, stderr=subprocess.PIPE, text=True)
        ready.touch()
    return python


def measure(python: Path, folder: Path) -> dict[str, Any]:
    """Seconds and memory from the votes, in the form in which it takes them, to the group-aware consensus."""
    done = subprocess.run([python, __file__, folder], capture_output=True, text=True, check=True)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def main(folder: Path) -> None:
    import numpy as np
    from reddwarf.implementations.polis import run_pipeline

    columns = [np.load(folder / f"{name}.npy").tolist() for name in ("voter", "item", "value")]
    names = ("participant_id", "statement_id", "vote")
    votes = [{**dict(zip(names, vote, strict=True)), "modified": 0} for vote in zip(*columns, strict=True)]
    del columns
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    taken = []
    for _ in range(3 if len(votes) < 20_000 else 1):
        begin = time.perf_counter(), time.process_time()
        found = run_pipeline(votes=votes, random_state=0)
        taken.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    wall, cpu = np.median(taken, axis=0).tolist()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    scores = len(found.group_aware_consensus["agree"])
    print(json.dumps({"seconds": wall, "cpu": cpu, "memory": peak - resident, "scores": scores}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
