"""Votes out of a Parquet file, and tables into one; needs pyarrow."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.columns import REQUIRED, TIMESTAMP, UNKNOWN, Block, Columns, FileError, Names

_ROWS = 250_000


def _pyarrow() -> Any:
    try:
        importlib.import_module("pyarrow.parquet")
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise FileError("Parquet files need pyarrow: pip install 'kakehashi[parquet]'.") from error


def parquet_blocks(
    file: BinaryIO, name: str, columns: Columns, progress: Callable[[int, int], None] | None
) -> Iterator[Block]:
    """The rows of a file, wherever its columns of our names stand. Raises `FileError`."""
    pyarrow = _pyarrow()
    try:
        source = pyarrow.parquet.ParquetFile(file)
        wanted = _wanted(source.schema_arrow.names, name)
        before = 0
        for batch in source.iter_batches(batch_size=_ROWS, columns=wanted):
            yield _block(batch, before, name, columns)
            before += batch.num_rows
            if progress:
                progress(before, source.metadata.num_rows)
    except pyarrow.ArrowException as error:
        raise FileError(f"{name} cannot be read as Parquet: {str(error).splitlines()[0]}.") from error


def _wanted(names: Sequence[str], name: str) -> list[str]:
    missing = [column for column in REQUIRED if column not in names]
    if missing:
        raise FileError(f"{name}: there must be columns {', '.join(REQUIRED)}; {' and '.join(missing)} not found.")
    return [*REQUIRED, *([TIMESTAMP] if TIMESTAMP in names else [])]


def _block(batch: Any, before: int, name: str, columns: Columns) -> Block:
    where = partial(_where, name, before)
    item = _places(batch.column("item_id"), columns.items)
    if (item == UNKNOWN).any():
        raise FileError(f"{where(int(np.argmax(item == UNKNOWN)))}: item_id must not be empty.")
    return Block(
        voter=_places(batch.column("voter_id"), columns.voters),
        item=item,
        twice=_twice(batch.column("value"), where),
        time=_times(batch.column(TIMESTAMP), where) if TIMESTAMP in batch.schema.names else None,
        where=where,
    )


def _where(name: str, before: int, row: int) -> str:
    return f"{name}, row {before + row + 1}"


def _places(column: Any, names: Names) -> NDArray[np.int32]:
    """Numbers of the ids as texts; what is empty is unknown."""
    pyarrow = _pyarrow()
    encoded = column if isinstance(column, pyarrow.DictionaryArray) else column.dictionary_encode()
    known = ["" if one is None else str(one) for one in encoded.dictionary.to_pylist()]
    place = np.append(_named(known, names), np.int32(UNKNOWN))
    index = encoded.indices.fill_null(len(known)).to_numpy(zero_copy_only=False)
    found: NDArray[np.int32] = place[index]
    return found


def _named(known: list[str], names: Names) -> NDArray[np.int32]:
    place = np.full(len(known), UNKNOWN, np.int32)
    some = [number for number, one in enumerate(known) if one]
    place[some] = names.places((known[number] for number in some), len(some))
    return place


def _twice(column: Any, where: Callable[[int], str]) -> NDArray[np.int8]:
    try:
        value = np.asarray(column.cast("float64").to_numpy(zero_copy_only=False))
    except _pyarrow().ArrowException as error:
        raise FileError(f"{where(0)}: the values must be numbers, but their type is {column.type}.") from error
    is_right = np.isin(value, [-1, 0, 0.5, 1])
    if not is_right.all():
        row = int(np.argmin(is_right))
        raise FileError(f"{where(row)}: value must be 1 or -1, or 1, 0.5 or 0; found '{column[row].as_py()}'.")
    return (value * 2).astype(np.int8)


def _times(column: Any, where: Callable[[int], str]) -> NDArray[np.float64]:
    pyarrow = _pyarrow()
    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("us", tz=column.type.tz)).cast("int64")
        return np.asarray(column.cast("float64").to_numpy(zero_copy_only=False)) / 1e6
    try:
        times = np.asarray(column.cast("float64").to_numpy(zero_copy_only=False))
    except pyarrow.ArrowException as error:
        raise FileError(f"{where(0)}: timestamps must be seconds or times, but their type is {column.type}.") from error
    is_wrong = np.isinf(times)
    if is_wrong.any():
        raise FileError(f"{where(int(np.argmax(is_wrong)))}: the timestamp is not a finite number.")
    return times


def write_parquet(path: Path, table: Mapping[str, Sequence[Any]]) -> None:
    pyarrow = _pyarrow()
    pyarrow.parquet.write_table(pyarrow.table({name: pyarrow.array(column) for name, column in table.items()}), path)
