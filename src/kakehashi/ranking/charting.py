"""From a model and the votes of one discussion to its map. The worker's part: it needs NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kakehashi.bridging import BridgingModel
from kakehashi.bridging.map import Words, map_frame, map_groups, map_keys, map_svg
from kakehashi.ranking import arrays, scoring, tallies
from kakehashi.ranking.charts import DESCRIPTION, NAME, TITLE, Chart, Group
from kakehashi.ranking.enough import AGREED_ON_PAGE, DIVIDED_ON_PAGE, LEAST_COMMENTS, LEAST_GROUP, TYPICAL
from kakehashi.ranking.tallies import Tally

# Comments kept beyond those that a page shows: they move up when one of these goes.
SPARE = 10
# Who belongs to a camp with this probability belongs to it clearly, as in Comment.agreement.
CLEAR = 2 / 3


class RatedComment(NamedTuple):
    """As `tallies.Rated`."""

    pk: int
    common_ground: float
    tallies: tuple[Tally, ...]

    @classmethod
    def of(cls, pk: int, common_ground: float, agreement: str) -> Self:
        return cls(pk, common_ground, tallies.tallies_of(agreement))


def chart(model: BridgingModel, thread_id: int, comments: Sequence[RatedComment]) -> tuple[Chart, bytes] | None:
    """The map of a discussion, `comments` being those with figures by camp, and where each reader stands on it.

    None where the model knows no camps, or too few comments have been rated by enough readers of each.
    """
    camps = model.n_camps_
    weighed = [one for one in tallies.weighed(comments) if len(one.tallies) == camps]
    if camps < 2 or len(weighed) < LEAST_COMMENTS:
        return None
    readers, votes = arrays.voters_of(thread_id)
    known = scoring.about(model, readers)
    position, membership = known.position_, known.membership_
    places = map_groups(position, membership, smallest=LEAST_GROUP)
    drawn = Chart(
        comments=tuple(_worth_showing(weighed, camps)),
        votes=votes,
        voters=len(readers),
        readers=tuple((membership >= CLEAR).sum(axis=0).tolist()),
        groups=tuple(Group(round(bar.x, 3), round(bar.y, 3), bar.camp, bar.voters) for bar in places.groups),
        axes=places.axes,
        reach=places.reach,
        frame=map_frame(places),
        svg=map_svg(places, words=_WORDS, name=NAME, has_legend=False),
        keys=tuple(map_keys(camps, NAME)),
    )
    return drawn, _packed(known.voter_ids_, position)


_WORDS = Words(title=TITLE, description=DESCRIPTION, nothing=DESCRIPTION)


def _packed(readers: NDArray[Any], position: NDArray[np.float64]) -> bytes:
    """As `charts.place_of` reads it."""
    table = np.zeros(len(readers), np.dtype([("reader", "<i8"), ("place", "<f4", (2,))]))
    table["reader"] = readers
    table["place"][:, : position.shape[1]] = position[:, :2]
    return np.sort(table, order="reader").tobytes()


def _worth_showing(weighed: Sequence[RatedComment], camps: int) -> list[int]:
    chosen = tallies.agreed(weighed)[: AGREED_ON_PAGE + SPARE] + tallies.divided(weighed)[: DIVIDED_ON_PAGE + SPARE]
    for camp in range(camps):
        chosen += tallies.typical(weighed, camp)[: TYPICAL + SPARE]
    return sorted({one.pk for one in chosen})
