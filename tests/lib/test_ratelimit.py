"""Limits counted from rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kakehashi.comments.models import Comment
from kakehashi.lib.errors import TooMany
from kakehashi.lib.ratelimit import Limit, check, check_times, wait_sentence
from tests.factories import a_comment, a_reader, a_thread

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIMITS = [Limit(1, timedelta(seconds=10), "One at a time."), Limit(3, timedelta(hours=1), "Three an hour.")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds_ago", "retry_in"),
    [
        ([], None),
        ([11], None),
        ([10], None),
        ([9], 1),
        ([0], 10),
        ([100, 200], None),
        ([100, 200, 3599], 1),
        ([100, 200, 3600], None),
        ([2, 100, 200, 3000], 8),
        # Clocks of two machines differ a little; one that was set back an hour locks nobody out.
        ([-30], 40),
        ([-3600], None),
    ],
)
def test_a_limit_says_when_the_next_may_come(seconds_ago: list[int], retry_in: int | None) -> None:
    author, thread = a_reader(), a_thread()
    for seconds in seconds_ago:
        a_comment(thread, author=author, created_at=NOW - timedelta(seconds=seconds))
    rows = Comment.objects.filter(author=author)
    if retry_in is None:
        check(rows, "created_at", LIMITS, now=NOW)
    else:
        with pytest.raises(TooMany) as refusal:
            check(rows, "created_at", LIMITS, now=NOW)
        assert refusal.value.retry_at == NOW + timedelta(seconds=retry_in)


def test_times_from_the_future_do_not_count_either() -> None:
    check_times([NOW + timedelta(hours=1), NOW - timedelta(seconds=11)], LIMITS, now=NOW)
    with pytest.raises(TooMany):
        check_times([NOW + timedelta(hours=1), NOW - timedelta(seconds=9)], LIMITS, now=NOW)


@pytest.mark.django_db
def test_a_limit_costs_one_query(django_assert_num_queries: object) -> None:
    author = a_reader()
    with django_assert_num_queries(1):  # type: ignore[operator]
        check(Comment.objects.filter(author=author), "created_at", LIMITS, now=NOW)


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [(0.2, "in 1 second"), (8, "in 8 seconds"), (90, "in 2 minutes"), (5399, "in 90 minutes"), (7200, "in 2 hours")],
)
def test_waits_are_said_in_the_unit_a_person_would_use(seconds: float, sentence: str) -> None:
    assert wait_sentence(seconds) == sentence
