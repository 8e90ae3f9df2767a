"""Votes that count nothing: whatever is voted, discounted and counted again, the counters are what the rows say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakehashi.comments import actions, rules
from kakehashi.comments.actions import Tally
from kakehashi.comments.actions.discounting import MOST_AT_ONCE
from kakehashi.comments.models import Comment, Thread, Vote
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_vote


def cast(comment: Comment, readers: list[Reader], value: int, now: datetime) -> list[int]:
    """The numbers of the votes."""
    for reader in readers:
        actions.cast_vote(reader=reader, comment=comment, value=value, now=now)
    return list(Vote.objects.filter(comment=comment, reader__in=readers).values_list("pk", flat=True))


def figures(comment: Comment) -> tuple[int, int, float]:
    comment.refresh_from_db()
    return comment.up, comment.down, comment.popularity


def test_discounted_votes_leave_score_and_order_and_come_back_to_the_same(thread: Thread, now: datetime) -> None:
    comment, readers = a_comment(thread), [a_reader() for _ in range(7)]
    cast(comment, readers[:4], 1, now)
    before = figures(comment)
    arranged = cast(comment, readers[4:], -1, now)
    raided = figures(comment)
    thread.refresh_from_db()
    version = thread.version
    later = now + timedelta(hours=1)
    assert actions.discount_votes(votes=arranged, is_discounted=True, now=later) == 3
    assert figures(comment) == before
    assert actions.find_miscounted() == []
    thread.refresh_from_db()
    assert comment.version == thread.version == version + 1
    assert set(Vote.objects.filter(pk__in=arranged).values_list("recounted_at", flat=True)) == {later}
    assert actions.discount_votes(votes=arranged, is_discounted=True, now=later) == 0
    assert actions.discount_votes(votes=arranged, is_discounted=False, now=later) == 3
    assert figures(comment) == raided
    assert actions.find_miscounted() == []


def test_a_discounted_vote_is_changed_as_its_voter_wishes_and_moves_nothing(
    thread: Thread, bo: Reader, now: datetime
) -> None:
    comment = a_comment(thread)
    votes = cast(comment, [bo], -1, now)
    actions.discount_votes(votes=votes, is_discounted=True, now=now)
    assert actions.cast_vote(reader=bo, comment=comment, value=1, now=now) == Tally(net=0, up=0, down=0, own=1)
    assert actions.cast_vote(reader=bo, comment=comment, value=0, now=now) == Tally(net=0, up=0, down=0, own=0)
    assert actions.cast_vote(reader=bo, comment=comment, value=1, now=now).own == 1
    actions.discount_votes(votes=votes, is_discounted=False, now=now)
    assert figures(comment)[:2] == (1, 0)


def test_votes_on_many_comments_at_once(now: datetime, bo: Reader) -> None:
    comments = [a_comment() for _ in range(5)]
    votes = [a_vote(comment, 1, reader=bo).pk for comment in comments]
    Comment.objects.update(up=1, popularity=rules.wilson(1, 0))
    actions.discount_votes(votes=votes, is_discounted=True, now=now)
    assert {figures(comment) for comment in comments} == {(0, 0, 0.0)}


@pytest.mark.django_db
def test_not_more_at_once_than_a_thread_can_wait_for(now: datetime) -> None:
    with pytest.raises(ValueError, match="At most"):
        actions.discount_votes(votes=range(MOST_AT_ONCE + 1), is_discounted=True, now=now)


# (what, voter, comment or value)
STEPS = st.lists(
    st.tuples(st.sampled_from(["up", "down", "back", "discount", "again"]), st.integers(0, 3), st.integers(0, 2)),
    max_size=30,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_anything_the_counters_are_what_the_rows_say(
    thread: Thread, steps: list[tuple[str, int, int]], now: datetime
) -> None:
    with transaction.atomic():
        readers = [a_reader() for _ in range(4)]
        comments = [a_comment(thread), a_comment(thread), a_comment()]
        for what, voter, target in steps:
            if what in ("discount", "again"):
                votes = list(Vote.objects.filter(reader=readers[voter]).values_list("pk", flat=True))[: target + 1]
                actions.discount_votes(votes=votes, is_discounted=what == "discount", now=now)
            else:
                value = {"up": 1, "down": -1, "back": 0}[what]
                actions.cast_vote(reader=readers[voter], comment=comments[target], value=value, now=now)
            now += timedelta(seconds=2)
        assert actions.find_miscounted() == []
        for comment in comments:
            counted = [vote.value for vote in comment.votes.filter(is_discounted=False)]
            up, down = counted.count(1), counted.count(-1)
            assert figures(comment) == (up, down, pytest.approx(rules.wilson(up, down)))
        transaction.set_rollback(True)
