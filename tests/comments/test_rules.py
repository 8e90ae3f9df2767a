"""Who may do what; pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.comments import rules
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.readers.models import Reader, Role

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AUTHOR, OTHER, MODERATOR = Reader(pk=1), Reader(pk=2), Reader(pk=3, role=Role.MODERATOR)


def comment(state: str, **fields: object) -> Comment:
    return Comment(state=state, author_id=1, created_at=NOW, **fields)


@pytest.mark.parametrize(
    ("state", "seen_by", "read_by"),
    [
        (CommentState.VISIBLE, [None, AUTHOR, OTHER, MODERATOR], [None, AUTHOR, OTHER, MODERATOR]),
        (CommentState.HELD, [AUTHOR, MODERATOR], [AUTHOR, MODERATOR]),
        (CommentState.REMOVED, [None, AUTHOR, OTHER, MODERATOR], [MODERATOR]),
        (CommentState.WITHDRAWN, [None, AUTHOR, OTHER, MODERATOR], []),
    ],
)
def test_who_sees_and_who_reads(state: str, seen_by: list[Reader | None], read_by: list[Reader | None]) -> None:
    everybody = [None, AUTHOR, OTHER, MODERATOR]
    assert [who for who in everybody if rules.can_see(who, comment(state), 1)] == seen_by
    assert [who for who in everybody if rules.can_read(who, comment(state), 1)] == read_by


@pytest.mark.parametrize(
    ("display", "hours", "age", "is_shown"),
    [
        ("split", 6, 0, True),
        ("net", 6, 0, True),
        ("hidden", 6, 5, False),
        ("hidden", 6, 6, True),
        ("hidden", 0, 0, True),
    ],
)
def test_hidden_votes_appear_after_some_hours(display: str, hours: int, age: int, is_shown: bool) -> None:
    since = rules.shows_votes_from(display, hours, NOW)
    assert (since is None or since <= NOW + timedelta(hours=age)) is is_shown


def test_a_thread_without_end_never_closes() -> None:
    assert rules.closes_at(NOW, 0) is None
    assert rules.is_open(Thread(), published_at=datetime(1850, 1, 1, tzinfo=UTC), close_after_days=0, now=NOW)


COUNTS = st.integers(0, 10_000)


@given(up=COUNTS, down=COUNTS)
def test_wilson_is_a_cautious_share(up: int, down: int) -> None:
    bound = rules.wilson(up, down)
    assert 0 <= bound <= (up / (up + down) if up + down else 0) + 1e-12
    assert rules.wilson(up + 1, down) > bound
    assert rules.wilson(up, down + 1) <= bound


def test_wilson_as_in_the_books() -> None:
    assert rules.wilson(0, 0) == 0
    assert rules.wilson(1, 0) == pytest.approx(0.2065, abs=1e-4)
    assert rules.wilson(90, 10) == pytest.approx(0.8256, abs=1e-4)
