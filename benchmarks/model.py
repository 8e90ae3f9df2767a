"""Time, memory and quality of the model that says what is likely to be removed.

Run with `python -m benchmarks.model` (some minutes), or on the decisions of a site, the demo's say:
`KAKEHASHI_DATA=kakehashi-data/demo python -m benchmarks.model --site`. The split is the one by which the worker judges:
a quarter of the authors is held out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kakehashi.server.settings")
os.environ.setdefault("KAKEHASHI_SECRET_KEY", "benchmark")

LENGTHS = (40, 400, 5000)
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


def milliseconds(call: Callable[[], object], times: int = 50) -> float:
    """Of the processor's time, which a busy machine does not stretch."""
    return min(timeit.repeat(call, number=times, repeat=5, timer=time.process_time)) / times * 1000


def memory() -> float:
    """MiB of this process, shared pages by their share (Linux)."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def a_text(length: int) -> str:
    chance, words = Random(length), " ".join(SENTENCES).split()
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
        plain = a_text(length)
        say(
            f"score, {length:>5,} characters: {milliseconds(lambda plain=plain: weights.probability(plain)):6.3f} ms, "
            f"by the word list {milliseconds(lambda plain=plain: prior.probability(plain, 'en')):6.3f} ms"
        )


def invented(count: int) -> list[Any]:
    """Decisions on texts of the demo's phrase book, none twice."""
    from kakehashi.archive.demo.content import table
    from kakehashi.archive.demo.phrases import expand
    from kakehashi.moderation.model.lessons import Lesson

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
    from kakehashi.moderation.model.training import train

    for count in DECISIONS:
        lessons = invented(count)
        began, cpu = time.perf_counter(), time.process_time()
        train(lessons)
        took, worked = time.perf_counter() - began, time.process_time() - cpu
        say(f"training, {count:>6,} decisions: {took:6.1f} s, {worked:6.1f} s of one core; {memory():.0f} MiB in all")


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
            f"{found['log_loss']:.3f} ({found['log_loss_of_base_rate']:.3f}), top {tops}"
        )

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
        "--site", action="store_true", help="the decisions of the site in KAKEHASHI_DATA, its quality only"
    )
    asked = parser.parse_args()
    import django

    django.setup()
    if asked.site:
        from django.utils import timezone

        from kakehashi.moderation.model import lessons

        gathered = lessons.gather()
        quality(gathered, lessons.untouched(most=len(gathered), now=timezone.now()))
        return
    scoring()
    training()


if __name__ == "__main__":
    main()
