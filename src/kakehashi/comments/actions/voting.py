"""Votes: the request states the wished value, so a repeat is harmless; counters move by the difference."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import rules
from kakehashi.comments.actions import counting
from kakehashi.comments.actions.counting import Ballot
from kakehashi.comments.models import Comment, CommentState, Vote
from kakehashi.lib import ratelimit, together
from kakehashi.lib.errors import Invalid, NotAllowed, NotFound
from kakehashi.readers.models import Reader

VOTE_LIMIT = ratelimit.Limit(60, timedelta(minutes=1), gettext_lazy("You have voted 60 times within a minute."))
DAY = timedelta(days=1)
# For and against one member, and in one discussion; why these: the decision on arranged votes in docs/decisions.
DOWN_LIMIT = ratelimit.Limit(6, DAY, gettext_lazy("You have voted down six comments of the same member within a day."))
UP_LIMIT = ratelimit.Limit(30, DAY, gettext_lazy("You have voted up thirty comments of the same member within a day."))
UP_IN_THREAD_LIMIT = ratelimit.Limit(
    15, DAY, gettext_lazy("You have voted up fifteen comments of the same member in this discussion within a day.")
)
DOWN_IN_THREAD_LIMIT = ratelimit.Limit(
    40, DAY, gettext_lazy("You have voted down forty comments in this discussion within a day.")
)
# From so many votes on, a reader's votes wait for one another: more than this never arrive at once.
NEAR_LIMIT = VOTE_LIMIT.count // 2
NEAR_FAVOURS = UP_IN_THREAD_LIMIT.count // 2


@dataclass(frozen=True)
class Tally:
    """A comment's score with what was archived; `own` is the voter's present vote, `ballot` the comment before it."""

    net: int
    up: int
    down: int
    own: int
    ballot: Ballot | None = field(default=None, compare=False, repr=False)


def cast_vote(*, reader: Reader, comment: Comment | int, value: int, now: datetime | None = None) -> Tally:
    """Set the reader's vote on a comment (or its number) to `value`: +1, −1, or 0 to take it back.

    Moves the comment's counters by the difference and raises its thread's version. Two statements on PostgreSQL, four on
    SQLite, however many have voted; a repeat takes one.
    Raises `Invalid` (another value), `NotFound` (a comment nobody sees), `NotAllowed` (own comment, suspended) or
    `TooMany`.
    """
    if value not in (-1, 0, 1):
        raise Invalid(_("A vote is +1, −1 or 0."), code="vote-value")
    now = now or timezone.now()
    comment = comment.pk if isinstance(comment, Comment) else comment
    ballot = _look(reader, comment, now)
    if ballot.own == value:
        return _unchanged(ballot)
    is_near = ballot.votes >= NEAR_LIMIT or (value == 1 and ballot.favours >= NEAR_FAVOURS)
    if value != -1 and not is_near:
        tally = _count(reader, ballot, comment, value, now)
        if tally is not None:
            return tally
    return together.write(lambda: _cast_in_turn(reader, comment, value, now))


def _cast_in_turn(reader: Reader, comment: int, value: int, now: datetime) -> Tally:
    """As `cast_vote`, where a limit is near: the reader's row is the queue, so that what is counted stays true."""
    Reader.objects.select_for_update(no_key=True).filter(pk=reader.pk).values_list("pk").first()
    while True:
        ballot = _look(reader, comment, now)
        if ballot.own == value:
            return _unchanged(ballot)
        _require_within_limits(reader, ballot, value, now)
        tally = _count(reader, ballot, comment, value, now)
        if tally is not None:
            return tally


def _look(reader: Reader, comment: int, now: datetime) -> Ballot:
    """The comment, if the reader may vote on it."""
    ballot = counting.look(comment, reader.pk, votes_since=now - VOTE_LIMIT.per, today=now - DAY)
    if ballot is None or ballot.state != CommentState.VISIBLE:
        raise NotFound(_("This comment is not here."))
    if not rules.can_vote(reader, ballot):
        raise NotAllowed(_("This is your own comment: others decide how it rates."), code="own-comment")
    if not rules.can_write(reader, now):
        raise NotAllowed(_("Your account is suspended, so you cannot vote at present."), code="suspended")
    return ballot


def _unchanged(ballot: Ballot) -> Tally:
    return Tally(ballot.net, ballot.up, ballot.down, ballot.own, ballot)


def _count(reader: Reader, ballot: Ballot, comment: int, value: int, now: datetime) -> Tally | None:
    """None where the reader's vote was another one meanwhile."""
    counted = counting.count_vote(ballot, comment, reader.pk, value, now=now, votes_since=now - VOTE_LIMIT.per)
    if counted is None:
        return None
    return Tally(*counted, value, ballot)


def _require_within_limits(reader: Reader, ballot: Ballot, value: int, now: datetime) -> None:
    """Raises `TooMany`, which says when the limit will have passed."""
    votes = Vote.objects.filter(reader=reader)
    if ballot.votes >= VOTE_LIMIT.count:
        # Where fewer comments were voted on, but again and again: a minute after the last vote.
        ratelimit.check(votes, "changed_at", [VOTE_LIMIT, replace(VOTE_LIMIT, count=1)], now=now)
    if value == 0:
        return
    cast = counting.cast_since(reader.pk, ballot, value, today=now - DAY)
    member, thread = Q(comment__author=ballot.author_id), Q(comment__thread=ballot.thread_id)
    reached = [
        (cast.member, DOWN_LIMIT, member),
        (cast.thread, DOWN_IN_THREAD_LIMIT, thread),
    ]
    if value == 1:
        reached = [(cast.member, UP_LIMIT, member), (cast.member_in_thread, UP_IN_THREAD_LIMIT, member & thread)]
    for count, limit, where in reached:
        if count >= limit.count:
            ratelimit.check(votes.filter(where, value=value), "changed_at", [limit], now=now)
