"""A training in a process of its own. scikit-learn takes more memory than the rest of a worker, and Python gives hardly any
of it back: so it leaves with the process that loaded it.

The lessons go in by a pipe, the model comes back by another; the process asks no database. It ends with whoever started it,
however that one ends: then the first pipe is closed. It works at a lower priority, so that pages are made first.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Any

from kakehashi.moderation.model.lesson import Lesson
from kakehashi.moderation.model.training import TooFew, train
from kakehashi.moderation.model.weights import Weights

# Twenty thousand decisions take about a minute of one core.
LONGEST_SECONDS = 15 * 60.0
NICE = 5
COMMAND = (sys.executable, "-m", "kakehashi.moderation.model.apart")


class Failed(RuntimeError):
    """The process could not learn; the text says why."""


def learn(lessons: Sequence[Lesson]) -> tuple[Weights, str]:
    """The weights that `training.train` finds, and by what they were made. Raises `TooFew` or `Failed`."""
    given = json.dumps([[one.decision, one.plain, one.is_removed, one.group] for one in lessons]).encode()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(LONGEST_SECONDS, process.kill)
        late.start()
        try:
            # Who has ended reads no more: its answer, or that there is none, says why.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(len(given).to_bytes(8, "little") + given)
                process.stdin.flush()
            answer = process.stdout.read()
        finally:
            is_late = not late.is_alive()
            late.cancel()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        status = process.wait()
    if not answer:
        raise Failed(f"it took longer than {LONGEST_SECONDS / 60:.0f} minutes" if is_late else _ended(status))
    head, _line, content = answer.partition(b"\n")
    told: dict[str, str] = json.loads(head)
    if "too_few" in told:
        raise TooFew(told["too_few"])
    if "failed" in told:
        raise Failed(told["failed"])
    return Weights.from_bytes(content), told["made_with"]


def _ended(status: int) -> str:
    if status == -signal.SIGKILL:
        return "the process was killed: perhaps the machine has too little memory"
    return f"the process ended by signal {-status}" if status < 0 else f"the process ended with status {status}"


def main() -> None:
    """What the process does."""
    # Ctrl-C reaches it too: its parent says when it is over.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    lessons = _read(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    content = b""
    try:
        trained = train(lessons)
        told, content = {"made_with": trained.made_with}, trained.weights.to_bytes()
    except TooFew as few:
        told = {"too_few": str(few)}
    except Exception as error:
        told = {"failed": f"{type(error).__name__}: {error}"}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + content)
    sys.stdout.flush()
    # Without waiting for the thread.
    os._exit(0)


def _read(given: IO[bytes]) -> list[Lesson]:
    length = int.from_bytes(given.read(8), "little")
    content = given.read(length)
    if len(content) < length or not length:
        # Whoever began it is gone.
        os._exit(1)
    rows: list[list[Any]] = json.loads(content)
    return [Lesson(decision, plain, is_removed, 0, "", group) for decision, plain, is_removed, group in rows]


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
