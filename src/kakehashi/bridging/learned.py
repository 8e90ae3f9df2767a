"""What a fit leaves behind: all that scores need, without the votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.fit import Shared
from kakehashi.bridging.grid import NEUTRAL, classes_of
from kakehashi.bridging.half import Side
from kakehashi.bridging.prior import Prior
from kakehashi.bridging.rows import Floats, Ints
from kakehashi.bridging.scoring import raw_trust

SMALLEST_NOISE = 0.05


@dataclass
class Voters:
    """Known voters: where they stand, in how many votes `n` (U,), and to which camp they belong, `membership` (U, K)."""

    ids: NDArray[Any]
    side: Side
    n: Floats
    membership: Floats

    def at(self, places: Ints) -> Voters:
        """Those at these places."""
        side = Side(self.side.mean[places], self.side.cov[places])
        return Voters(self.ids[places], side, self.n[places], self.membership[places])

    @property
    def position(self) -> Floats:
        position: Floats = self.side.mean[:, 1:]
        return position

    @property
    def variance(self) -> Floats:
        variance: Floats = np.einsum("rii->ri", self.side.cov)[:, 1:]
        return variance


@dataclass
class Camps:
    """What tells the camps apart: `share` (K,) of the voters, and `table` (M, SUMS, K), the log-likelihood of each vote."""

    share: Floats
    table: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.share)


@dataclass
class Weighing:
    """How much a voter's votes count: see `scoring`."""

    k0: float
    typical: float
    power: float = 1.0

    def trust(self, n_votes: Floats, n_camps: int) -> Floats:
        trust: Floats = np.minimum(1.0, raw_trust(n_votes, self.k0, n_camps) / self.typical)
        return trust


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

    @property
    def trust(self) -> Floats:
        return self.weighing.trust(self.voters.n, len(self.camps))


def levels(side: Side, s2: float) -> NDArray[np.int8]:
    """Classes of leniency: an offset of a rate is one in log-odds by the rate's slope p (1 - p), about the noise."""
    return classes_of(side.mean[:, 0] / max(s2, SMALLEST_NOISE))


@dataclass
class Electorate:
    """What counts of whoever voted, in the order of `by_voter`.

    `membership` is raised to the power of the weighing; `clear` members of a camp are counted in "34 of 39".
    """

    level: NDArray[np.int8]
    trust: Floats
    membership: Floats
    clear: NDArray[np.bool_]

    @property
    def weight(self) -> Floats:
        """What a vote counts in each camp (R, K)."""
        weight: Floats = self.membership * self.trust[:, None]
        return weight

    @property
    def rest(self) -> Floats:
        """What of a vote goes to the pile of each camp (R, K)."""
        rest: Floats = self.membership * (1.0 - self.trust)[:, None]
        return rest

    def at(self, places: Ints) -> Electorate:
        """Those at these places; the place after the last is somebody of whom nothing is known."""
        return Electorate(self.level[places], self.trust[places], self.membership[places], self.clear[places])


# Who belongs to a camp with this probability is counted in "34 of 39".
CLEAR = 2.0 / 3.0


def electorate(voters: Voters, shared: Shared, camps: Camps, weighing: Weighing) -> Electorate:
    """`voters`, and after the last of them a voter of whom nothing is known."""
    n_camps = len(camps)
    n = np.append(voters.n, 1.0)
    membership = np.concatenate([voters.membership, camps.share[None]])
    # Of one camp everybody is a clear member.
    clear = (membership >= CLEAR) & ((n > 1) | (n_camps == 1))[:, None]
    level = np.append(levels(voters.side, shared.s2), np.int8(NEUTRAL))
    return Electorate(level, weighing.trust(n, n_camps), membership**weighing.power, clear)
