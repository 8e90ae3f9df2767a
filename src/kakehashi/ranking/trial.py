"""Votes that no fit has seen, and what they say of two of them.

A vote is held out for good: whether it is follows from its comment, its reader and the site's secret key, so a run
and the one before it are tried on the same votes, and nobody can tell by which vote a run will be judged.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from kakehashi.bridging import BridgingModel, Scores
from kakehashi.bridging.metrics import spearman
from kakehashi.ranking.arrays import UNKNOWN, VoteArrays

# Thousandths of the votes.
HELD_OUT = 30
# A run is worse if its mean log-loss on held-out votes is larger by more than this, and by more than chance explains:
# by two standard errors of the difference.
MARGIN = 0.01
ERRORS = 2.0
# Fewer held-out votes say nothing.
FEWEST = 50
# No vote is taken to be more certain than this.
SUREST = 0.99


@dataclass(frozen=True)
class Verdict:
    """What `votes` held-out votes say: log-loss (nats a vote) and Spearman correlation of the predicted with the cast.

    `before` are the same of the fit before; None where there was none. `excess` is by how much the log-loss is larger
    beyond chance.
    """

    votes: int = 0
    log_loss: float | None = None
    spearman: float | None = None
    log_loss_before: float | None = None
    spearman_before: float | None = None
    excess: float = 0.0

    @property
    def is_worse(self) -> bool:
        return self.excess > MARGIN

    def figures(self) -> dict[str, Any]:
        return {
            "held_out": self.votes,
            "log_loss": _rounded(self.log_loss),
            "log_loss_before": _rounded(self.log_loss_before),
            "spearman": _rounded(self.spearman),
            "spearman_before": _rounded(self.spearman_before),
        }


def held_out(votes: VoteArrays) -> NDArray[np.bool_]:
    """Which of the votes are held out; none of unknown voters."""
    key = hashlib.blake2b(b"ranking trial", key=settings.SECRET_KEY.encode()[:64], digest_size=8).digest()
    mixed = _mixed(votes.reader.astype(np.uint64) ^ np.uint64(int.from_bytes(key, "big")))
    mixed = _mixed(mixed ^ votes.comment.astype(np.uint64))
    chosen: NDArray[np.bool_] = (mixed % np.uint64(1000) < HELD_OUT) & (votes.reader != UNKNOWN)
    return chosen


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each number scattered over all 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def judge(
    model: BridgingModel, scores: Scores, before: tuple[BridgingModel, Scores] | None, votes: VoteArrays
) -> Verdict:
    """Try `model`, and the one before, on held-out `votes`. `scores` are of the other votes, by the model they go with."""
    votes = votes.where(np.isin(votes.comment, scores.item_ids))
    if before is not None:
        votes = votes.where(np.isin(votes.comment, before[1].item_ids))
    if not len(votes):
        return Verdict()
    up = votes.value > 0
    predicted = predict(model, scores, votes)
    loss = _losses(predicted, up)
    verdict = Verdict(len(votes), float(loss.mean()), spearman(predicted, up))
    if before is None:
        return verdict
    predicted = predict(*before, votes)
    loss_before = _losses(predicted, up)
    return replace(
        verdict,
        log_loss_before=float(loss_before.mean()),
        spearman_before=spearman(predicted, up),
        excess=_beyond_chance(loss - loss_before),
    )


def alignment(model: BridgingModel, before: BridgingModel | None) -> float | None:
    """Share of the voters known to both who are in the same camp as before; None where there is nothing to compare."""
    if before is None or model.n_camps_ != before.n_camps_:
        return None
    voters = np.intersect1d(model.voter_ids_, before.voter_ids_)
    if not len(voters):
        return None
    now, then = (one.about(voters).membership_.argmax(axis=1) for one in (model, before))
    return round(float((now == then).mean()), 5)


def _beyond_chance(more: NDArray[np.float64]) -> float:
    """The mean, less what chance explains; nothing is said by few."""
    if len(more) < FEWEST:
        return 0.0
    return float(more.mean()) - ERRORS * float(more.std()) / math.sqrt(len(more))


def predict(model: BridgingModel, scores: Scores, votes: VoteArrays) -> NDArray[np.float64]:
    """The chance of an up-vote for each of the votes: what each camp thinks of the comment, by how far the voter belongs.

    Somebody whom the model does not know belongs as people do on average. All comments must have a score.
    """
    chance: NDArray[np.float64] = scores.approval[np.searchsorted(scores.item_ids, votes.comment)]
    if not len(model.voter_ids_):
        chance = chance.mean(axis=1)
    else:
        place = np.minimum(np.searchsorted(model.voter_ids_, votes.reader), len(model.voter_ids_) - 1)
        is_known = model.voter_ids_[place] == votes.reader
        membership = model.membership_
        belongs = np.where(is_known[:, None], membership[place], membership.mean(axis=0))
        chance = (belongs * chance).sum(axis=1)
    return np.clip(chance, 1 - SUREST, SUREST)


def _losses(predicted: NDArray[np.float64], up: NDArray[np.bool_]) -> NDArray[np.float64]:
    losses: NDArray[np.float64] = -np.log(np.where(up, predicted, 1 - predicted))
    return losses


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 5)
