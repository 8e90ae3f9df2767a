"""From votes to places of comments, by a model whose voters stay where it has put them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kakehashi.bridging import BridgingModel, Scores, Votes
from kakehashi.comments.actions import Place
from kakehashi.ranking import arrays
from kakehashi.ranking.arrays import UNKNOWN, VoteArrays


def as_votes(votes: VoteArrays) -> Votes:
    return Votes.of(votes.reader, votes.comment, votes.value, unknown=UNKNOWN)


def without_votes() -> BridgingModel:
    """What is thought before anybody has voted: no camps, and nobody known."""
    return BridgingModel().fit(as_votes(VoteArrays.of_rows([])))


def with_newcomers(
    model: BridgingModel, votes: VoteArrays, votes_by: Callable[[list[int]], VoteArrays] = arrays.votes_by
) -> BridgingModel:
    """The model for those who cast these votes only, see `about`."""
    return about(model, np.unique(votes.reader[votes.reader != UNKNOWN]), votes_by)


def about(
    model: BridgingModel,
    readers: NDArray[np.int64],
    votes_by: Callable[[list[int]], VoteArrays] = arrays.votes_by,
) -> BridgingModel:
    """The model for these readers only; whoever it does not know is put where all their votes say, which `votes_by`
    finds. The model given stays as it is.
    """
    known = model.about(readers)
    if len(new := newcomers(known, readers)):
        known.fold_in(as_votes(votes_by(new)))
    return known


def newcomers(model: BridgingModel, readers: ArrayLike) -> list[int]:
    """Those of the readers whom the model does not know, ascending."""
    new: list[int] = np.setdiff1d(np.asarray(readers, np.int64), model.voter_ids_).tolist()
    return new


def places_on(model: BridgingModel, comments: Iterable[int]) -> list[Place]:
    """The places of these comments by all votes on them; one without votes stands where it began."""
    wanted = sorted(set(comments))
    votes = arrays.votes_on(wanted)
    if not len(votes):
        return [Place(comment, 0.0) for comment in wanted]
    places = list(places_of(model, with_newcomers(model, votes).score_items(as_votes(votes))))
    rated = {place.comment_id for place in places}
    return places + [Place(comment, 0.0) for comment in wanted if comment not in rated]


def places_of(model: BridgingModel, scores: Scores) -> Iterator[Place]:
    """A place for each score: how far it lies above or below that of a comment without votes, and who agrees."""
    above = np.round(scores.score - model.prior_score_, 6)
    columns = (scores.item_ids.tolist(), above.tolist(), scores.ups.tolist(), scores.counts.tolist())
    for comment, common_ground, ups, counts in zip(*columns, strict=True):
        yield Place(comment, common_ground, _agreement(ups, counts))


def _agreement(ups: list[int], counts: list[int]) -> str:
    """ "34/39,12/15"; nothing where there are no camps or nobody belongs clearly to one."""
    if len(counts) < 2 or not any(counts):
        return ""
    return ",".join(f"{up}/{count}" for up, count in zip(ups, counts, strict=True))
