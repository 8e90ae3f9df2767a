"""Whatever is decided and undone, in whatever order: counters, states and suspensions are what the rows say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.lib.errors import DomainError
from kakehashi.moderation import actions, queries
from kakehashi.moderation.models import Action, Decision
from kakehashi.readers.models import FOREVER, Reader, Role
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_ground

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["removed", "held", "visible", "edited", "warn", "suspend", "ban", "sweep", "undo", "undo", "undo all"]
        ),
        st.integers(0, 11),
    ),
    max_size=14,
)


def do(step: str, turn: int, mo: Reader, ana: Reader, comments: list[Comment], now: datetime) -> None:
    comment, ground = comments[turn % len(comments)], a_ground(turn % 10 + 1)
    match step:
        case "warn":
            actions.warn(actor=mo, reader=ana, ground=ground, now=now)
        case "suspend":
            actions.suspend(actor=mo, reader=ana, ground=ground, hours=turn * 24, now=now)
        case "ban" | "sweep":
            actions.ban(actor=mo, reader=ana, ground=ground, sweeps=step == "sweep", now=now)
        case "undo":
            found = list(Decision.objects.order_by("-pk"))
            if found:
                actions.undo(actor=mo, decision=found[turn % len(found)], now=now)
        case "undo all":
            batch = Decision.objects.exclude(batch=None).values_list("batch", flat=True).order_by("-pk").first()
            if batch is not None:
                actions.undo_batch(actor=mo, batch=batch, now=now)
        case _:
            actions.decide_comment(
                actor=mo, comment=comment, action=step, ground=ground, source=f"Changed at {now}", now=now
            )


def assert_true(ana: Reader, comments: list[Comment]) -> None:
    for thread in Thread.objects.filter(pk__in={one.thread_id for one in comments}):
        assert thread.comment_count == Comment.objects.visible().filter(thread=thread).count()
    for comment in comments:
        comment.refresh_from_db()
        last = queries.last_decision(comment.pk)
        if last is not None and last.action != Action.EDITED:
            assert comment.state == last.action
        assert (comment.rule_number > 0) <= (comment.state == CommentState.REMOVED or comment.is_edited_by_staff)
    ana.refresh_from_db()
    standing = Decision.objects.standing().filter(reader=ana)
    until = max([one.until for one in standing.filter(action=Action.SUSPENDED) if one.until], default=None)
    assert ana.suspended_until == (FOREVER if standing.filter(action=Action.BANNED).exists() else until)
    assert (ana.warned_at is not None) == standing.filter(action=Action.WARNED).exists()


@pytest.mark.django_db
@settings(max_examples=12, deadline=None)
@given(steps=STEPS)
def test_whatever_is_decided_and_undone_the_figures_are_true(steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        mo, ana = a_reader(role=Role.MODERATOR), a_reader()
        comments = [a_comment(author=ana) for _ in range(2)]
        comments.append(a_comment(comments[0].thread, author=ana))
        now = NOW
        for step, turn in steps:
            now += timedelta(minutes=1)
            try:
                do(step, turn, mo, ana, comments, now)
            except DomainError:
                continue
            assert_true(ana, comments)
        _undo_everything(mo, now)
        assert_true(ana, comments)
        assert [one.state for one in comments] == ["visible"] * 3
        assert {one.source for one in comments} == {"A fair point, plainly made."}
        assert (ana.suspended_until, ana.warned_at) == (None, None)
        assert not comment_actions.find_miscounted()
        transaction.set_rollback(True)


def _undo_everything(mo: Reader, now: datetime) -> None:
    """The latest first, as often as there is something that holds."""
    while True:
        chains = [one for one in Decision.objects.standing().order_by("-pk") if _depth(one) % 2 == 0]
        if not chains:
            return
        actions.undo(actor=mo, decision=chains[0], now=now)


def _depth(decision: Decision) -> int:
    depth, behind = 0, decision.undoes
    while behind is not None:
        depth, behind = depth + 1, behind.undoes
    return depth
