"""Votes: the request states the wished value, so a repeat is harmless; counters are recomputed from the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import rules
from kakehashi.comments.actions import counting
from kakehashi.comments.models import Comment, CommentState, Vote
from kakehashi.lib import ratelimit
from kakehashi.lib.errors import Invalid, NotAllowed, NotFound
from kakehashi.readers.models import Reader

VOTE_LIMIT = ratelimit.Limit(60, timedelta(minutes=1), gettext_lazy("You have voted 60 times within a minute."))
DOWN_LIMIT = ratelimit.Limit(
    6, timedelta(days=1), gettext_lazy("You have voted down six comments of the same member within a day.")
)


@dataclass(frozen=True)
class Tally:
    """A comment's score with what was archived; `own` is the voter's present vote."""

    net: int
    up: int
    down: int
    own: int


@transaction.atomic
def cast_vote(*, reader: Reader, comment: Comment, value: int, now: datetime | None = None) -> Tally:
    """Set the reader's vote to `value` (+1, −1, or 0 to take it back), recount the comment, touch its thread.

    Raises `Invalid` (another value), `NotFound` (a comment nobody sees), `NotAllowed` (own comment, suspended) or
    `TooMany`.
    """
    if value not in (-1, 0, 1):
        raise Invalid(_("A vote is +1, −1 or 0."), code="vote-value")
    now = now or timezone.now()
    votes_since, downs_since = now - VOTE_LIMIT.per, now - DOWN_LIMIT.per
    ballot = counting.look(comment.pk, reader.pk, is_down=value == -1, votes_since=votes_since, downs_since=downs_since)
    if ballot is None or ballot.state != CommentState.VISIBLE:
        raise NotFound(_("This comment is not here."))
    if not rules.can_vote(reader, ballot):
        raise NotAllowed(_("This is your own comment: others decide how it rates."), code="own-comment")
    if not rules.can_write(reader, now):
        raise NotAllowed(_("Your account is suspended, so you cannot vote at present."), code="suspended")
    if ballot.own == value:
        return Tally(net=ballot.net, up=ballot.up, down=ballot.down, own=value)
    _require_within_limits(reader, ballot, now)
    counting.record(comment.pk, reader.pk, value, now=now, votes_since=votes_since)
    net, up, down = counting.recount(comment.pk)
    counting.touch(ballot.thread_id)
    return Tally(net=net, up=up, down=down, own=value)


def _require_within_limits(reader: Reader, ballot: counting.Ballot, now: datetime) -> None:
    """Asks the database only when a limit is reached: for the time when it will pass."""
    votes = Vote.objects.filter(reader=reader)
    if ballot.votes >= VOTE_LIMIT.count:
        # Where fewer comments were voted on, but again and again: a minute after the last vote.
        ratelimit.check(votes, "changed_at", [VOTE_LIMIT, replace(VOTE_LIMIT, count=1)], now=now)
    if ballot.downs >= DOWN_LIMIT.count:
        downs = votes.filter(value=-1, comment__author=ballot.author_id)
        ratelimit.check(downs, "changed_at", [DOWN_LIMIT], now=now)
