"""How each camp rates a comment, and what that makes of the comment: agreed on, dividing, or typical of one camp. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from kakehashi.ranking.enough import LEAST_GROUP

# A comment is typical of a camp where it is liked there by so much more than in any other.
TELLING = 0.25


class Tally(NamedTuple):
    """Of `readers` who clearly belong to one camp and rated the comment, `ups` rated it up."""

    ups: int
    readers: int

    @property
    def approval(self) -> float:
        """The share of ups, drawn towards one half where few have voted (Laplace's rule of succession)."""
        return (self.ups + 1) / (self.readers + 2)


class Rated(Protocol):
    """A comment, or as much of it as is asked here. `tallies` in the order of the camps, empty without camps."""

    @property
    def pk(self) -> int: ...

    @property
    def common_ground(self) -> float: ...

    @property
    def tallies(self) -> tuple[Tally, ...]: ...


R = TypeVar("R", bound=Rated)


def tallies_of(agreement: str) -> tuple[Tally, ...]:
    """What `Comment.agreement` says: "34/39,12/15"."""
    pairs = (part.partition("/") for part in agreement.split(",") if part)
    return tuple(Tally(int(ups), int(readers)) for ups, _, readers in pairs)


def is_weighed(rated: Rated) -> bool:
    """Whether enough readers of every camp have rated it, so that it may be shown how."""
    return len(rated.tallies) > 1 and all(tally.readers >= LEAST_GROUP for tally in rated.tallies)


def weighed(comments: Iterable[R]) -> list[R]:
    return [rated for rated in comments if is_weighed(rated)]


def agreed(comments: Iterable[R]) -> list[R]:
    """Of weighed comments those that more than half of every camp rate up, in the order of common ground."""
    liked = [rated for rated in comments if min(tally.approval for tally in rated.tallies) > 0.5]
    return sorted(liked, key=lambda rated: (-rated.common_ground, rated.pk))


def divided(comments: Iterable[R]) -> list[R]:
    """Of weighed comments those that one camp rates up and another down, the widest gap first."""
    split = [rated for rated in comments if _least(rated.tallies) < 0.5 < _most(rated.tallies)]
    return sorted(split, key=lambda rated: (_least(rated.tallies) - _most(rated.tallies), rated.pk))


def typical(comments: Iterable[R], camp: int) -> list[R]:
    """Of weighed comments those with which the readers of this camp tend to agree, and others do not: clearest first."""
    telling = [rated for rated in comments if _lead(rated.tallies, camp) >= TELLING]
    return sorted(telling, key=lambda rated: (-_lead(rated.tallies, camp), rated.pk))


def _lead(tallies: Sequence[Tally], camp: int) -> float:
    """By how much this camp likes it more than any other; 0 where not even this one does."""
    own = tallies[camp].approval
    return own - _most([*tallies[:camp], *tallies[camp + 1 :]]) if own > 0.5 else 0.0


def _least(tallies: Sequence[Tally]) -> float:
    return min(tally.approval for tally in tallies)


def _most(tallies: Sequence[Tally]) -> float:
    return max(tally.approval for tally in tallies)
