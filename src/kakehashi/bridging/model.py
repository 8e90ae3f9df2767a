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
from kakehashi.bridging.counting import scores_from, scores_of
from kakehashi.bridging.errors import NotFittedError
from kakehashi.bridging.folding import with_new_voters
from kakehashi.bridging.grid import SUMS
from kakehashi.bridging.ids import UNKNOWN, places_of
from kakehashi.bridging.learned import Learned
from kakehashi.bridging.learning import Settings, learn
from kakehashi.bridging.ranker import Ranker
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.running import Running
from kakehashi.bridging.scores import DECIMALS, Scores
from kakehashi.bridging.scoring import scores
from kakehashi.bridging.votes import Votes


class BridgingModel(Ranker):
    """Ranks items first that both camps of voters rate well.

    Parameters, all by name:
    `max_camps`   at most so many camps are looked for (1: none)
    `k0`          votes on other items after which a voter is trusted half (never more than the median voter has votes)
    `tolerance`   a fit ends when the learned variances together move by less in a sweep
    `max_sweeps`  or after so many sweeps
    `engine`      "auto" (Numba for many votes, where installed), "numba" or "numpy"
    """

    def __init__(
        self,
        *,
        max_camps: int = 3,
        k0: float = 4.0,
        tolerance: float = 1e-4,
        max_sweeps: int = 60,
        engine: str = "auto",
    ) -> None:
        self.max_camps, self.k0, self.engine = max_camps, k0, engine
        self.tolerance, self.max_sweeps = tolerance, max_sweeps
        self._learned: Learned | None = None
        self._votes: Votes | None = None
        self._fitted: NDArray[Any] = np.zeros(0, np.int64)
        self._fitted_n: Floats = np.zeros(0)
        self._scores: Scores | None = None
        self.n_sweeps_ = 0

    # -- learning

    def fit(self, votes: Votes, start: BridgingModel | None = None) -> Self:
        """Learn from `votes` alone. From `start`, an earlier model, a fit is faster and goes part of the way: signs, order and,
        while the votes allow it, number of camps stay, and scores move little by the fit itself.
        """
        before = start._learned if start is not None else None
        self._learned, tally, self.n_sweeps_ = learn(votes, self._settings(), before)
        self._votes, self._fitted, self._fitted_n = votes, votes.voter_ids, self._learned.voters.n
        self._scores = scores_from(votes, tally, self._learned.prior, self.engine)
        return self if start is None else self.align(start)

    def partial_fit(self, votes: Votes) -> Self:
        """Add `votes` to those seen before: new voters are folded in, all else stays as the last fit found it.

        New are also those of whose votes the fit saw the beginning only, see `fold_in`.
        Votes given again change nothing, and it does not matter in how many calls they come. The first call is a `fit`.
        """
        if self._learned is None:
            return self.fit(votes)
        if self._votes is None:
            raise NotFittedError("The model was stored without its votes: call `fit`, or `fold_in` and `score_items`.")
        self._votes = self._votes.with_later(votes)
        # Who was folded in before may have voted on: again from all votes.
        voters = self._learned.voters
        voters = voters.at(places_of(self._fitted, voters.ids))
        voters = voters.at(np.flatnonzero(voters.n == self._fitted_n))
        self._learned = with_new_voters(replace(self._learned, voters=voters), self._votes, self.engine)
        self._scores = scores_of(self._votes, self._learned, self.engine)
        return self

    def fold_in(self, votes: Votes) -> Self:
        """Find positions for voters whom the fit does not know from their votes (give all of them); items stay.

        So it does for those of few votes who have more by now: a fit may have met them in the middle of their voting.
        """
        self._learned = with_new_voters(self._known(), votes, self.engine)
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
        return scores_of(votes, self._known(), self.engine)

    def running(self) -> Running:
        """Scores that follow one vote after the other in microseconds, from those seen so far; the model stays as it is."""
        learned = self._known()
        if self._votes is None:
            raise NotFittedError("The model was stored without its votes: call `fit` first.")
        return Running(self._votes, learned, self.engine)

    @property
    def scores_(self) -> Scores:
        """Scores of the items fitted."""
        if self._scores is None:
            raise NotFittedError("The model holds no scores: call `fit`, or `score_items` after loading a saved one.")
        return self._scores

    score_ = property(lambda self: self.scores_.score, doc="Scores (M,) of `item_ids_`.")
    lower_ = property(lambda self: self.scores_.lower, doc="Lower bounds (M,): exceeded with 95 % probability.")
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
        return self._known().voters.membership

    @property
    def trust_(self) -> Floats:
        """How much a voter's vote counts (U,), 0 to 1."""
        return self._known().trust

    @property
    def prior_score_(self) -> float:
        """The score of an item without votes."""
        learned = self._known()
        nothing = np.zeros((1, len(learned.camps), SUMS))
        return float(np.round(scores(nothing, learned.prior)[0][0], DECIMALS))

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
        return Settings(self.max_camps, self.k0, self.tolerance, self.max_sweeps, self.engine)

    def _known(self) -> Learned:
        if self._learned is None:
            raise NotFittedError("The model has not seen votes yet: call `fit` first.")
        return self._learned
