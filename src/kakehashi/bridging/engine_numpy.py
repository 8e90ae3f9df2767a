"""Sums over rows of votes with SciPy's sparse products: exact, one thread, no compiler needed."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from kakehashi.bridging.rows import Floats, Rows


class NumpySums:
    """Sums over the votes of each row of `rows`, of a table with one line for each index of the other side."""

    def __init__(self, rows: Rows, n_columns: int) -> None:
        shape = (len(rows), n_columns)
        column, rate = rows.column, rows.halves * 0.5
        self._votes = scipy.sparse.csr_array((np.ones(len(rate)), column, rows.start), shape=shape)
        self._ups = scipy.sparse.csr_array((rate, column, rows.start), shape=shape)
        self._downs = scipy.sparse.csr_array((1.0 - rate, column, rows.start), shape=shape)

    def of(self, table: Floats) -> Floats:
        """Sum of table[other side] over all votes of each row: (rows, table's width)."""
        return np.asarray(self._votes @ table)

    def of_ups(self, table: Floats) -> Floats:
        """The same, each vote weighted by its rate."""
        return np.asarray(self._ups @ table)

    def of_downs(self, table: Floats) -> Floats:
        """The same, each vote weighted by 1 - its rate."""
        return np.asarray(self._downs @ table)
