"""Which code sums: NumPy and SciPy always, Numba where it is installed and worth its start."""

from __future__ import annotations

from kakehashi.bridging.engine_numpy import NumpySums
from kakehashi.bridging.fit import Sums
from kakehashi.bridging.rows import Rows


def sums_of(rows: Rows, n_columns: int, engine: str) -> Sums:
    """Sums over `rows`, whose other side has `n_columns` indices."""
    return NumpySums(rows, n_columns)
