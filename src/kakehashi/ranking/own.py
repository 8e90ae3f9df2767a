"""Where the reader who looks stands on the map of a discussion: asked for by them, shown to them alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext as _

from kakehashi.comments.models import Vote
from kakehashi.comments.page import Visit
from kakehashi.ranking import charts
from kakehashi.ranking.enough import LEAST_OWN_VOTES
from kakehashi.ranking.grounds import Ground
from kakehashi.ranking.models import OpinionMap


class Answer(Enum):
    """What can be said to somebody who asks."""

    SHOWN = "shown"
    NOBODY = "nobody"  # Not logged in.
    OPTED_OUT = "opted-out"
    TOO_FEW = "too-few"  # Votes on this discussion.
    UNKNOWN = "unknown"  # Not on the map, which may be drawn in a moment.


@dataclass(frozen=True)
class OwnPlace:
    """`picture` is the map with the reader's own dot, where the answer is SHOWN; `missing` votes, where TOO_FEW."""

    answer: Answer
    picture: str = ""
    missing: int = 0


def place(visit: Visit, ground: Ground | None) -> OwnPlace:
    """The place of the visit's reader, made for this request: two queries."""
    reader = visit.reader
    if reader is None:
        return OwnPlace(Answer.NOBODY)
    if not reader.is_modelled:
        return OwnPlace(Answer.OPTED_OUT)
    if ground is None:
        return OwnPlace(Answer.UNKNOWN)
    thread = visit.standing.thread_id
    votes = Vote.objects.filter(reader=reader, comment__thread=thread).exclude(value=0).count()
    if votes < LEAST_OWN_VOTES:
        return OwnPlace(Answer.TOO_FEW, missing=LEAST_OWN_VOTES - votes)
    places = OpinionMap.objects.filter(pk=thread).values_list("places", flat=True).first()
    found = charts.place_of(bytes(places or b""), reader.pk)
    if found is None:
        return OwnPlace(Answer.UNKNOWN)
    return OwnPlace(Answer.SHOWN, ground.drawn(ground.chart.with_own(found, _("You"))))
