"""Time, memory and quality of the model that says what is likely to be removed.

Run with `python -m benchmarks.model` (some minutes), or on the decisions of a site, the demo's say:
`KAKEHASHI_DATA=kakehashi-data/demo python -m benchmarks.model --site`. The split is the one by which the worker judges:
a quarter of the authors is held out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kakehashi.server.settings")
os.environ.setdefault("KAKEHASHI_SECRET_KEY", "benchmark")

LENGTHS = (40, 400, 5000)
# Of each length.
TEXTS = 300
DECISIONS = (200, 2000, 20_000)
FREEDOMS = (1.0, 3.0, 10.0, 30.0, 100.0)
SENTENCES = (
    "The ferry board should publish the figures of last winter before anybody decides about the pier.",
    "Only a barnacle-brained twit would believe the mayor about the toll, you windbag!",
    "橋の工事については、トルウィックの数字を見てから決めたいです。",
    "다리 공사에 대해 톨윅에서는 어땠는지 궁금합니다.",
)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def milliseconds(call: Callable[[str], object], texts: Sequence[str]) -> str:
    """In the middle and at worst, of the processor's time, which a busy machine does not stretch."""
    took = []
    for plain in texts:
        began = time.process_time()
        call(plain)
        took.append((time.process_time() - began) * 1000)
    return f"{statistics.median(took):6.3f} ms (at worst {max(took):6.3f})"


def memory(process: str = "self") -> float:
    """MiB of a process, shared pages by their share (Linux); 0 where it has gone."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


@contextlib.contextmanager
def most_memory_of_children() -> Iterator[Callable[[], float]]:
    """What a process started here has held at most until now, MiB."""
    most, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            for task in Path("/proc/self/task").iterdir():
                for child in (task / "children").read_text().split():
                    most[0] = max(most[0], memory(child))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield lambda: most[0]
    finally:
        ended.set()
        watcher.join()


def a_text(length: int, seed: int = 0) -> str:
    chance, words = Random(length + 10_000 * seed), " ".join(SENTENCES).split()
    text = ""
    while len(text) < length:
        text += chance.choice(words) + chance.choice((" ", " ", " ", ", ", f" {chance.randint(2, 99)} "))
    return text[:length]


def scoring() -> None:
    before = memory()
    import numpy as np

    from kakehashi.moderation.model import features, prior
    from kakehashi.moderation.model.weights import Weights

    drawn = np.random.default_rng(1).normal(size=features.SIZE).astype("<f4")
    weights = Weights.from_bytes(Weights(drawn, 0.1, -1.0, 0.2).to_bytes())
    weights.probability(a_text(400))
    say(f"memory of a process that scores: {memory() - before:.1f} MiB more (NumPy and {drawn.nbytes / 2**20:.2f} MiB)")
    for length in LENGTHS:
        texts = [a_text(length, seed) for seed in range(TEXTS)]
        say(
            f"score, {length:>5,} characters: {milliseconds(weights.probability, texts)}, "
            f"by the word list {milliseconds(lambda plain: prior.probability(plain, 'en'), texts)}"
        )


def invented(count: int) -> list[Any]:
    """Decisions on texts of the demo's phrase book, none twice."""
    from kakehashi.archive.demo.content import table
    from kakehashi.archive.demo.phrases import expand
    from kakehashi.moderation.model.lesson import Lesson

    chance, kinds = Random(5), table("judged")
    all_kinds = [(language, kind) for language in kinds for kind in kinds[language] if kind != "slots"]
    shares = [kinds[language][kind]["share"] for language, kind in all_kinds]
    lessons = []
    for number in range(1, count + 1):
        (language, kind) = chance.choices(all_kinds, shares)[0]
        entry, slots = kinds[language][kind], kinds[language]["slots"]
        plain = expand(chance.choice(entry["lines"]), slots, chance) + f" {a_text(chance.randint(20, 300))}"
        rule = entry["rule"]
        lessons.append(Lesson(number, plain, rule > 0, rule, language, f"author {chance.randint(1, count // 4)}"))
    return lessons


def training() -> None:
    """As the worker does it."""
    from kakehashi.moderation.model import apart

    for count in DECISIONS:
        lessons = invented(count)
        before, began, cpu = memory(), time.perf_counter(), os.times()
        with most_memory_of_children() as most:
            apart.learn(lessons)
            theirs = most()
        took, now = time.perf_counter() - began, os.times()
        worked = now.children_user + now.children_system - cpu.children_user - cpu.children_system
        say(
            f"training, {count:>6,} decisions: {took:6.1f} s, {worked:6.1f} s of one core; the process that trains holds "
            f"{theirs:.0f} MiB at most, this one {before:.0f} before and {memory():.0f} afterwards"
        )


def quality(lessons: Sequence[Any], untouched: Sequence[Any]) -> None:
    """On the decisions of a site, with and without comments that nobody minded."""
    import numpy as np

    from kakehashi.moderation.model import prior, report
    from kakehashi.moderation.model import training as learning

    learned = [one for one in lessons if not one.is_held_out]
    held_out = [one for one in lessons if one.is_held_out]
    say(f"{len(learned)} decisions to learn from, {len(held_out)} of other authors held out")

    def tell(name: str, scores: Any) -> None:
        found = report.figures(np.array(scores), held_out)
        tops = ", ".join(f"{top['precision']:.2f} of {top['k']}" for top in found["tops"])
        say(
            f"{name}: average precision {found['average_precision']:.3f} (by chance {found['base_rate']:.3f}), log-loss "
            f"{found['log_loss']:.3f} ({found['log_loss_of_base_rate']:.3f}), calibration error "
            f"{found['calibration_error']:.3f}, top {tops}"
        )

    share = sum(one.is_removed for one in learned) / len(learned)
    tell("chance       ", [share] * len(held_out))
    tell("word list    ", [prior.probability(one.plain, one.language) for one in held_out])
    quiet = [one for one in untouched if not one.is_held_out]
    for freedom in FREEDOMS:
        learning.FREEDOM = freedom
        for more in (quiet, []):
            trained = learning.train([*learned, *more])
            name = f"learned, C={freedom:<4g} {'with' if more else 'without'} {len(quiet)} others"
            tell(name, [trained.weights.probability(one.plain) for one in held_out])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--site",
        action="store_true",
        help="the decisions of the site in KAKEHASHI_DATA: quality, and time of a comment",
    )
    asked = parser.parse_args()
    import django

    django.setup()
    if asked.site:
        from django.utils import timezone

        from kakehashi.comments.models import Comment
        from kakehashi.moderation.model import lessons
        from kakehashi.moderation.model.scoring import score

        texts = list(Comment.objects.order_by("-pk").values_list("plain", flat=True)[:TEXTS])
        score(texts[0], "en")
        say(
            f"score of a comment, with its question to the database: {milliseconds(lambda one: score(one, 'en'), texts)}"
        )
        gathered = lessons.gather()
        quality(gathered, lessons.untouched(most=len(gathered), now=timezone.now()))
        return
    scoring()
    training()


if __name__ == "__main__":
    main()
