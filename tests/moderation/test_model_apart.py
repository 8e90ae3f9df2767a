"""A training is a process of its own, which leaves nothing behind: no memory, no orphan."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kakehashi.moderation.model import apart, training
from kakehashi.moderation.model.lesson import Lesson
from tests.moderation.decided import texts
from tests.moderation.test_model_numbers import some_lessons

pytestmark = pytest.mark.once
# So many lessons, each of so many words: 3,000 of 700 keep a process busy long enough to be looked at.
WORKER = """
import sys
from kakehashi.moderation.model import apart
from kakehashi.moderation.model.lesson import Lesson
count, length = map(int, sys.argv[1:])
words = ["pier", "ferry", "twit", "toll", "bell", "gull", "quay"]
plain = [" ".join(words[(n * k) % 7] + str(n * k % 9973) for k in range(1, length)) for n in range(count)]
apart.learn([Lesson(n + 1, text, n % 3 == 0, 0, "en", f"author {n % 50}") for n, text in enumerate(plain)])
print([name for name in ("sklearn", "scipy", "django") if name in sys.modules])
"""


def test_it_learns_what_is_learned_in_this_process() -> None:
    lessons = [Lesson(0, "Half of a pair: \ud800", False, 0, "en", "author x"), *some_lessons()]
    weights, made_with = apart.learn(lessons)
    here = training.train(lessons)
    assert weights.to_bytes() == here.weights.to_bytes()
    assert made_with == here.made_with


def test_what_cannot_be_learned_is_said_as_it_would_be_here(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(training.TooFew, match="0 decisions of the rarer kind"):
        apart.learn([Lesson(n, plain, True, 1, "en", f"author {n}") for n, (plain, _) in enumerate(texts(60), start=1)])
    with pytest.raises(apart.Failed, match="TypeError"):
        apart.learn([Lesson(1, None, True, 1, "en", "x"), *some_lessons()])  # type: ignore[arg-type]
    monkeypatch.setattr(apart, "LONGEST_SECONDS", 0.2)
    with pytest.raises(apart.Failed, match="longer than"):
        apart.learn(some_lessons())


def test_scikit_learn_is_loaded_there_and_not_here() -> None:
    done = subprocess.run([sys.executable, "-c", WORKER, "200", "20"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for children in /proc")
def test_it_ends_with_the_worker_that_is_killed() -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER, "3000", "700"])
    try:
        child = until(lambda: next(iter(children(worker.pid)), 0))
        # It has read all, and is at it: scikit-learn is there.
        until(lambda: "sklearn" in Path(f"/proc/{child}/maps").read_text())
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()
    until(lambda: not is_running(child))


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    """Whoever adopts orphans may leave them as zombies, which hold no memory."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(found: Callable[[], int], *, seconds: float = 60) -> int:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError("it never came to pass")
