"""Which code sums: NumPy and SciPy always, Numba where it is installed and worth its start."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.ballots import Ballots
from kakehashi.bridging.errors import BridgingError
from kakehashi.bridging.half import Half
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Rows
from kakehashi.bridging.scoring import scores
from kakehashi.bridging.votes import Votes

ENGINES = ("auto", "numba", "numpy")
# Importing Numba and loading what it compiled takes longer than NumPy takes for fewer votes than these.
WORTH_COMPILING = 500_000


def half_of(rows: Rows, n_columns: int, engine: str) -> Half:
    """`rows`, whose other side has `n_columns` indices, with the sums of `engine`."""
    if uses_numba(engine, len(rows.packed)):
        from kakehashi.bridging.compiled import CompiledHalf

        return CompiledHalf(rows, n_columns)
    return Half(rows, n_columns)


def ballots_of(votes: Votes, level: NDArray[np.int8], engine: str) -> Ballots:
    """Votes whose voters have the leniencies `level`."""
    if uses_numba(engine, len(votes)):
        from kakehashi.bridging.compiled import CompiledBallots

        return CompiledBallots(votes.by_voter, votes.by_item, level)
    return Ballots(votes.by_voter, votes.by_item, level)


def scores_by(engine: str, n_votes: int) -> Callable[[Floats, Prior], tuple[Floats, Floats, Floats]]:
    """`scoring.scores` or the same compiled."""
    if uses_numba(engine, n_votes):
        from kakehashi.bridging import compiled_grid

        return compiled_grid.scores
    return scores


def uses_numba(engine: str, n_votes: int) -> bool:
    """Whether `engine` means Numba for so many votes. Depends on nothing else, so the same votes give the same bits."""
    if engine not in ENGINES:
        raise BridgingError(f"There is no engine {engine!r}: choose one of {', '.join(ENGINES)}.")
    if engine == "auto":
        return n_votes >= WORTH_COMPILING and find_spec("numba") is not None
    if engine == "numba" and find_spec("numba") is None:
        raise BridgingError("Numba is not installed: install kakehashi[fast], or choose the engine “numpy”.")
    return engine == "numba"
