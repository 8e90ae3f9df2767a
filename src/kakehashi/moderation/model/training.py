"""Learning from decisions: logistic regression over `features`, calibrated. The only place that loads scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kakehashi.moderation.model import features
from kakehashi.moderation.model.lesson import Lesson
from kakehashi.moderation.model.weights import Weights

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# How freely the weights follow the decisions (scikit-learn's C); see benchmarks/model.py for how others did.
FREEDOM = 3.0
# The sums are calibrated on parts that the regression did not see, by author.
PARTS = 5
FEWEST_OF_A_KIND = 20
# What a comment that nobody minded weighs beside a decision. With them the demo's decisions are ordered as well as without
# (average precision 0.84, 0.85), and decisions among ordinary comments much better (0.72, 0.55).
UNTOUCHED_WEIGHT = 0.3
SEED = 0


class TooFew(ValueError):
    """There are too few decisions of one kind to learn from."""


@dataclass(frozen=True)
class Trained:
    """What was learned; `classifier` is scikit-learn's own, which says the same as `weights`, of a `matrix` with no more than
    these `columns`."""

    weights: Weights
    classifier: Any
    columns: NDArray[np.int64]
    made_with: str


def matrix(texts: Sequence[str]) -> csr_matrix:
    """A row of `features.read` for each text."""
    from scipy.sparse import csr_matrix

    rows = [features.read(plain) for plain in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    places = np.concatenate([places for places, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, places, ends), shape=(len(rows), features.SIZE))


def train(lessons: Sequence[Lesson]) -> Trained:
    """Learn from these decisions, and from comments that nobody minded (`decision` 0); the same lessons in the same order
    give the same weights. Raises `TooFew`."""
    import sklearn
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    is_removed = np.array([lesson.is_removed for lesson in lessons], dtype=bool)
    groups = np.array([lesson.group for lesson in lessons])
    is_decided = np.array([lesson.decision > 0 for lesson in lessons], dtype=bool)
    _require_enough(is_removed[is_decided], groups[is_decided])
    rows = matrix([lesson.plain for lesson in lessons])
    # Most places are empty everywhere: what is left out would get the weight 0.
    columns = np.unique(rows.indices)
    rows = rows[:, columns]
    parts = StratifiedGroupKFold(PARTS, shuffle=True, random_state=SEED).split(rows, is_removed, groups)
    # Balanced: what is rarer among the decisions counts as much as the rest. The calibration puts the shares right.
    regression = LogisticRegression(C=FREEDOM, class_weight="balanced", max_iter=1000)
    classifier = CalibratedClassifierCV(regression, method="sigmoid", cv=list(parts), ensemble=False)
    classifier.fit(rows, is_removed, sample_weight=np.where(is_decided, 1.0, UNTOUCHED_WEIGHT))
    fitted = classifier.calibrated_classifiers_[0]
    sigmoid = fitted.calibrators[0]
    all_weights = np.zeros(features.SIZE, dtype="<f4")
    all_weights[columns] = fitted.estimator.coef_[0]
    weights = Weights(
        weights=all_weights,
        intercept=float(fitted.estimator.intercept_[0]),
        slope=float(sigmoid.a_),
        offset=float(sigmoid.b_),
    )
    return Trained(weights, classifier, columns, f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}")


def _require_enough(is_removed: NDArray[np.bool_], groups: NDArray[np.str_]) -> None:
    fewest = int(min(is_removed.sum(), (~is_removed).sum()))
    authors = min(len(set(groups[is_removed])), len(set(groups[~is_removed])))
    if fewest < FEWEST_OF_A_KIND or authors < PARTS:
        raise TooFew(f"{fewest} decisions of the rarer kind, by {authors} authors")
