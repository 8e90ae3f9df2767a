"""The model as callers see it."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kakehashi.bridging import state
from kakehashi.bridging.aligning import aligned
from kakehashi.bridging.counting import prior_score, scores_from, scores_of
from kakehashi.bridging.engine import half_of
from kakehashi.bridging.errors import NotFittedError
from kakehashi.bridging.half import Side
from kakehashi.bridging.ids import UNKNOWN, joined_ids, places_of
from kakehashi.bridging.learned import Learned, Voters
from kakehashi.bridging.learning import Settings, learn
from kakehashi.bridging.ranker import Ranker
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.scores import Scores
from kakehashi.bridging.votes import Votes


class BridgingModel(Ranker):
    """Ranks items first that both camps of voters rate well.

    Parameters, all by name:
    `z`           how many standard deviations below the estimate the score lies
    `max_axes`    at most so many independent lines of disagreement are looked for (0: no camps)
    `k0`          votes after which a voter's vote counts half of what it can (never more than the median voter has)
    `sharpness`   power by which memberships in camps are sharpened
    `tolerance`   a fit ends when the learned variances together move by less in a sweep
    `max_sweeps`  or after so many sweeps
    `engine`      "auto", "numba" or "numpy"
    `seed`        of the votes that are permuted to see whether camps are more than chance
    """

    def __init__(
        self,
        *,
        z: float = 0.5,
        max_axes: int = 1,
        k0: float = 4.0,
        sharpness: float = 2.0,
        tolerance: float = 1e-4,
        max_sweeps: int = 60,
        engine: str = "auto",
        seed: int = 0,
    ) -> None:
        self.z, self.max_axes, self.k0, self.sharpness = z, max_axes, k0, sharpness
        self.tolerance, self.max_sweeps, self.engine, self.seed = tolerance, max_sweeps, engine, seed
        self._learned: Learned | None = None
        self._votes: Votes | None = None
        self._scores: Scores | None = None
        self.n_sweeps_ = 0

    # -- learning

    def fit(self, votes: Votes, start: BridgingModel | None = None) -> Self:
        """Learn from `votes` alone; `start`, an earlier model, makes it faster and keeps its signs and order of camps."""
        before = start._learned if start is not None else None
        self._learned, tally, self.n_sweeps_ = learn(votes, self._settings(), before)
        self._votes = votes
        self._scores = scores_from(votes, tally, self._learned.prior, self.z)
        return self

    def partial_fit(self, votes: Votes) -> Self:
        """Add `votes` to those seen before: new voters are folded in, all else stays as the last fit found it.

        Votes given again change nothing. The first call is a `fit`.
        """
        if self._learned is None or self._votes is None:
            return self.fit(votes)
        self._votes = self._votes.with_later(votes)
        new = places_of(votes.voter_ids, self._learned.voters.ids) == UNKNOWN
        if new.any():
            self.fold_in(_votes_of(self._votes, votes.voter_ids[new]))
        self._scores = scores_of(self._votes, self._learned, self.z, self.engine)
        return self

    def fold_in(self, votes: Votes) -> Self:
        """Find positions for voters whom the fit does not know from their votes (give all of them); items stay."""
        learned = self._known()
        new = places_of(votes.voter_ids, learned.voters.ids) == UNKNOWN
        if new.any():
            learned.voters = _together(
                learned.voters, _folded_in(_votes_of(votes, votes.voter_ids[new]), learned, self.engine)
            )
        return self

    def align(self, before: BridgingModel) -> Self:
        """Let axes point, and camps be numbered, as in the earlier model `before`; nothing else changes."""
        self._learned, order = aligned(self._known(), before._known())
        if self._scores is not None:
            found = self._scores
            camps = {name: getattr(found, name)[:, order] for name in ("approval", "ups", "counts")}
            self._scores = replace(found, **camps)
        return self

    def about(self, voter_ids: ArrayLike) -> Self:
        """A model of its own that knows no voters but these; cheap, and folding in leaves this one as it is."""
        learned = self._known()
        places = places_of(np.unique(np.asarray(voter_ids)), learned.voters.ids)
        model = type(self)(**self.get_params())
        model._learned = replace(learned, voters=learned.voters.at(places[places != UNKNOWN]))
        return model

    # -- asking

    def score_items(self, votes: Votes) -> Scores:
        """Scores of the items of `votes` from these votes, which must be all on them; voters as they are known."""
        return scores_of(votes, self._known(), self.z, self.engine)

    @property
    def scores_(self) -> Scores:
        """Scores of the items fitted."""
        if self._scores is None:
            raise NotFittedError("The model holds no scores: call `fit`, or `score_items` after loading a saved one.")
        return self._scores

    score_ = property(lambda self: self.scores_.score, doc="Scores (M,) of `item_ids_`.")
    lower_ = property(lambda self: self.scores_.lower, doc="Lower bounds (M,) at z = 1.64.")
    approval_ = property(lambda self: self.scores_.approval, doc="Expected approval (M, K) in each camp.")
    ups_ = property(lambda self: self.scores_.ups, doc="Clear members (M, K) who rated up.")
    counts_ = property(lambda self: self.scores_.counts, doc="Clear members (M, K) who voted.")

    @property
    def n_camps_(self) -> int:
        """Number of camps; 1 means that the votes show none."""
        return len(self._known().camps)

    @property
    def n_axes_(self) -> int:
        return self._known().n_axes

    @property
    def voter_ids_(self) -> NDArray[Any]:
        return self._known().voters.ids

    @property
    def item_ids_(self) -> NDArray[Any]:
        return self.scores_.item_ids if self._scores is not None else self._known().item_ids

    @property
    def position_(self) -> Floats:
        """Where voters stand (U, n_axes_), mean 0 and mean square about 1 on each axis."""
        return self._known().voters.position

    @property
    def position_variance_(self) -> Floats:
        """How unsure each position is: 1 is knowing nothing."""
        return self._known().voters.variance

    @property
    def membership_(self) -> Floats:
        """Probability (U, K) of belonging to each camp."""
        learned = self._known()
        return learned.camps.membership(learned.voters.position, learned.voters.variance)

    @property
    def trust_(self) -> Floats:
        """How much a voter's vote counts at most (U,), 0 to 1."""
        learned = self._known()
        return learned.weighing.trust(learned.voters)

    @property
    def prior_score_(self) -> float:
        """The score of an item without votes."""
        return prior_score(self._known().prior, self.z)

    # -- keeping

    def to_bytes(self) -> bytes:
        """The fitted model without its votes and scores."""
        return state.pack(self.get_params(), self._known())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The model that `to_bytes` packed; `StateError` where the bytes are damaged or of a later version."""
        params, learned = state.unpack(data)
        model = cls(**params)
        model._learned = learned
        return model

    def save(self, path: str | PathLike[str]) -> None:
        Path(path).write_bytes(self.to_bytes())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        return cls.from_bytes(Path(path).read_bytes())

    def _settings(self) -> Settings:
        return Settings(self.max_axes, self.k0, self.sharpness, self.tolerance, self.max_sweeps, self.engine)

    def _known(self) -> Learned:
        if self._learned is None:
            raise NotFittedError("The model has not seen votes yet: call `fit` first.")
        return self._learned


def _votes_of(votes: Votes, voter_ids: NDArray[Any]) -> Votes:
    """All votes of the voters `voter_ids` among `votes`."""
    keep = np.zeros(len(votes.by_voter), bool)
    places = places_of(voter_ids, votes.voter_ids)
    keep[places[places != UNKNOWN]] = True
    return votes.of_voters(keep)


def _folded_in(votes: Votes, learned: Learned, engine: str) -> Voters:
    """Positions of the voters of `votes` from items as `learned` knows them; unknown items tell nothing of a position."""
    half = half_of(votes.by_voter, votes.n_items, engine)
    at = places_of(votes.item_ids, learned.item_ids)
    items = Side.unknown(votes.n_items, learned.shared.tau_item)
    items.mean[at != UNKNOWN], items.cov[at != UNKNOWN] = (
        learned.items.mean[at[at != UNKNOWN]],
        learned.items.cov[at[at != UNKNOWN]],
    )
    side, _ = half.update(items, learned.shared.mu, learned.shared.s2, learned.shared.tau_voter)
    return Voters(votes.voter_ids, side, half.n, half.rates)


def _together(one: Voters, other: Voters) -> Voters:
    ids, (at_one, at_other) = joined_ids(one.ids, other.ids)
    count = len(ids)

    def both(first: Any, second: Any) -> Any:
        out = np.empty((count, *first.shape[1:]), first.dtype)
        out[at_one], out[at_other] = first, second
        return out

    side = Side(both(one.side.mean, other.side.mean), both(one.side.cov, other.side.cov))
    return Voters(ids, side, both(one.n, other.n), both(one.rates, other.rates))
