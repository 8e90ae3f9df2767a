"""Votes: whatever is sent, in whatever order, the counters are what the rows say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakehashi.comments import actions, rules
from kakehashi.comments.actions import Tally, Totals
from kakehashi.comments.models import Comment, CommentState, Thread, Vote
from kakehashi.lib.errors import DomainError, Invalid, NotAllowed, NotFound, TooMany
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_vote


def test_a_vote_counts_changes_and_is_taken_back(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    comment = a_comment(thread, author=ana)
    assert actions.cast_vote(reader=bo, comment=comment, value=1, now=now) == Tally(net=1, up=1, down=0, own=1)
    assert actions.cast_vote(reader=bo, comment=comment, value=-1, now=now) == Tally(net=-1, up=0, down=1, own=-1)
    assert actions.cast_vote(reader=bo, comment=comment, value=0, now=now) == Tally(net=0, up=0, down=0, own=0)
    vote = Vote.objects.get()
    assert (vote.value, vote.changed_at) == (0, now)


def test_a_repeat_changes_nothing(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    comment = a_comment(thread, author=ana)
    for hours in range(3):
        tally = actions.cast_vote(reader=bo, comment=comment, value=1, now=now + timedelta(hours=hours))
        assert tally == Tally(net=1, up=1, down=0, own=1)
    assert Vote.objects.get().changed_at == now
    thread.refresh_from_db()
    assert thread.version == 1


def test_a_discounted_vote_stays_discounted_however_often_it_is_cast_again(
    thread: Thread, bo: Reader, now: datetime
) -> None:
    comment = a_comment(thread)
    actions.cast_vote(reader=bo, comment=comment, value=1, now=now)
    assert not Vote.objects.get().is_discounted
    Vote.objects.update(is_discounted=True)
    for value in (-1, 0, 1):
        assert actions.cast_vote(reader=bo, comment=comment, value=value, now=now).own == value
        assert Vote.objects.get().is_discounted


@pytest.mark.parametrize("value", [7, -2, 2, 10**30])
def test_a_vote_of_seven(thread: Thread, bo: Reader, value: int) -> None:
    with pytest.raises(Invalid):
        actions.cast_vote(reader=bo, comment=a_comment(thread), value=value)
    assert not Vote.objects.exists()


def test_the_database_refuses_other_values(thread: Thread) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        a_vote(a_comment(thread), 7)


def test_not_on_ones_own_comment(thread: Thread, ana: Reader) -> None:
    with pytest.raises(NotAllowed) as caught:
        actions.cast_vote(reader=ana, comment=a_comment(thread, author=ana), value=1)
    assert caught.value.code == "own-comment"


@pytest.mark.parametrize("state", [CommentState.HELD, CommentState.REMOVED, CommentState.WITHDRAWN])
def test_not_on_what_nobody_reads(thread: Thread, bo: Reader, state: str) -> None:
    with pytest.raises(NotFound):
        actions.cast_vote(reader=bo, comment=a_comment(thread, state=state), value=1)


def test_not_on_what_is_not_there(bo: Reader) -> None:
    with pytest.raises(NotFound):
        actions.cast_vote(reader=bo, comment=Comment(pk=987_654), value=1)


def test_not_by_the_suspended(thread: Thread, now: datetime) -> None:
    reader = a_reader(suspended_until=now + timedelta(days=1))
    with pytest.raises(NotAllowed):
        actions.cast_vote(reader=reader, comment=a_comment(thread), value=1, now=now)


def test_a_closed_thread_still_takes_votes(bo: Reader, now: datetime) -> None:
    from tests.factories import a_story, a_thread

    old = a_thread(a_story(published_at=now - timedelta(days=3650)))
    assert actions.cast_vote(reader=bo, comment=a_comment(old), value=1, now=now).up == 1


def test_archived_figures_stay_as_found(thread: Thread, bo: Reader, now: datetime) -> None:
    comment = actions.import_comment(thread=thread, source="Zero?", created_at=now, archived=Totals(0, 2, 2))
    odd = actions.import_comment(thread=thread, source="Odd", created_at=now, archived=Totals(net=5, up=2, down=9))
    assert actions.cast_vote(reader=bo, comment=comment, value=1, now=now) == Tally(net=1, up=3, down=2, own=1)
    assert actions.cast_vote(reader=bo, comment=odd, value=-1, now=now) == Tally(net=4, up=2, down=10, own=-1)
    odd.refresh_from_db()
    assert (odd.archived_net, odd.archived_up, odd.archived_down, odd.up, odd.down) == (5, 2, 9, 0, 1)
    assert (odd.net, odd.total_up, odd.total_down) == (4, 2, 10)
    assert odd.popularity == pytest.approx(rules.wilson(2, 10))


def test_a_vote_reads_no_other_votes_to_count(thread: Thread, bo: Reader) -> None:
    comment = a_comment(thread, up=99, down=98)
    assert actions.cast_vote(reader=bo, comment=comment, value=1) == Tally(net=2, up=100, down=98, own=1)
    assert actions.cast_vote(reader=bo, comment=comment, value=-1) == Tally(net=0, up=99, down=99, own=-1)


def test_sixty_votes_a_minute(thread: Thread, bo: Reader, now: datetime) -> None:
    authors = [a_reader() for _ in range(6)]
    comments = [a_comment(thread, author=authors[n % 6]) for n in range(61)]
    Vote.objects.bulk_create(Vote(comment=comment, reader=bo, value=1, changed_at=now) for comment in comments[:60])
    with pytest.raises(TooMany, match=r"60 times within a minute.*in 20 seconds") as caught:
        actions.cast_vote(reader=bo, comment=comments[60], value=1, now=now + timedelta(seconds=40))
    assert caught.value.retry_at == now + timedelta(minutes=1)
    actions.cast_vote(reader=bo, comment=comments[60], value=1, now=now + timedelta(minutes=1))


def test_turning_one_vote_again_and_again_counts(thread: Thread, bo: Reader, now: datetime) -> None:
    comment, other = a_comment(thread), a_comment(thread)
    for n in range(60):
        actions.cast_vote(reader=bo, comment=comment, value=(1, 0)[n % 2], now=now + timedelta(milliseconds=100 * n))
    last = now + timedelta(milliseconds=100 * 59)
    for refused in (comment, other):
        with pytest.raises(TooMany) as caught:
            actions.cast_vote(reader=bo, comment=refused, value=1, now=last)
        assert caught.value.retry_at == last + timedelta(minutes=1)
    assert actions.cast_vote(reader=bo, comment=comment, value=1, now=last + timedelta(minutes=1)).own == 1
    assert Vote.objects.get().changes == 1


def test_six_down_votes_a_day_for_one_member(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    comments = [a_comment(thread, author=ana) for _ in range(7)]
    for comment in comments[:6]:
        actions.cast_vote(reader=bo, comment=comment, value=-1, now=now)
    with pytest.raises(TooMany, match=r"six comments of the same member.*in 23 hours"):
        actions.cast_vote(reader=bo, comment=comments[6], value=-1, now=now + timedelta(hours=1, minutes=30))
    actions.cast_vote(reader=bo, comment=comments[6], value=1, now=now)
    actions.cast_vote(reader=bo, comment=a_comment(thread), value=-1, now=now)
    actions.cast_vote(reader=bo, comment=comments[6], value=-1, now=now + timedelta(days=1))


def voted(comments: list[Comment], reader: Reader, value: int, now: datetime) -> None:
    Vote.objects.bulk_create(Vote(comment=one, reader=reader, value=value, changed_at=now) for one in comments)


def test_thirty_votes_up_a_day_for_one_member(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    voted([a_comment(author=ana) for _ in range(30)], bo, 1, now)
    comment = a_comment(thread, author=ana)
    with pytest.raises(TooMany, match=r"thirty comments of the same member within a day.*in 23 hours"):
        actions.cast_vote(reader=bo, comment=comment, value=1, now=now + timedelta(hours=1, minutes=30))
    actions.cast_vote(reader=bo, comment=a_comment(thread), value=1, now=now)
    actions.cast_vote(reader=bo, comment=comment, value=-1, now=now)
    actions.cast_vote(reader=bo, comment=comment, value=0, now=now)
    actions.cast_vote(reader=bo, comment=comment, value=1, now=now + timedelta(days=1))


def test_fifteen_of_them_in_one_discussion(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    comments = [a_comment(thread, author=ana) for _ in range(16)]
    for comment in comments[:15]:
        actions.cast_vote(reader=bo, comment=comment, value=1, now=now)
    with pytest.raises(TooMany, match=r"fifteen comments of the same member in this discussion.*in 24 hours"):
        actions.cast_vote(reader=bo, comment=comments[15], value=1, now=now)
    actions.cast_vote(reader=bo, comment=a_comment(author=ana), value=1, now=now)


def test_forty_votes_down_a_day_in_one_discussion(thread: Thread, bo: Reader, now: datetime) -> None:
    """Whoever wrote them, and of imported comments nobody knows."""
    voted([a_comment(thread) for _ in range(40)], bo, -1, now)
    with pytest.raises(TooMany, match=r"forty comments in this discussion"):
        actions.cast_vote(reader=bo, comment=a_comment(thread), value=-1, now=now)
    actions.cast_vote(reader=bo, comment=a_comment(thread), value=1, now=now)
    actions.cast_vote(reader=bo, comment=a_comment(), value=-1, now=now)


@pytest.mark.parametrize(("value", "extra"), [(1, 0), (-1, 3)])
def test_a_vote_is_few_statements(thread: Thread, ana: Reader, bo: Reader, value: int, extra: int) -> None:
    """A look and the writing; the queue, another look and the limit where somebody is voted down."""
    comment = a_comment(thread, author=ana)
    with CaptureQueriesContext(connection) as captured:
        actions.cast_vote(reader=bo, comment=comment, value=value)
    statements = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == (2 if connection.vendor == "postgresql" else 4) + extra


# (voter, comment, value): four voters, three comments of which voter 0 wrote the first.
CASTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([-1, 0, 1, 7])), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(casts=CASTS, archived=st.tuples(st.integers(-9, 9), st.integers(0, 9), st.integers(0, 9)))
def test_after_any_votes_the_counters_are_what_the_rows_say(
    thread: Thread, casts: list[tuple[int, int, int]], archived: tuple[int, int, int], now: datetime
) -> None:
    with transaction.atomic():
        readers = [a_reader() for _ in range(4)]
        comments = [a_comment(thread, author=readers[0]), a_comment(thread), a_comment(thread)]
        net, up, down = archived
        Comment.objects.filter(pk=comments[1].pk).update(
            archived_net=net, archived_up=up, archived_down=down, popularity=rules.wilson(up, down)
        )
        wished: dict[tuple[int, int], int] = {}
        for voter, target, value in casts:
            try:
                tally = actions.cast_vote(reader=readers[voter], comment=comments[target], value=value, now=now)
            except DomainError:
                assert value == 7 or (voter, target) == (0, 0)
                continue
            wished[voter, target] = value
            assert tally.own == value
        for target, comment in enumerate(comments):
            comment.refresh_from_db()
            votes = [value for (_voter, on), value in wished.items() if on == target]
            assert (comment.up, comment.down) == (votes.count(1), votes.count(-1))
            assert comment.popularity == pytest.approx(rules.wilson(comment.total_up, comment.total_down))
            assert comment.net == (net if target == 1 else 0) + sum(votes)
        transaction.set_rollback(True)
