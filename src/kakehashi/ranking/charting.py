"""From a model and the votes of one discussion to its map. The worker's part: it needs NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from kakehashi.bridging import BridgingModel
from kakehashi.bridging.map import Group as Bar
from kakehashi.bridging.map import OpinionMap as Places
from kakehashi.bridging.map import Words, map_groups, map_keys, map_svg
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


def chart(model: BridgingModel, thread_id: int, comments: Sequence[RatedComment]) -> Chart | None:
    """The map of a discussion, `comments` being those with figures by camp.

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
    return Chart(
        comments=tuple(_worth_showing(weighed, camps)),
        votes=votes,
        voters=len(readers),
        readers=tuple((membership >= CLEAR).sum(axis=0).tolist()),
        groups=tuple(Group(round(bar.x, 3), round(bar.y, 3), bar.camp, bar.voters) for bar in places.groups),
        axes=places.axes,
        reach=places.reach,
        svg=map_svg(places, words=_WORDS, name=NAME, has_legend=False),
        keys=tuple(map_keys(camps, NAME)),
    )


_WORDS = Words(title=TITLE, description=DESCRIPTION, nothing=DESCRIPTION)


def _worth_showing(weighed: Sequence[RatedComment], camps: int) -> list[int]:
    chosen = tallies.agreed(weighed)[: AGREED_ON_PAGE + SPARE] + tallies.divided(weighed)[: DIVIDED_ON_PAGE + SPARE]
    for camp in range(camps):
        chosen += tallies.typical(weighed, camp)[: TYPICAL + SPARE]
    return sorted({one.pk for one in chosen})


def place_of(model: BridgingModel, reader_id: int) -> tuple[float, ...] | None:
    """Where the reader stands on the maps; None for somebody who has not voted."""
    known = scoring.about(model, np.array([reader_id]))
    at = np.flatnonzero(known.voter_ids_ == reader_id)
    return tuple(known.position_[at[0]].tolist()) if len(at) else None


def with_own(drawn: Chart, own: Sequence[float], word: str) -> str:
    """The picture of the map, and in it the dot of the one who looks, under that word."""
    bars = tuple(Bar(*group) for group in drawn.groups)
    places = Places(bars, len(drawn.readers), drawn.axes, drawn.reach)
    words = Words(title=TITLE, description=DESCRIPTION, nothing=DESCRIPTION, own=word)
    return map_svg(places, words=words, own=own, name=NAME, has_legend=False)
