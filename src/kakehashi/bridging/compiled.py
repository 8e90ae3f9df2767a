"""The sums of `half` compiled by Numba, on all cores. Importing this module imports Numba.

Each row is summed by one thread from its first vote to its last, and sums over rows are taken chunk by chunk, the chunks
depending on the votes alone: the same bits for any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numba import get_num_threads, njit, prange, set_num_threads
from numpy.typing import NDArray

from kakehashi.bridging import compiled_grid
from kakehashi.bridging.ballots import Ballots
from kakehashi.bridging.grid import SUMS
from kakehashi.bridging.half import Errors, Half, RidgeSums, Side
from kakehashi.bridging.leading import BLOCK
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Ints, Rows

CHUNKS = 256
WORTH_THREADS = 400_000
# Sums are taken of so many columns at once: the registers hold them.
WIDTH = 4

# Compiled code is kept beside the source, or in Numba's own cache directory where that cannot be written.
_compiled = njit(parallel=True, cache=True, nogil=True, boundscheck=False)
_compiled_alone = njit(cache=True, nogil=True, boundscheck=False)


class CompiledHalf(Half):
    """A `Half` that needs no memory beyond the votes and one table."""

    def __init__(self, rows: Rows, n_columns: int) -> None:
        super().__init__(rows, n_columns)
        self._chunks = chunks_of(rows)

    def of(self, table: Floats) -> Floats:
        return self._weighted(table, 1.0, 0.0)

    def of_ups(self, table: Floats) -> Floats:
        return self._weighted(table, 0.0, 0.5)

    def of_downs(self, table: Floats) -> Floats:
        return self._weighted(table, 1.0, -0.5)

    def of_residuals(self, mu: float, own: Floats, other: Floats, table: Floats) -> Floats:
        width, block = own.shape[1], table.shape[1]
        if width > 2 or block > BLOCK:
            return super().of_residuals(mu, own, other, table)
        padded = np.zeros((len(table), 2 + BLOCK))
        padded[:, :width] = other
        padded[:, 2 : 2 + block] = table
        slope = own[:, 1] if width == 2 else np.zeros(len(own))
        out = np.empty((len(self.n), BLOCK))
        with threads_for(self.n_votes):
            _residuals(self.rows.start, self.rows.packed, self._chunks, padded, mu + own[:, 0], slope, out)
        return out[:, :block]

    def ridge_sums(self, other: Floats) -> RidgeSums:
        sums, squares = np.empty((len(self.n), 4)), np.empty(len(self._chunks) - 1)
        with threads_for(self.n_votes):
            _ridge_sums(self.rows.start, self.rows.packed, self._chunks, np.ascontiguousarray(other), sums, squares)
        return RidgeSums(sums, float(squares.sum()))

    def update(self, other: Side, mu: float, s2: float, tau: Floats) -> tuple[Side, Errors]:
        width = len(tau)
        if width > 2:
            return super().update(other, mu, s2, tau)
        # No axis is an axis on which everybody stands at 0.
        count, tau_position = len(self.n), tau[1] if width == 2 else 1.0
        side = Side(np.empty((count, width)), np.empty((count, width, width)))
        errors = np.zeros((len(self._chunks) - 1, 2))
        table = np.zeros((len(other.mean), WIDTH), np.float32)
        _table(other.mean, other.cov, table)
        rows = self.rows
        with threads_for(self.n_votes):
            _update(
                rows.start, rows.packed, self._chunks, table, mu, s2, tau[0], tau_position, side.mean, side.cov, errors
            )
        squares, plain = errors.sum(axis=0)
        return side, Errors(float(squares), float(plain))

    def _weighted(self, table: Floats, constant: float, by_half: float) -> Floats:
        parts = []
        for at in range(0, table.shape[1], WIDTH):
            part = table[:, at : at + WIDTH]
            padded = np.zeros((len(table), WIDTH))
            padded[:, : part.shape[1]] = part
            out = np.empty((len(self.n), WIDTH))
            with threads_for(self.n_votes):
                _sums(self.rows.start, self.rows.packed, self._chunks, padded, constant, by_half, out)
            parts.append(out[:, : part.shape[1]])
        return np.concatenate(parts, axis=1) if len(parts) != 1 else parts[0]


@contextmanager
def threads_for(n_votes: int) -> Iterator[None]:
    """One thread where starting more takes longer than the sums."""
    before = get_num_threads()
    if n_votes < WORTH_THREADS:
        set_num_threads(1)
    try:
        yield
    finally:
        set_num_threads(before)


def chunks_of(rows: Rows) -> Ints:
    """Bounds of up to `CHUNKS` stretches of rows that hold about equally many votes."""
    wished = np.linspace(0, len(rows.packed), CHUNKS + 1)
    bounds = np.searchsorted(rows.start, wished)
    bounds[0], bounds[-1] = 0, len(rows)
    return np.unique(bounds)


@_compiled
def _sums(start, packed, chunks, table, constant, by_half, out):  # type: ignore[no-untyped-def]
    for chunk in prange(len(chunks) - 1):
        for row in range(chunks[chunk], chunks[chunk + 1]):
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                weight = constant + by_half * (vote & 3)
                column = vote >> 2
                s0 += weight * table[column, 0]
                s1 += weight * table[column, 1]
                s2 += weight * table[column, 2]
                s3 += weight * table[column, 3]
            out[row, 0], out[row, 1], out[row, 2], out[row, 3] = s0, s1, s2, s3


@_compiled
def _residuals(start, packed, chunks, table, level, slope, out):  # type: ignore[no-untyped-def]
    for chunk in prange(len(chunks) - 1):
        for row in range(chunks[chunk], chunks[chunk + 1]):
            s1, s2, s3 = 0.0, 0.0, 0.0
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                column = vote >> 2
                residual = 0.5 * (vote & 3) - level[row] - table[column, 0] - slope[row] * table[column, 1]
                s1 += residual * table[column, 2]
                s2 += residual * table[column, 3]
                s3 += residual * table[column, 4]
            out[row, 0], out[row, 1], out[row, 2] = s1, s2, s3


@_compiled
def _ridge_sums(start, packed, chunks, table, out, squares):  # type: ignore[no-untyped-def]
    for chunk in prange(len(chunks) - 1):
        square = 0.0
        for row in range(chunks[chunk], chunks[chunk + 1]):
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                column = vote >> 2
                factor = table[column, 1]
                left = 0.5 * (vote & 3) - table[column, 0]
                s0 += left
                s1 += left * factor
                s2 += factor
                s3 += factor * factor
                square += left * left
            out[row, 0], out[row, 1], out[row, 2], out[row, 3] = s0, s1, s2, s3
        squares[chunk] = square


@_compiled_alone
def _table(mean, cov, table):  # type: ignore[no-untyped-def]
    """What a vote adds to the sums of its row: bias, position, E[position^2], E[bias position]."""
    for row in range(len(mean)):
        table[row, 0] = mean[row, 0]
        if mean.shape[1] == 2:
            table[row, 1] = mean[row, 1]
            table[row, 2] = mean[row, 1] * mean[row, 1] + cov[row, 1, 1]
            table[row, 3] = mean[row, 0] * mean[row, 1] + cov[row, 0, 1]


@_compiled
def _update(start, packed, chunks, table, mu, s2, tau_bias, tau_position, mean, cov, errors):  # type: ignore[no-untyped-def]
    """`Half.update` for one axis at most: 2 x 2 Gaussians by formula."""
    for chunk in prange(len(chunks) - 1):
        squares, plain = 0.0, 0.0
        for row in range(chunks[chunk], chunks[chunk + 1]):
            halves, bias, y, yy, by, ry = 0, 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                column = vote >> 2
                position = np.float64(table[column, 1])
                halves += vote & 3
                bias += table[column, 0]
                y += position
                yy += table[column, 2]
                by += table[column, 3]
                ry += 0.5 * (vote & 3) * position
            n = np.float64(start[row + 1] - start[row])
            p0 = 0.5 * halves - mu * n - bias
            p1 = ry - mu * y - by
            a, b, c = n / s2 + 1.0 / tau_bias, y / s2, yy / s2 + 1.0 / tau_position
            det = a * c - b * b
            v00, v01, v11 = c / det, -b / det, a / det
            m0, m1 = (v00 * p0 + v01 * p1) / s2, (v01 * p0 + v11 * p1) / s2
            mean[row, 0] = m0
            cov[row, 0, 0] = v00
            if mean.shape[1] == 2:
                mean[row, 1] = m1
                cov[row, 0, 1], cov[row, 1, 0], cov[row, 1, 1] = v01, v01, v11
            squares += (
                (m0 * m0 + v00) * n + 2.0 * (m0 * m1 + v01) * y + (m1 * m1 + v11) * yy - 2.0 * (m0 * p0 + m1 * p1)
            )
            plain += p0 - n * m0 - y * m1
        errors[chunk, 0], errors[chunk, 1] = squares, plain


class CompiledBallots(Ballots):
    """`Ballots` that need no memory beyond the votes."""

    def __init__(self, by_voter: Rows, by_item: Rows, level: NDArray[np.int8]) -> None:
        super().__init__(by_voter, by_item, level)
        self._chunks = chunks_of(by_voter), chunks_of(by_item)

    def item_sums(self, weight: Floats) -> Floats:
        rows = self.by_item
        out = np.zeros((len(rows), weight.shape[1], SUMS))
        with threads_for(len(rows.packed)):
            _item_sums(rows.start, rows.packed, self._chunks[1], self.level, np.ascontiguousarray(weight), out)
        return out

    def voter_sums(self, table: NDArray[np.floating]) -> Floats:
        rows = self.by_voter
        out = np.zeros((len(rows), table.shape[2]))
        with threads_for(len(rows.packed)):
            _voter_sums(rows.start, rows.packed, self._chunks[0], self.level, np.ascontiguousarray(table), out)
        return out

    def tables(self, sums: Floats, prior: Prior) -> tuple[NDArray[np.float32], float]:
        # On one thread BLAS is faster.
        if len(self.by_item.packed) < WORTH_THREADS:
            return super().tables(sums, prior)
        return compiled_grid.tables(sums, prior)


@_compiled
def _item_sums(start, packed, chunks, level, weight, out):  # type: ignore[no-untyped-def]
    for chunk in prange(len(chunks) - 1):
        for row in range(chunks[chunk], chunks[chunk + 1]):
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                voter = vote >> 2
                place = 2 * level[voter]
                up = 0.5 * (vote & 3)
                for g in range(weight.shape[1]):
                    out[row, g, place] += weight[voter, g] * up
                    out[row, g, place + 1] += weight[voter, g] * (1.0 - up)


@_compiled
def _voter_sums(start, packed, chunks, level, table, out):  # type: ignore[no-untyped-def]
    for chunk in prange(len(chunks) - 1):
        for row in range(chunks[chunk], chunks[chunk + 1]):
            place = 2 * level[row]
            for k in range(start[row], start[row + 1]):
                vote = packed[k]
                item = vote >> 2
                up = 0.5 * (vote & 3)
                for g in range(table.shape[2]):
                    out[row, g] += up * table[item, place, g] + (1.0 - up) * table[item, place + 1, g]
