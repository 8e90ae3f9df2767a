"""The sums of `half` compiled by Numba, on all cores. Importing this module imports Numba.

Each row is summed by one thread from its first vote to its last, and sums over rows are taken chunk by chunk, the chunks
depending on the votes alone: the same bits for any number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from kakehashi.bridging.half import Errors, Half, Side
from kakehashi.bridging.rows import Floats, Ints, Rows

CHUNKS = 256

# Compiled code is kept beside the source, or in Numba's own cache directory where that cannot be written.
_compiled = njit(parallel=True, cache=True, nogil=True, boundscheck=False)


class CompiledHalf(Half):
    """A `Half` that needs no memory beyond the votes."""

    def __init__(self, rows: Rows, n_columns: int) -> None:
        super().__init__(rows, n_columns)
        self._chunks = chunks_of(rows)

    def of(self, table: Floats) -> Floats:
        return self._weighted(table, 1.0, 0.0)

    def of_ups(self, table: Floats) -> Floats:
        return self._weighted(table, 0.0, 0.5)

    def of_downs(self, table: Floats) -> Floats:
        return self._weighted(table, 1.0, -0.5)

    def update(self, other: Side, mu: float, s2: float, tau: Floats) -> tuple[Side, Errors]:
        if len(tau) != 2:
            return super().update(other, mu, s2, tau)
        count = len(self.n)
        side = Side(np.empty((count, 2)), np.empty((count, 2, 2)))
        errors = np.zeros((len(self._chunks) - 1, 2))
        table = np.empty((len(other.mean), 4), np.float32)
        _table(other.mean, other.cov, table)
        rows = self.rows
        _update(rows.start, rows.packed, self._chunks, table, mu, s2, tau[0], tau[1], side.mean, side.cov, errors)
        squares, plain = errors.sum(axis=0)
        return side, Errors(float(squares), float(plain))

    def _weighted(self, table: Floats, constant: float, by_half: float) -> Floats:
        table = np.ascontiguousarray(table, np.float64)
        out = np.zeros((len(self.n), table.shape[1]))
        _sums(self.rows.start, self.rows.packed, self._chunks, table, constant, by_half, out)
        return out


def chunks_of(rows: Rows) -> Ints:
    """Bounds of up to `CHUNKS` stretches of rows that hold about equally many votes."""
    wished = np.linspace(0, len(rows.packed), CHUNKS + 1)
    bounds = np.searchsorted(rows.start, wished)
    bounds[0], bounds[-1] = 0, len(rows)
    return np.unique(bounds)


@_compiled
def _sums(start, packed, chunks, table, constant, by_half, out):  # type: ignore[no-untyped-def]
    width = table.shape[1]
    for chunk in prange(len(chunks) - 1):
        for row in range(chunks[chunk], chunks[chunk + 1]):
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                weight = constant + by_half * (vote & 3)
                column = vote >> 2
                for t in range(width):
                    out[row, t] += weight * table[column, t]


@_compiled
def _table(mean, cov, table):  # type: ignore[no-untyped-def]
    """What a vote adds to the sums of its row: bias, position, E[position^2], E[bias position]."""
    for row in prange(len(mean)):
        bias, position = mean[row, 0], mean[row, 1]
        table[row, 0] = bias
        table[row, 1] = position
        table[row, 2] = position * position + cov[row, 1, 1]
        table[row, 3] = bias * position + cov[row, 0, 1]


@_compiled
def _update(start, packed, chunks, table, mu, s2, tau_bias, tau_position, mean, cov, errors):  # type: ignore[no-untyped-def]
    """`Half.update` for one axis: 2 x 2 Gaussians by formula."""
    for chunk in prange(len(chunks) - 1):
        squares, plain = 0.0, 0.0
        for row in range(chunks[chunk], chunks[chunk + 1]):
            rate, bias, y, yy, by, ry = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                r = 0.5 * (vote & 3)
                column = vote >> 2
                position = np.float64(table[column, 1])
                rate += r
                bias += table[column, 0]
                y += position
                yy += table[column, 2]
                by += table[column, 3]
                ry += r * position
            n = np.float64(start[row + 1] - start[row])
            p0 = rate - mu * n - bias
            p1 = ry - mu * y - by
            a, b, c = n / s2 + 1.0 / tau_bias, y / s2, yy / s2 + 1.0 / tau_position
            det = a * c - b * b
            v00, v01, v11 = c / det, -b / det, a / det
            m0, m1 = (v00 * p0 + v01 * p1) / s2, (v01 * p0 + v11 * p1) / s2
            mean[row, 0], mean[row, 1] = m0, m1
            cov[row, 0, 0], cov[row, 0, 1], cov[row, 1, 0], cov[row, 1, 1] = v00, v01, v01, v11
            squares += (
                (m0 * m0 + v00) * n + 2.0 * (m0 * m1 + v01) * y + (m1 * m1 + v11) * yy - 2.0 * (m0 * p0 + m1 * p1)
            )
            plain += p0 - n * m0 - y * m1
        errors[chunk, 0], errors[chunk, 1] = squares, plain
