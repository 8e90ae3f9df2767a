"""A table of figures, for the terminal and for a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table as RichTable


@dataclass
class Table:
    """Rows of texts under `columns`; the first `names` columns say what a row is about, the others are figures."""

    title: str
    columns: tuple[str, ...]
    names: int = 1
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        self.rows.append(tuple(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells))

    def show(self, console: Console) -> None:
        table = RichTable(title=self.title, title_justify="left", title_style="bold", header_style="")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="left" if number < self.names else "right", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        rule = ["---" if number < self.names else "---:" for number in range(len(self.columns))]
        lines = [list(self.columns), rule, *map(list, self.rows)]
        return f"### {self.title}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def console() -> Console:
    """As wide as the figures need where nobody looks, else as wide as the terminal."""
    found = Console()
    return found if found.is_terminal else Console(width=200)


def markdown(tables: Iterable[Table]) -> str:
    return "\n".join(table.markdown() for table in tables)
