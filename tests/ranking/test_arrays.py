"""Votes as arrays: which are there, from whom, and the same ones however they are read."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kakehashi.comments.models import CommentState
from kakehashi.ranking import arrays
from kakehashi.ranking.arrays import UNKNOWN, VoteArrays
from tests.factories import a_comment, a_reader, a_thread, a_vote

pytestmark = pytest.mark.django_db


def rows(votes: VoteArrays) -> Counter[tuple[int, int, int]]:
    return Counter(zip(votes.comment.tolist(), votes.reader.tolist(), votes.value.tolist(), strict=True))


def test_every_vote_is_there_once() -> None:
    comments, readers = [a_comment(), a_comment()], [a_reader() for _ in range(3)]
    for number, reader in enumerate(readers):
        a_vote(comments[0], 1 if number else -1, reader=reader)
    a_vote(comments[1], -1, reader=readers[0])
    expected = Counter({(comments[0].pk, reader.pk, 1 if number else -1): 1 for number, reader in enumerate(readers)})
    expected[comments[1].pk, readers[0].pk, -1] = 1
    assert rows(arrays.all_votes()) == expected
    assert rows(arrays.votes_on([comment.pk for comment in comments])) == expected
    assert rows(arrays.votes_by([reader.pk for reader in readers])) == expected
    assert rows(arrays.votes_on([comments[1].pk])) == Counter({(comments[1].pk, readers[0].pk, -1): 1})
    assert rows(arrays.votes_by([readers[1].pk])) == Counter({(comments[0].pk, readers[1].pk, 1): 1})


def test_nothing_at_all() -> None:
    assert len(arrays.all_votes()) == len(arrays.votes_on([])) == len(arrays.votes_by([])) == 0
    assert len(arrays.unseen_comments()) == 0


def test_votes_taken_back_and_discounted_ones_are_not_there() -> None:
    comment = a_comment()
    kept = a_vote(comment, 1)
    a_vote(comment, 0)
    a_vote(comment, 1, is_discounted=True)
    expected = Counter({(comment.pk, kept.reader_id, 1): 1})
    assert rows(arrays.all_votes()) == rows(arrays.votes_on([comment.pk])) == expected


def test_who_may_not_be_modelled_is_unknown() -> None:
    comment = a_comment()
    a_vote(comment, 1, reader=a_reader(is_modelled=False))
    a_vote(comment, -1, reader=a_reader(is_active=False))
    open_reader = a_reader()
    a_vote(comment, 1, reader=open_reader)
    expected = Counter({(comment.pk, UNKNOWN, 1): 1, (comment.pk, UNKNOWN, -1): 1, (comment.pk, open_reader.pk, 1): 1})
    assert rows(arrays.all_votes()) == rows(arrays.votes_on([comment.pk])) == expected


def test_archived_totals_are_votes_of_unknown_voters() -> None:
    imported = a_comment(archived_up=3, archived_down=2, archived_net=7)
    a_comment(imported.thread)
    live = a_vote(imported, -1)
    expected = Counter(
        {(imported.pk, UNKNOWN, 1): 3, (imported.pk, UNKNOWN, -1): 2, (imported.pk, live.reader_id, -1): 1}
    )
    assert rows(arrays.all_votes()) == rows(arrays.votes_on([imported.pk])) == expected


def test_comments_that_nobody_sees() -> None:
    thread = a_thread()
    hidden = [a_comment(thread, state=state) for state in CommentState.values if state != CommentState.VISIBLE]
    a_comment(thread)
    assert arrays.unseen_comments().tolist() == [comment.pk for comment in hidden]


def test_stretches_and_lots_lose_nothing_at_their_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    comment = a_comment()
    for _ in range(7):
        a_vote(comment, 1)
    for _ in range(2):
        a_vote(a_comment(comment.thread), 1)
    whole, some = rows(arrays.all_votes()), rows(arrays.votes_by([pk for _, pk, _ in rows(arrays.all_votes())]))
    for size in (1, 2, 3, 4):
        monkeypatch.setattr(arrays, "STRETCH", size)
        monkeypatch.setattr(arrays, "AT_ONCE", size)
        assert rows(arrays.all_votes()) == whole
        assert rows(arrays.votes_by([pk for _, pk, _ in whole])) == some == whole


@pytest.mark.parametrize("voters", [1, 30])
def test_the_number_of_queries_does_not_grow(voters: int) -> None:
    comment = a_comment()
    for _ in range(voters):
        a_vote(comment, 1)
    for read, queries in (
        (arrays.all_votes, 4),
        (lambda: arrays.votes_on([comment.pk]), 2),
        (lambda: arrays.votes_by([comment.pk]), 1),
        (arrays.unseen_comments, 1),
    ):
        with CaptureQueriesContext(connection) as captured:
            read()
        assert len(captured) == queries
