"""Statements that run with every request: planned once by each connection to PostgreSQL, and the same on SQLite."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kakehashi.comments import actions, queries
from kakehashi.lib import hot
from kakehashi.stories.models import StoryPage
from tests.factories import a_comment, a_reader, a_story, a_thread
from tests.settings import KIND

pytestmark = pytest.mark.django_db
only_postgresql = pytest.mark.skipif(KIND != "postgresql", reason="SQLite plans in microseconds and keeps statements")

DOUBLE = "SELECT CAST(%s AS integer) * 2"


def prepared() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def double(number: int) -> int:
    with hot.cursor() as cursor:
        cursor.execute(DOUBLE, [number])
        return int(cursor.fetchone()[0])


def test_it_answers_like_any_cursor() -> None:
    assert [double(number) for number in (1, 2, 3, -4)] == [2, 4, 6, -8]


def test_it_is_seen_by_whoever_counts_queries() -> None:
    with CaptureQueriesContext(connection) as captured:
        double(21)
    assert len(captured) == 1
    heard: list[str] = []
    with connection.execute_wrapper(lambda execute, sql, *rest: heard.append(sql) or execute(sql, *rest)):
        double(21)
    assert heard == [DOUBLE]


@only_postgresql
def test_a_statement_is_prepared_when_it_comes_again() -> None:
    sql = "SELECT CAST(%s AS integer) * 3"
    for expected in (0, 1, 1):
        with hot.cursor() as cursor:
            cursor.execute(sql, [7])
        assert len([statement for statement in prepared() if "* 3" in statement]) == expected


@only_postgresql
def test_reading_voting_and_posting_are_prepared_whatever_they_are_about(story: StoryPage) -> None:
    """One plan for all readers, comments and texts: else the database would keep a plan for each."""
    for number in range(12):
        writer, voter, thread = a_reader(), a_reader(), a_thread(a_story())
        comment = a_comment(thread, author=writer)
        actions.cast_vote(reader=voter, comment=comment, value=1 if number % 2 else -1)
        actions.post_comment(author=voter, thread=thread, source=f"The ferry was late {number} times.")
        queries.standing(thread.story_id)
    found = prepared()
    for words in ("INSERT INTO comments_vote", "INSERT INTO comments_comment", "LEFT JOIN stories_edition"):
        assert 1 <= len([statement for statement in found if words in statement]) <= 3, words
    assert len(found) < 20


@only_postgresql
def test_a_statement_is_prepared_anew_after_a_rollback() -> None:
    """What a transaction that fails has prepared is not counted on."""
    with transaction.atomic():
        assert [double(number) for number in (1, 2, 3)] == [2, 4, 6]
        transaction.set_rollback(True)
    assert [double(number) for number in (4, 5)] == [8, 10]


@only_postgresql
def test_a_table_may_grow_while_statements_about_it_are_prepared(story: StoryPage) -> None:
    """As a migration does it while servers of the version before still run."""
    for _ in range(3):
        before = queries.standing(story.pk)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE comments_thread ADD COLUMN weather varchar(9) DEFAULT 'fair' NOT NULL")
    assert queries.standing(story.pk) == before


def test_a_session_is_read_the_same_again_and_again(story: StoryPage, client: Client) -> None:
    client.force_login(a_reader("Ana Lindqvist"))
    for _ in range(4):
        assert "Ana Lindqvist" in client.get(story.get_absolute_url()).content.decode()


@pytest.fixture
def story() -> StoryPage:
    return a_story("The ferry is late again")
