"""What the benchmarks' generator writes is a site like any other: counters fit rows, and its members are logged in."""

from __future__ import annotations

import pytest
from benchmarks.growth_data import Filled, Plan, fill, lengths
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks import writing
from kakehashi.comments.actions import cast_vote, post_comment
from kakehashi.comments.models import Comment, Thread
from kakehashi.readers.models import Reader
from kakehashi.search.queries import search
from tests.factories import a_front

PLAN = Plan(comments=150, threads=(5, 60), members=40, sessions=2)


@pytest.fixture
def filled(db: None) -> Filled:
    a_front()
    return fill(PLAN, now=timezone.now())


def test_counters_are_those_of_the_rows(filled: Filled) -> None:
    assert Comment.objects.count() == 150 == sum(Thread.objects.values_list("comment_count", flat=True))
    assert filled.votes > 300
    with connection.cursor() as cursor:
        for sql in (writing.WRONG_TALLIES, writing.WRONG_THREADS):
            cursor.execute(sql)
            assert cursor.fetchone() == (0,)
    call_command("check")
    connection.check_constraints()


def test_its_pages_answer_and_know_its_members(filled: Filled, client: Client) -> None:
    _story, path, first = filled.stories[60]
    assert f'id="c-{first}"' in client.get(path).content.decode()
    client.cookies["sessionid"] = filled.sessions[0][0]
    assert filled.member in client.get("/").content.decode()
    assert client.get(filled.section).status_code == 200


def test_life_goes_on_after_it(filled: Filled) -> None:
    """Ids run on, and the limits on votes and constraints hold."""
    member = Reader.objects.get(pk=filled.sessions[0][1])
    story, _path, _first = filled.stories[5]
    comment = post_comment(author=member, thread=Thread.objects.get(story=story), source="One more.")
    assert comment.pk > 150
    other = Comment.objects.exclude(author=member).exclude(votes__reader=member).first()
    assert other is not None
    assert cast_vote(reader=member, comment=other, value=1).own == 1


def test_search_finds_its_words(filled: Filled) -> None:
    assert search(Comment.objects.first().plain.split()[0]).count > 0  # type: ignore[union-attr]


def test_lengths_add_up() -> None:
    found = lengths(Plan(comments=10_000, threads=(15, 200)))
    assert sum(found) == 10_000
    assert found[:2] == [15, 200]
    assert min(found[2:-1]) >= 8
    with pytest.raises(ValueError, match="more comments"):
        fill(Plan(comments=10), now=timezone.now())
