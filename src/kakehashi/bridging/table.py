"""Scores as the table that `kakehashi bridge` writes: one row an item, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.map_marks import letter
from kakehashi.bridging.scores import Scores
from kakehashi.bridging.votes import Votes

_DECIMALS = 6


def plain_table(item_ids: NDArray[Any], score: NDArray[np.float64], votes: Votes) -> dict[str, Sequence[Any]]:
    """For a ranker that knows no camps: the columns of `camp_table`, what it cannot say left empty."""
    best = np.lexsort((np.arange(len(score)), -score))
    empty = [None] * len(score)
    return {
        "item_id": item_ids[best].tolist(),
        "score": _rounded(score[best]),
        "lower": empty,
        "camp_a_approval": empty,
        "camp_b_approval": empty,
        **_counted(votes, best),
    }


def camp_table(scores: Scores, votes: Votes, *, is_explained: bool) -> dict[str, Sequence[Any]]:
    """Scores with the approval of each camp; where there are no camps, the columns of the camps are empty.

    Explained, it also has the clear members of each camp who voted and rated up, and both as a sentence.
    """
    best = scores.order()
    camps = scores.approval.shape[1]
    empty: Sequence[Any] = [None] * len(scores)
    table: dict[str, Sequence[Any]] = {
        "item_id": scores.item_ids[best].tolist(),
        "score": _rounded(scores.score[best]),
        "lower": _rounded(scores.lower[best]),
    }
    for camp in range(max(camps, 2)):
        approval = _rounded(scores.approval[best, camp]) if camps > 1 else empty
        table[f"camp_{letter(camp)}_approval"] = approval
    table |= _counted(votes, best)
    if is_explained:
        for camp in range(max(camps, 2)):
            for name, figure in (("ups", scores.ups), ("votes", scores.counts)):
                table[f"camp_{letter(camp)}_{name}"] = figure[best, camp].tolist() if camps > 1 else empty
        table["explanation"] = list(_sentences(scores, best))
    return table


def _sentences(scores: Scores, best: NDArray[np.int64]) -> Iterator[str]:
    """“34 of 39 and 12 of 15”."""
    for ups, counts in zip(scores.ups[best].tolist(), scores.counts[best].tolist(), strict=True):
        parts = [f"{up} of {count}" for up, count in zip(ups, counts, strict=True)]
        yield " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _counted(votes: Votes, order: NDArray[np.integer]) -> dict[str, Sequence[Any]]:
    """All votes on each item, and the sum of their values on the scale from 0 to 1."""
    ups = votes.by_item.totals(votes.by_item.halves)[order] / 2
    return {
        "votes": votes.by_item.counts[order].tolist(),
        "ups": [int(up) if up == int(up) else up for up in ups.tolist()],
    }


def _rounded(values: NDArray[np.float64]) -> list[float]:
    # Adding 0 makes -0.0 a plain zero.
    plain: list[float] = (np.round(values, _DECIMALS) + 0.0).tolist()
    return plain
