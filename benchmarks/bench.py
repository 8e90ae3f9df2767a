"""What all groups of rows share: the site, nginx, how long a window is, and the table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import load
from benchmarks.load import Measured
from benchmarks.places import BenchSite
from benchmarks.report import Report

WINDOWS = 3
GZIP = {"Accept-Encoding": "gzip"}
# Any thirty-two letters are a token, if cookie and form say the same.
TOKEN = "benchmarkbenchmarkbenchmarkbench"
# Signed-in readers that take turns on a page.
READERS = 64
LENGTHS = (15, 200, 1000)


@dataclass
class Bench:
    """One run. `seconds` is the length of one of the three windows of a row."""

    site: BenchSite
    report: Report
    seconds: float
    listeners: int = 5000
    taken: int = 0

    def another_member(self) -> int:
        """The number of a signed-in member who has done nothing yet: from the end, loads begin at the front."""
        self.taken += 1
        return len(self.site.filled["sessions"]) - self.taken

    def windows(self, measure: Callable[[], Measured]) -> Measured:
        """The window with the middle rate of three."""
        return middle([measure() for _ in range(WINDOWS)])

    def reading(self, path: str, *, headers: dict[str, str] | None = None, members: int = 0) -> Measured:
        """The path asked for by 16 connections; by so many members in turn, or by nobody in particular."""
        turns = [(path, self.site.cookie(n)) for n in range(members)]
        asked = GZIP | (headers or {})
        return self.windows(
            lambda: load.read(self.site.address, path, seconds=self.seconds, headers=asked, turns=turns)
        )

    def has(self, path: str, name: str, **headers: str) -> bool:
        """Whether the path answers 200; a row says so where it does not."""
        status, _, _ = self.site.get(path, **headers)
        if status != 200:
            self.report.add(name, f"answers {status}")
        return status == 200


def middle(measured: Sequence[Measured]) -> Measured:
    """The one with the middle rate; what went wrong in any of them counts."""
    found = sorted(measured, key=lambda window: window.rate)[len(measured) // 2]
    return next((window for window in measured if window.errors or window.failed or window.refused), found)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def times(ours: float, theirs: float, of: str) -> str:
    """`2.5 × Remark42`."""
    ratio = ours / theirs if theirs else 0.0
    return f"{ratio:.2f} × {of}" if ratio < 10 else f"{ratio:,.0f} × {of}"
