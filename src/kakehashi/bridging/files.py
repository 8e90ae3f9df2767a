"""Files of votes and of scores: CSV, packed with gzip or not, and Parquet.

A file is read a block of rows at a time into compact arrays (see `columns`), and written beside its place first, so
that a run which is killed leaves the old file as it was.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kakehashi.bridging.columns import Columns, FileError
from kakehashi.bridging.csv_votes import csv_blocks
from kakehashi.bridging.votes import Votes

STANDARD = "-"  # standard input or output
# (how much is done, how much there is); 0 where nobody knows.
Progress = Callable[[int, int], None]
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"


def read_votes(path: str, *, is_passing: bool = False, progress: Progress | None = None) -> Votes:
    """The votes in a file, or on standard input for “-”.

    CSV with a header that names voter_id, item_id, value and, if there is one, timestamp, in any order and among other
    columns; or Parquet with columns of these names. What a file is shows in its first bytes, not in its name. Ids become
    texts; an empty voter_id is an unknown voter. `is_passing` leaves out values of 0 where 1 and -1 are the scale.

    Raises `FileError`, whose message names file and line, and OSError.
    """
    name = "standard input" if path == STANDARD else path
    columns = Columns(is_passing=is_passing)
    with _opened(path) as file:
        begin = file.peek(4)[:4]
        if begin == _PARQUET:
            if path == STANDARD:
                raise FileError("Standard input may carry CSV; a Parquet file must be named.")
            from kakehashi.bridging.parquet_votes import parquet_blocks

            for block in parquet_blocks(file, name, columns, progress):
                columns.add(block)
        else:
            _read_csv(file, name, columns, progress, is_packed=begin.startswith(_GZIP))
    return columns.votes(name)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[io.BufferedReader]:
    if path != STANDARD:
        with open(path, "rb") as file:
            yield file
        return
    file = io.BufferedReader(sys.stdin.buffer)  # type: ignore[arg-type]
    try:
        yield file
    finally:
        file.detach()


def _read_csv(
    file: io.BufferedReader, name: str, columns: Columns, progress: Progress | None, *, is_packed: bool
) -> None:
    size = 0 if name == "standard input" else os.fstat(file.fileno()).st_size
    unpacked: Any = gzip.GzipFile(fileobj=file) if is_packed else file
    text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
    try:
        for block in csv_blocks(text, name, columns):
            columns.add(block)
            if progress:
                progress(file.tell() if size else columns.rows, size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"{name} is damaged or cut off: it cannot be unpacked after {columns.rows:,} rows.") from error
    finally:
        text.detach()


def write_table(path: str, table: Mapping[str, Sequence[Any]]) -> None:
    """A table of columns as CSV, packed if the name ends in .gz; as Parquet if in .parquet; on standard output for “-”.

    What is None stands empty in CSV. Raises OSError and, where pyarrow is missing, `FileError`.
    """
    if path == STANDARD:
        _write_csv(sys.stdout, table)
        return
    with replaced(path) as beside:
        if path.endswith(".parquet"):
            from kakehashi.bridging.parquet_votes import write_parquet

            write_parquet(beside, table)
        elif path.endswith(".gz"):
            # Without a time and a name inside, the same scores make the same bytes.
            packed: Any
            with (
                open(beside, "wb") as raw,
                gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
            ):
                _write_csv(text, table)
        else:
            with open(beside, "w", encoding="utf-8", newline="") as text:
                _write_csv(text, table)


def _write_csv(text: Any, table: Mapping[str, Sequence[Any]]) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))


@contextlib.contextmanager
def replaced(path: str) -> Iterator[Path]:
    """A file to write that takes the place of `path` when it is whole, and goes away if anything fails."""
    place = Path(path)
    if place.exists() and not place.is_file():  # a pipe, a terminal: nothing to replace
        yield place
        return
    beside = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        yield beside
        with open(beside, "rb") as written:
            os.fsync(written.fileno())
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
