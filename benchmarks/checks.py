"""Time the word list: 50,000 entries against an ordinary comment, a long one, and texts made to hurt.

Run with `python -m benchmarks.checks` (`make bench-checks`); prints milliseconds of processor time, the best of several runs,
and how many letters were compared, which does not depend on the machine.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from benchmarks.prose import Prose
from kakehashi.lib.words import Matcher, read

ENTRIES = 50_000
ORDINARY, LONGEST = 400, 5000


def milliseconds(call: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Of the processor, so that a busy machine counts less."""
    best = float("inf")
    for _round in range(rounds):
        began = time.process_time()
        for _turn in range(times):
            call()
        best = min(best, time.process_time() - began)
    return best / times * 1000


def entries(prose: Prose, rng: random.Random) -> list[str]:
    """Words and phrases of a language that the texts are not in, one in twenty with a wildcard, some of them of texts."""
    made = []
    for number in range(ENTRIES):
        words = ["".join(rng.choices("bcdfghjklmnprstvwxz", k=rng.randint(2, 4)) + rng.choices("aeiou", k=2))]
        words += rng.sample(prose.words, 1) if number % 5 == 0 else []
        if number % 20 == 0:
            words[-1] += "*"
        made.append(" ".join(words))
    return made


def main() -> None:
    rng = random.Random(7)
    prose = Prose(rng)
    phrases = entries(prose, rng)
    making = milliseconds(lambda: Matcher((phrase, None) for phrase in phrases), 1, 3)
    matcher = Matcher((phrase, None) for phrase in phrases)
    text = "\n\n".join(prose.paragraph() for _ in range(60))
    texts = {
        f"ordinary, {ORDINARY} characters": text[:ORDINARY],
        f"long, {LONGEST:,} characters": text[:LONGEST],
        "of entries alone": " ".join(phrases)[:LONGEST],
        "one letter": "a" * LONGEST,
        "two letters": "ab" * (LONGEST // 2),
        "one letter a word": "a " * (LONGEST // 2),
        "dots": "a." * (LONGEST // 2),
        "exclamation marks": "!" * (LONGEST - 1) + "a",
        "digits for letters": "w0rd5 " * (LONGEST // 6),
        "Japanese": "港の議会は橋について話し合った。" * (LONGEST // 16),
    }
    lines = [
        f"{'making the list of 50,000':<28}{making:8.0f} ms",
        f"{'':<28}{'reading':>8}{'finding':>9}{'letters':>9}",
    ]
    for name, said in texts.items():
        readings = read(said)
        reading = milliseconds(lambda said=said: read(said), 20)  # type: ignore[misc]
        # Whatever is worked out once for a reading is worked out each time here, as for a comment.
        finding = milliseconds(lambda said=said: matcher.find(read(said)), 20) - reading  # type: ignore[misc]
        lines.append(f"{name:<28}{reading:8.2f}{max(0.0, finding):9.2f}{matcher.find(readings).steps:9,}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
