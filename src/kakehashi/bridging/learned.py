"""What a fit leaves behind: all that scores need, without the votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.camps import Camps
from kakehashi.bridging.fit import Shared
from kakehashi.bridging.half import Side
from kakehashi.bridging.rows import Floats, Ints
from kakehashi.bridging.scoring import Prior, sharpened, surprise_of, trust_of


@dataclass
class Voters:
    """Known voters: where they stand, in how many votes `n` (U,) and with how many ups `rates` (U,)."""

    ids: NDArray[Any]
    side: Side
    n: Floats
    rates: Floats

    def at(self, places: Ints) -> Voters:
        """Those at these places."""
        return Voters(
            self.ids[places], Side(self.side.mean[places], self.side.cov[places]), self.n[places], self.rates[places]
        )

    @property
    def position(self) -> Floats:
        position: Floats = self.side.mean[:, 1:]
        return position

    @property
    def variance(self) -> Floats:
        variance: Floats = np.einsum("rii->ri", self.side.cov)[:, 1:]
        return variance


@dataclass
class Weighing:
    """How votes are weighed: see `scoring`. `k0`, `typical` for trust, `mean` is the share of ups, `power` sharpens."""

    k0: float
    typical: float
    mean: float
    power: float

    def trust(self, voters: Voters) -> Floats:
        return trust_of(voters.n, self.k0, self.typical)

    def tables(self, voters: Voters, camps: Camps) -> tuple[Floats, Floats]:
        """Weight (U, K) of an up-vote and of a down-vote of each voter in each camp."""
        share = sharpened(camps.membership(voters.position, voters.variance), self.power)
        up, down = surprise_of(voters.n, voters.rates, self.mean)
        trust = self.trust(voters)
        return share * (trust * up)[:, None], share * (trust * down)[:, None]


@dataclass
class Learned:
    """A fitted model without its votes."""

    shared: Shared
    voters: Voters
    item_ids: NDArray[Any]
    items: Side
    camps: Camps
    weighing: Weighing
    prior: Prior

    @property
    def n_axes(self) -> int:
        return int(self.items.mean.shape[1]) - 1

    def nobody(self) -> Voters:
        return nobody_of(self.shared, self.weighing.mean)


def nobody_of(shared: Shared, mean: float) -> Voters:
    """A voter of whom nothing is known: one vote, and the prior's position."""
    return Voters(np.array([None], object), Side.unknown(1, shared.tau_voter), np.ones(1), np.full(1, mean))
