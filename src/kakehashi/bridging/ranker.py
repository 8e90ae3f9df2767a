"""What all rankers share: parameters as scikit-learn has them, `fit` that leaves scores behind."""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging.errors import NotFittedError
from kakehashi.bridging.rows import Floats
from kakehashi.bridging.votes import Votes


class Ranker:
    """Parameters are the keyword arguments of `__init__`, kept under their names."""

    def fit(self, votes: Votes) -> Self:
        """Learn from `votes`; afterwards `item_ids_` (M,) and `score_` (M,), the larger the better, are there."""
        raise NotImplementedError

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name (`deep` is scikit-learn's and changes nothing here)."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; they count from the next fit on."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"There is no parameter {name}; there are: {', '.join(known) or 'none'}.")
            setattr(self, name, value)
        return self


class CountingRanker(Ranker):
    """A baseline: one formula gives the score of every item at once."""

    _score: Floats | None = None
    _item_ids: NDArray[Any]
    # The score of an item without votes.
    prior_score_: float = 0.0

    def fit(self, votes: Votes) -> Self:
        self._item_ids = votes.item_ids
        self._score = self.scored(votes) if len(votes) else np.zeros(0)
        return self

    def scored(self, votes: Votes) -> Floats:
        """Scores (M,) of the items of `votes`; may set `prior_score_`."""
        raise NotImplementedError

    @property
    def score_(self) -> Floats:
        if self._score is None:
            raise NotFittedError("The ranker has not seen votes yet: call `fit` first.")
        return self._score

    @property
    def item_ids_(self) -> NDArray[Any]:
        if self._score is None:
            raise NotFittedError("The ranker has not seen votes yet: call `fit` first.")
        return self._item_ids
