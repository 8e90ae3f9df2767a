"""Where the reader who looks stands on the map of a discussion: asked for by them, shown to them alone, kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from kakehashi.comments.models import Vote
from kakehashi.comments.page import Visit
from kakehashi.ranking import queries
from kakehashi.ranking.enough import LEAST_OWN_VOTES
from kakehashi.ranking.grounds import Ground


class Answer(Enum):
    """What can be said to somebody who asks."""

    SHOWN = "shown"
    NOBODY = "nobody"  # Not logged in.
    OPTED_OUT = "opted-out"
    TOO_FEW = "too-few"  # Votes on this discussion.
    UNKNOWN = "unknown"  # No map, or no model yet.


@dataclass(frozen=True)
class OwnPlace:
    """`picture` is the map with the reader's own dot, where the answer is SHOWN; `missing` votes, where TOO_FEW."""

    answer: Answer
    picture: str = ""
    missing: int = 0


def place(visit: Visit, ground: Ground | None) -> OwnPlace:
    """The place of the visit's reader, made for this request. At most three queries, and the reader's votes."""
    reader = visit.reader
    if reader is None:
        return OwnPlace(Answer.NOBODY)
    if not reader.is_modelled:
        return OwnPlace(Answer.OPTED_OUT)
    if ground is None:
        return OwnPlace(Answer.UNKNOWN)
    votes = Vote.objects.filter(reader=reader, comment__thread=visit.standing.thread_id).exclude(value=0).count()
    if votes < LEAST_OWN_VOTES:
        return OwnPlace(Answer.TOO_FEW, missing=LEAST_OWN_VOTES - votes)
    picture = _picture(reader.pk, ground)
    return OwnPlace(Answer.SHOWN, picture) if picture else OwnPlace(Answer.UNKNOWN)


def _picture(reader_id: int, ground: Ground) -> str:
    """The map with the reader's dot; empty where the model does not know the reader, or became another one meanwhile."""
    model = queries.current_model()
    if model is None or model.n_axes_ != ground.chart.axes:
        return ""
    # Only a process whose readers ask for this loads NumPy.
    from kakehashi.ranking import charting

    found = charting.place_of(model, reader_id)
    return ground.drawn(charting.with_own(ground.chart, found, _("You"))) if found is not None else ""
