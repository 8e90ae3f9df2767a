"""Time the text pipeline: an ordinary comment, and 5,000 characters of each sign that is known to hurt parsers.

Run with `python benchmarks/text.py`; prints milliseconds, the best of several runs.
"""

import sys
import timeit
from collections.abc import Callable

from kakehashi.lib import text

ORDINARY = """> The harbour board has counted every ferry twice.

@Storm R I think that is *not* what the report says. It counts the crossings, and a ferry crosses twice a day.
If you read page 4 you will see the table: https://example.org/report/4

That said, the price is too high for the people of the islands, and nobody asked them. I would rather pay a little more
in tax than see the night boat go."""
PEOPLE = {"stormr": text.Person("Storm R", "/member/Storm%20R/", 1)}
UNITS = [
    *("[", "*", "(", "_", "`", ">", "@", "@a", "山", "![", "[a](", "**a", "_a*", "*_", "`a", "-"),
    *("http://", "https://a.b/(", "a.com", "a@b.com"),
]


def milliseconds(call: Callable[[], object], times: int) -> float:
    return min(timeit.repeat(call, number=times, repeat=3)) / times * 1000


def main() -> None:
    lines = [
        f"render, {len(ORDINARY)} characters   {milliseconds(lambda: text.render(ORDINARY, people=PEOPLE), 300):8.3f}",
        f"mention_keys, the same    {milliseconds(lambda: text.mention_keys(ORDINARY), 300):8.3f}",
        f"clean, 5 million letters  {milliseconds(lambda: text.clean('a' * 5_000_000), 1):8.1f}",
        f"clean, 5 million kanji    {milliseconds(lambda: text.clean('山' * 5_000_000), 1):8.1f}",
    ]
    for unit in UNITS:
        heap = (f"{unit} " * 5000)[:5000], (unit * 5000)[:5000]
        worst = max(milliseconds(lambda source=source: text.render(source, people=PEOPLE), 1) for source in heap)
        lines.append(f"render, 5,000 × {unit:<14}{worst:8.1f}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
