"""What was measured, against what was wanted: one table for the terminal and for docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

BEGIN, END = "<!-- {name}: begin -->", "<!-- {name}: end -->"


@dataclass(frozen=True)
class Goal:
    """A bound on a figure, `least` or `most`; `said` is how the table prints it."""

    said: str
    least: float | None = None
    most: float | None = None

    def is_reached(self, value: float) -> bool:
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass(frozen=True)
class Row:
    """One line of the table; `is_reached` is None where there is no goal."""

    name: str
    figure: str
    ratio: str = ""
    goal: str = ""
    is_reached: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "yes", False: "NO", None: ""}[self.is_reached]


@dataclass
class Report:
    """Rows as they come, in groups. `say` gets each line at once, for somebody who waits."""

    title: str
    say: Callable[[str], None] = print
    groups: dict[str, list[Row]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    group: str = ""

    def begin(self, group: str) -> None:
        self.group = group
        self.groups.setdefault(group, [])
        self.say(f"\n{group}")

    def add(self, name: str, figure: str, *, ratio: str = "", goal: Goal | None = None, value: float = 0.0) -> None:
        """A row; with a goal, `value` is what it is about."""
        reached = goal.is_reached(value) if goal else None
        row = Row(name, figure, ratio, goal.said if goal else "", reached)
        self.groups.setdefault(self.group, []).append(row)
        self.say(f"  {name:<50} {figure:>22}  {ratio:<40} {row.goal:<28} {row.verdict}".rstrip())

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)
        self.say(f"  {sentence}")

    @property
    def missed(self) -> list[Row]:
        return [row for rows in self.groups.values() for row in rows if row.is_reached is False]

    def markdown(self) -> str:
        """The table, a heading for each group, and where and when it was measured."""
        lines = [f"{self.title}, {datetime.now(UTC):%Y-%m-%d}, {machine()}.", ""]
        for group, rows in self.groups.items():
            lines += [f"### {group}", "", "| | figure | ratio | goal | reached |", "|---|---:|---|---|---|"]
            lines += [f"| {r.name} | {r.figure} | {r.ratio} | {r.goal} | {r.verdict} |" for r in rows]
            lines.append("")
        lines += [f"- {sentence}" for sentence in self.notes]
        return "\n".join(lines).rstrip() + "\n"

    def write(self, file: Path, name: str) -> None:
        """Put the table between the file's marks for `name`, or make the file of nothing else."""
        begin, end = BEGIN.format(name=name), END.format(name=name)
        block = f"{begin}\n{self.markdown()}{end}"
        text = file.read_text(encoding="utf-8") if file.exists() else f"{begin}\n{end}\n"
        pattern = re.escape(begin) + r".*?" + re.escape(end)
        if not re.search(pattern, text, re.DOTALL):
            text = f"{text.rstrip()}\n\n{begin}\n{end}\n"
        file.write_text(re.sub(pattern, lambda _: block, text, flags=re.DOTALL), encoding="utf-8")


def machine() -> str:
    """The processor, its cores and Python's version, in a few words."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    name = found[1].strip() if found else platform.machine()
    return f"{len(os.sched_getaffinity(0))} × {name}, Python {platform.python_version()}"


def rate(value: float) -> str:
    return f"{value:,.0f}/s"


def milliseconds(value: float) -> str:
    return f"{value:,.2f} ms" if value < 10 else f"{value:,.0f} ms"


def size(value: float) -> str:
    return f"{value / 1024:,.1f} kB" if value < 1024 * 1024 else f"{value / 1024 / 1024:,.1f} MiB"
