"""Votes out of a CSV file: columns by name, a block of rows at a time, and every mistake with its line."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import accumulate, islice
from typing import NoReturn, TextIO

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.columns import REQUIRED, TIMESTAMP, Block, Columns, FileError

# So few that they stay in the processor's cache.
_ROWS = 2_000


class _Values(dict[str, int]):
    """Twice the value of each spelling met so far."""

    def __missing__(self, text: str) -> int:
        twice = float(text) * 2
        if twice not in {-2, 0, 1, 2}:
            raise ValueError(text)
        self[text] = int(twice)
        return int(twice)


def csv_blocks(text: TextIO, name: str, columns: Columns) -> Iterator[Block]:
    """The rows of an open file, `text`, that begins with a header. Raises `FileError`."""
    rows = csv.reader(text, strict=True)
    try:
        header = next(rows, None)
        places = _places(header, name)
        before = rows.line_num
        values = _Values()
        while some := list(islice(rows, _ROWS)):
            yield _Rows(some, before, rows.line_num, name).block(places, values, columns)
            before = rows.line_num
    except csv.Error as error:
        raise FileError(f"{name}, line {rows.line_num}: {error}.") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{name}, after line {rows.line_num}: the text is not UTF-8.") from error


def _places(header: list[str] | None, name: str) -> list[int]:
    """Where the columns stand that are read; the timestamp's is missing where there is none."""
    if not header:
        raise FileError(f"{name} is empty: its first line must name the columns, {','.join(REQUIRED)},{TIMESTAMP}.")
    names = [column.strip() for column in header]
    missing = [column for column in REQUIRED if column not in names]
    if missing:
        raise FileError(
            f"{name}, line 1: the columns {', '.join(REQUIRED)} must be named, separated by commas; "
            f"{' and '.join(missing)} not found in “{','.join(header)[:200]}”."
        )
    wanted = [*REQUIRED, *([TIMESTAMP] if TIMESTAMP in names else [])]
    twice = [column for column in wanted if names.count(column) > 1]
    if twice:
        raise FileError(f"{name}, line 1: the column {twice[0]} is there more than once.")
    return [names.index(column) for column in wanted]


class _Rows:
    """Some rows of the file, none blank, and the number of the line in which each ends."""

    def __init__(self, rows: list[list[str]], before: int, after: int, name: str) -> None:
        self.rows, self.name = rows, name
        self.lines: Sequence[int] = range(before + 1, after + 1)
        if after - before != len(rows):
            self.lines = list(accumulate((1 + sum(map(_breaks, fields)) for fields in rows), initial=before))[1:]
        if [] in rows:
            self.lines = [line for line, fields in zip(self.lines, rows, strict=True) if fields]
            self.rows = [fields for fields in rows if fields]

    def block(self, places: Sequence[int], values: _Values, columns: Columns) -> Block:
        every = self._columns(1 + max(places))
        voter, item, value = (every[place] for place in places[:3])
        if "" in item:
            self._fail(item.index(""), "item_id must not be empty.")
        return Block(
            voter=columns.voters.places(voter, len(voter)),
            item=columns.items.places(item, len(item)),
            twice=self._values(value, values),
            time=self._times(every[places[3]]) if len(places) > 3 else None,
            where=partial(_where, self.name, self.lines),
        )

    def _fail(self, row: int, sentence: str) -> NoReturn:
        raise FileError(f"{_where(self.name, self.lines, row)}: {sentence}")

    def _columns(self, width: int) -> list[tuple[str, ...]]:
        """At least `width` columns; rows may be longer."""
        lengths = list(map(len, self.rows))
        if min(lengths, default=width) < width:
            row = next(row for row, length in enumerate(lengths) if length < width)
            self._fail(row, f"{width} columns are needed, found {lengths[row]}.")
        if not self.rows:
            return [()] * width
        return list(zip(*self.rows, strict=False))

    def _values(self, column: Sequence[str], values: _Values) -> NDArray[np.int8]:
        try:
            return np.fromiter(map(values.__getitem__, column), np.int8, len(column))
        except ValueError:
            row = next(row for row, text in enumerate(column) if not _is_right(values.__getitem__, text))
            self._fail(row, f"value must be 1 or -1, or 1, 0.5 or 0; found '{column[row][:60]}'.")

    def _times(self, column: Sequence[str]) -> NDArray[np.float64]:
        """Numbers where all are, else each by itself."""
        with contextlib.suppress(ValueError):
            times = np.fromiter(map(float, column), np.float64, len(column))
            if np.isfinite(times).all():
                return times
        times = np.empty(len(column))
        for row, text in enumerate(column):
            try:
                times[row] = _seconds(text)
            except ValueError:
                self._fail(row, f"timestamp must be seconds or a time like 2026-05-14T18:30; found '{text[:60]}'.")
        return times


def _breaks(field: str) -> int:
    return field.count("\n")


def _where(name: str, lines: Sequence[int], row: int) -> str:
    return f"{name}, line {lines[row]}"


def _is_right(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _seconds(text: str) -> float:
    """A number as it stands, a time as seconds since 1970 (UTC where it names no zone); NaN for nothing."""
    if not text.strip():
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        time = datetime.fromisoformat(text.strip())
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    if not np.isfinite(number):
        raise ValueError(text)
    return number
