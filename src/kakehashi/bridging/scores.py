"""What a ranking hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.rows import Floats, Ints

# Sums in another order differ by less; scores that differ by less are equal.
DECIMALS = 6


@dataclass(frozen=True)
class Scores:
    """Scores of n items, K camps. Order by `score` falling; among equal ones the older first, then the smaller id.

    `score` (n,) is the approval expected in the most critical camp; `lower` (n,) is what that approval exceeds with 95 %
    probability ("we are confident of at least 58 %"); `approval` (n, K) what each camp is expected to think; all in 0 to 1.
    `counts` (n, K) are the voters who clearly belong to a camp and voted on the item, `ups` (n, K) those of them who
    rated it up: "34 of 39 and 12 of 15".
    """

    item_ids: NDArray[Any]
    score: Floats
    lower: Floats
    approval: Floats
    ups: Ints
    counts: Ints

    def __len__(self) -> int:
        return len(self.item_ids)

    def order(self, created: NDArray[np.generic] | None = None) -> Ints:
        """Places of the items, best first; `created` (n,) settles ties, the older first, then the id."""
        place = np.arange(len(self))
        keys = [place, -self.score] if created is None else [place, created, -self.score]
        return np.lexsort(keys)
