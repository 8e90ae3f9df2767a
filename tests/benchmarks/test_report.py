"""The tables of the benchmarks: goals, verdicts, and a file in which a table takes the place of the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.bench import middle, times
from benchmarks.load import Measured
from benchmarks.report import Goal, Report

pytestmark = pytest.mark.once


def a_window(requests: int, **trouble: int) -> Measured:
    return Measured(requests, 1.0, 0, 0.0, 0.0, **{"errors": 0, "refused": 0, **trouble})


@pytest.mark.parametrize(
    ("goal", "value", "verdict"),
    [
        (Goal("≥ 2", least=2), 2.0, "yes"),
        (Goal("≥ 2", least=2), 1.9, "NO"),
        (Goal("≤ 3", most=3), 3.1, "NO"),
        (Goal("0", least=0, most=0), 0.0, "yes"),
        (None, 0.0, ""),
    ],
)
def test_verdicts(goal: Goal | None, value: float, verdict: str) -> None:
    report = Report("A run", say=lambda _: None)
    report.begin("Pages")
    report.add("front", "9/s", goal=goal, value=value)
    assert report.groups["Pages"][0].verdict == verdict
    assert len(report.missed) == (verdict == "NO")


def test_a_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "figures.md"
    file.write_text("# Figures\n\n<!-- bench: begin -->\nold\n<!-- bench: end -->\n\nHow to read them.\n")
    report = Report("A run", say=lambda _: None)
    report.begin("Pages")
    report.add("front", "9/s", ratio="0.31 × nginx", goal=Goal("≥ 0.30", least=0.3), value=0.31)
    report.note("1 refused 503")
    for _ in range(2):
        report.write(file, "bench")
    text = file.read_text()
    assert text.startswith("# Figures\n")
    assert text.endswith("How to read them.\n")
    assert "old" not in text
    assert text.count("| front | 9/s | 0.31 × nginx | ≥ 0.30 | yes |") == 1
    assert text.count("- 1 refused 503") == 1


def test_the_median_window_stands_unless_one_went_wrong() -> None:
    assert middle([a_window(9), a_window(1), a_window(5)]).requests == 5
    assert middle([a_window(9), a_window(1, refused=2), a_window(5)]).trouble == "2 refused"
    assert middle([a_window(9), a_window(1, errors=3), a_window(5)]).trouble == "3 without an answer"


def test_ratios() -> None:
    assert times(5, 2, "theirs") == "2.50 × theirs"
    assert times(500, 2, "theirs") == "250 × theirs"
