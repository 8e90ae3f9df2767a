"""Counters and versions: whatever happens in a thread, they are what the rows say and every change can be found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakehashi.comments import actions, rules
from kakehashi.comments.models import Comment, CommentState, Quote, Thread, Vote
from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_thread


def changed_since(thread: Thread, version: int) -> set[int]:
    return set(Comment.objects.filter(thread=thread, version__gt=version).values_list("pk", flat=True))


@pytest.fixture
def quoting(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> list[Comment]:
    """Ana's comment, an answer to it, another that quotes it, and one that has nothing to do with it."""
    said = a_comment(thread, author=ana)
    answer, quote = a_comment(thread, author=bo, parent=said), a_comment(thread, author=bo)
    Quote.objects.create(comment=quote, quoted=said)
    return [said, answer, quote, a_comment(thread, author=bo)]


ACTS: dict[str, Callable[[Comment, Reader, Reader], object]] = {
    "hidden": lambda said, _ana, mo: actions.set_comment_state(actor=mo, comment=said, state="removed"),
    "withdrawn": lambda said, ana, _mo: actions.withdraw_comment(actor=ana, comment=said),
    "renamed": lambda _said, ana, _mo: readers.change_name(reader=ana, name="Ana of the Ferry"),
    "left": lambda _said, ana, _mo: readers.erase_reader(reader=ana),
    "left for good": lambda _said, ana, _mo: readers.erase_reader(reader=ana, withdraw=True),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_names_a_comment_changes_with_it(
    act: Callable[[Comment, Reader, Reader], object],
    thread: Thread,
    ana: Reader,
    moderator: Reader,
    quoting: list[Comment],
) -> None:
    act(quoting[0], ana, moderator)
    thread.refresh_from_db()
    assert thread.version == 1
    assert changed_since(thread, 0) == {comment.pk for comment in quoting[:3]}
    assert actions.find_miscounted() == []


def test_a_vote_and_an_edit_change_the_comment_alone(
    thread: Thread, ana: Reader, quoting: list[Comment], moderator: Reader
) -> None:
    said = quoting[0]
    actions.cast_vote(reader=moderator, comment=said, value=1)
    assert changed_since(thread, 0) == {said.pk}
    actions.edit_comment(actor=ana, comment=said, source="Said otherwise.")
    assert changed_since(thread, 1) == {said.pk}
    said.refresh_from_db()
    assert said.version == 2


def test_a_comment_begins_for_everybody_when_it_is_first_visible(
    thread: Thread, ana: Reader, moderator: Reader, now: datetime
) -> None:
    actions.set_thread_state(actor=moderator, thread=thread, state="held_first")
    said = actions.post_comment(author=ana, thread=thread, source="Wait for me.", now=now)
    assert (said.version, said.first_version) == (2, 0)
    for state, first in (("visible", 3), ("held", 3), ("visible", 3)):
        said = actions.set_comment_state(actor=moderator, comment=said, state=state)
        assert said.first_version == first
    at_once = actions.post_comment(author=moderator, thread=thread, source="No waiting.", now=now)
    assert at_once.first_version == at_once.version == 6


def test_a_renaming_reaches_every_thread_of_the_reader_and_no_other(ana: Reader, thread: Thread) -> None:
    elsewhere, other = a_comment(author=ana).thread, a_comment().thread
    a_comment(thread, author=ana)
    readers.change_name(reader=ana, name="Ana of the Ferry")
    versions = dict(Thread.objects.values_list("pk", "version"))
    assert versions == {thread.pk: 1, elsewhere.pk: 1, other.pk: 0}


def test_counters_that_are_wrong_are_found_and_mended(bo: Reader, now: datetime) -> None:
    right, wrong, late, stale = a_comment(), a_comment(up=3), a_comment(), a_comment()
    for comment in (right, wrong):
        actions.cast_vote(reader=bo, comment=comment, value=1)
    Thread.objects.filter(pk=late.thread_id).update(last_comment_at=now + timedelta(days=1), comment_count=7)
    Comment.objects.filter(pk=stale.pk).update(popularity=0.9)
    assert actions.find_miscounted() == sorted([wrong.thread_id, late.thread_id, stale.thread_id])
    assert [actions.recount_thread(thread_id=c.thread_id) for c in (right, wrong, late, stale)] == [0, 1, 1, 1]
    assert actions.find_miscounted() == []
    wrong.refresh_from_db()
    assert (wrong.up, wrong.version) == (1, 2)
    assert wrong.popularity == pytest.approx(rules.wilson(1, 0))
    assert Thread.objects.get(pk=late.thread_id).last_comment_at == late.created_at


# What happens, who does it, and to which of the comments there are by then.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["post", "answer", "up", "down", "back", "edit", "withdraw", "held", "removed", "visible"]),
        st.integers(0, 2),
        st.integers(0, 30),
    ),
    max_size=14,
)


def do(step: str, who: Reader, target: Comment, moderator: Reader, now: datetime) -> None:
    match step:
        case "post" | "answer":
            parent = target if step == "answer" else None
            actions.post_comment(author=who, thread=target.thread, source=f"At {now}", parent=parent, now=now)
        case "up" | "down" | "back":
            actions.cast_vote(reader=who, comment=target, value={"up": 1, "down": -1, "back": 0}[step], now=now)
        case "edit":
            actions.edit_comment(actor=who, comment=target, source=f"Edited at {now}", now=now)
        case "withdraw":
            actions.withdraw_comment(actor=who, comment=target, now=now)
        case _:
            actions.set_comment_state(actor=moderator, comment=target, state=step, now=now)


def look_of(thread: Thread) -> dict[int, tuple[object, ...]]:
    """All that a page shows of each comment, without what is somebody's own."""
    rows = Comment.objects.filter(thread=thread).select_related("parent__author", "author")
    return {
        c.pk: (c.state, c.html, c.edited_at, c.net, c.total_up, c.total_down, c.writer, c.parent and c.parent.state)
        for c in rows
    }


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_anything_the_counters_are_true_and_versions_tell_what_changed(
    steps: list[tuple[str, int, int]], moderator: Reader, now: datetime
) -> None:
    with transaction.atomic():
        thread, people, seen = a_thread(), [a_reader() for _ in range(3)], 0
        a_comment(thread, author=people[0], created_at=now)
        for step, who, target in steps:
            now += timedelta(seconds=11)
            before, there = look_of(thread), list(Comment.objects.filter(thread=thread).order_by("pk"))
            try:
                do(step, people[who], there[target % len(there)], moderator, now)
            except DomainError:
                assert look_of(thread) == before
            after = look_of(thread)
            thread.refresh_from_db()
            assert {pk for pk in after if after[pk] != before.get(pk)} <= changed_since(thread, seen)
            assert (thread.version > seen) == (after != before)
            seen = thread.version
        thread.refresh_from_db()
        visible = Comment.objects.filter(thread=thread, state=CommentState.VISIBLE)
        last = visible.order_by("created_at").last()
        assert (thread.comment_count, thread.last_comment_at) == (visible.count(), last and last.created_at)
        for comment in Comment.objects.filter(thread=thread):
            values = list(Vote.objects.filter(comment=comment).values_list("value", flat=True))
            assert (comment.up, comment.down) == (values.count(1), values.count(-1))
            assert comment.popularity == pytest.approx(rules.wilson(comment.up, comment.down))
        assert actions.find_miscounted() == []
        transaction.set_rollback(True)
