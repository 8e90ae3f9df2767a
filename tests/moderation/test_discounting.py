"""Votes of an alarm that count no longer: each voter is told, may object, and all of it can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, Vote
from kakehashi.lib.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from kakehashi.moderation import actions, queries
from kakehashi.moderation.actions import discounting
from kakehashi.moderation.models import Action, Alarm, AlarmState, Decision
from kakehashi.readers.models import Role
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_ground, a_moderator, an_alarm

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.get_default_timezone())


def score(comment: Comment) -> tuple[int, int]:
    comment.refresh_from_db()
    return comment.up, comment.down


def test_the_votes_count_no_longer_and_each_voter_has_a_decision_with_reasons() -> None:
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(5)]
    fan = a_reader()
    comment_actions.cast_vote(reader=fan, comment=comment, value=1, now=NOW)
    alarm = an_alarm(comment, crowd)
    assert score(comment) == (1, 5)
    assert actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW) == 5
    assert score(comment) == (1, 0)
    decisions = Decision.objects.order_by("pk")
    assert [(one.reader_id, one.action, one.is_found_by_machine) for one in decisions] == [
        (reader.pk, Action.DISCOUNTED, True) for reader in crowd
    ]
    alarm.refresh_from_db()
    assert (alarm.state, alarm.settled_by, alarm.batch) == (AlarmState.DISCOUNTED, mo, decisions[0].batch)
    assert [one.action for one in queries.decisions_of(crowd[0])] == [Action.DISCOUNTED]
    assert [vote.comment for vote in queries.discounted_votes(decisions[:1])[decisions[0].pk]] == [comment]


def test_only_those_who_were_chosen_and_never_the_staff() -> None:
    mo, colleague, comment = a_moderator(), a_moderator(), a_comment()
    crowd = [*(a_reader() for _ in range(3)), colleague]
    alarm = an_alarm(comment, crowd)
    chosen = [crowd[0].pk, crowd[1].pk, colleague.pk, mo.pk]
    assert actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), readers=chosen, now=NOW) == 2
    assert score(comment) == (0, 2)
    assert set(Decision.objects.values_list("reader", flat=True)) == {crowd[0].pk, crowd[1].pk}


def test_refusals() -> None:
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(2)]
    alarm = an_alarm(comment, crowd)
    with pytest.raises(NotFound):
        actions.discount(actor=a_reader(role=Role.EDITOR), alarm=alarm, ground=a_ground(8))
    with pytest.raises(Invalid):
        actions.discount(actor=mo, alarm=alarm, ground=discounting.Ground())
    with pytest.raises(Invalid):
        actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), readers=[])
    actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW)
    with pytest.raises(Conflict):
        actions.discount(actor=mo, alarm=alarm, ground=a_ground(8))


def test_counted_again_alone_or_all_together_to_the_same_figures() -> None:
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(4)]
    alarm = an_alarm(comment, crowd)
    before = Comment.objects.filter(pk=comment.pk).values_list("up", "down", "popularity").get()
    actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW)
    first = Decision.objects.order_by("pk")[0]
    again = actions.undo(actor=mo, decision=first, explanation="A colleague of the author, and no other.", now=NOW)
    assert score(comment) == (0, 1)
    assert again.action == Action.REINSTATED
    assert first.batch is not None
    assert len(actions.undo_batch(actor=mo, batch=first.batch, now=NOW)) == 3
    assert Comment.objects.filter(pk=comment.pk).values_list("up", "down", "popularity").get() == before
    with pytest.raises(Conflict):
        actions.undo(actor=mo, decision=first, now=NOW)
    # To undo what undid it is to decide it again.
    anew = actions.undo(actor=mo, decision=again, now=NOW)
    assert anew.action == Action.DISCOUNTED
    assert score(comment) == (0, 3)


def test_a_vote_that_two_decisions_discount_counts_when_neither_stands() -> None:
    mo, comment, reader = a_moderator(), a_comment(), a_reader()
    for alarm in (an_alarm(comment, [reader]), an_alarm(comment, [reader])):
        actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW)
    first, second = Decision.objects.order_by("pk")
    actions.undo(actor=mo, decision=first, now=NOW)
    assert score(comment) == (0, 0)
    actions.undo(actor=mo, decision=second, now=NOW)
    assert score(comment) == (0, 1)


def test_an_objection_that_is_granted_lets_the_votes_count() -> None:
    mo, other, comment, reader = a_moderator(), a_moderator(), a_comment(), a_reader()
    actions.discount(actor=mo, alarm=an_alarm(comment, [reader]), ground=a_ground(8), now=NOW)
    appeal = actions.file_appeal(reader=reader, decision=Decision.objects.get(), words="I read it on the bus.", now=NOW)
    actions.settle_appeal(actor=other, appeal=appeal, is_granted=True, answer="Agreed.", now=NOW)
    assert score(comment) == (0, 1)


def test_nobody_lets_their_own_votes_count_again() -> None:
    administrator, comment, mo = a_moderator(role=Role.ADMINISTRATOR), a_comment(), a_moderator()
    actions.discount(actor=administrator, alarm=an_alarm(comment, [mo]), ground=a_ground(8), now=NOW)
    with pytest.raises(NotAllowed):
        actions.undo(actor=mo, decision=Decision.objects.get())


def test_the_voter_reads_which_votes_and_why(client: Client) -> None:
    mo, comment, reader = a_moderator(), a_comment(source="The bridge is too dear."), a_reader()
    now = timezone.now()
    alarm = an_alarm(comment, [reader], now=now)
    actions.discount(actor=mo, alarm=alarm, ground=a_ground(8, explanation="Twenty accounts at once."), now=now)
    client.force_login(reader)
    page = client.get(Decision.objects.get().get_absolute_url()).content.decode()
    for words in ("Votes of yours count no longer", "The bridge is too dear.", "Twenty accounts at once.", "Object"):
        assert words in page
    assert "Votes no longer counted" in client.get("/account/decisions/").content.decode()


def test_ten_thousand_would_go_in_slices_of_a_fixed_number_of_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discounting, "SLICE", 4)
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(12)]
    alarm = an_alarm(comment, crowd)
    ground = a_ground(8)
    with CaptureQueriesContext(connection) as captured:
        assert actions.discount(actor=mo, alarm=alarm, ground=ground, now=NOW) == 12
    assert len(captured) <= 12 + 24
    alarm.refresh_from_db()
    assert (alarm.state, score(comment)) == (AlarmState.WORKING, (0, 8))
    later = NOW + timedelta(seconds=20)
    with CaptureQueriesContext(connection) as captured:
        assert actions.go_on_discounting(now=later) == 8
    assert len(captured) <= 6 + 3 * 24
    alarm.refresh_from_db()
    assert (alarm.state, score(comment)) == (AlarmState.DISCOUNTED, (0, 0))
    assert actions.go_on_discounting(now=later) == 0
    # Each is told by its own time: who tells them looks back some minutes only.
    assert list(Decision.objects.order_by("pk").values_list("decided_at", flat=True)) == [NOW] * 4 + [later] * 8
    assert {one.rule_id for one in Decision.objects.all()} == {ground.rule.pk}  # type: ignore[union-attr]
    with CaptureQueriesContext(connection) as captured:
        actions.undo_batch(actor=mo, batch=alarm.batch, explanation="My mistake.", now=later)  # type: ignore[arg-type]
    assert len(captured) <= 10 + 24
    alarm.refresh_from_db()
    assert (alarm.state, score(comment)) == (AlarmState.RESTORING, (0, 4))
    assert queries.left_to_take_back(Decision.objects.earliest("pk")) == 8
    assert actions.go_on_discounting(now=later + timedelta(seconds=20)) == 8
    alarm.refresh_from_db()
    assert (alarm.state, score(comment)) == (AlarmState.DISCOUNTED, (0, 12))
    again = Decision.objects.filter(action=Action.REINSTATED)
    assert set(again.values_list("explanation", "actor", "origin")) == {("My mistake.", mo.pk, "own")}


def test_what_is_left_after_a_broken_slice_is_done_by_whoever_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discounting, "SLICE", 4)
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(9)]
    alarm = an_alarm(comment, crowd)
    actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW)
    with monkeypatch.context() as broken:
        broken.setattr(discounting, "SLICES_AT_ONCE", 1)
        actions.go_on_discounting(now=NOW)
    assert score(comment) == (0, 1)
    # One who is told already wins the objection meanwhile; one who waits for it leaves.
    actions.undo(actor=mo, decision=Decision.objects.order_by("pk")[0], now=NOW)
    assert score(comment) == (0, 2)
    actions.go_on_discounting(now=NOW)
    assert score(comment) == (0, 1)
    assert comment_actions.find_miscounted() == []


def test_taking_back_what_is_under_way_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discounting, "SLICE", 4)
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(9)]
    alarm = an_alarm(comment, crowd)
    actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=NOW)
    assert len(actions.undo_batch(actor=mo, batch=Alarm.objects.get().batch, now=NOW)) == 4  # type: ignore[arg-type]
    assert actions.go_on_discounting(now=NOW) == 0
    alarm.refresh_from_db()
    assert (alarm.state, score(comment)) == (AlarmState.DISCOUNTED, (0, 9))


def test_lists_have_one_line_for_all_who_voted_and_one_for_all_who_count_again(client: Client) -> None:
    mo, comment, crowd = a_moderator(), a_comment(), [a_reader() for _ in range(5)]
    actions.discount(actor=mo, alarm=an_alarm(comment, crowd), ground=a_ground(8), now=NOW)
    first = Decision.objects.earliest("pk")
    actions.undo(actor=mo, decision=first, now=NOW + timedelta(minutes=1))
    actions.undo_batch(actor=mo, batch=first.batch, now=NOW + timedelta(minutes=2))  # type: ignore[arg-type]
    assert [(one.action, one.accounts) for one in queries.public_log()] == [  # type: ignore[attr-defined]
        (Action.REINSTATED, 4),
        (Action.REINSTATED, 1),
        (Action.DISCOUNTED, 5),
    ]
    for reader, address in ((None, "/rules/log/"), (mo, "/moderation/decisions/")):
        if reader is not None:
            client.force_login(reader)
        page = client.get(address).content.decode()
        assert [words in page for words in ("5 accounts", "4 accounts")] == [True, True]


STEPS = st.lists(
    st.tuples(st.sampled_from(["up", "down", "back", "discount", "on", "undo", "undo", "all"]), st.integers(0, 5)),
    max_size=20,
)


@settings(max_examples=12, deadline=None)
@given(steps=STEPS)
def test_whatever_is_voted_discounted_and_undone_the_counters_are_what_the_rows_say(
    steps: list[tuple[str, int]],
) -> None:
    with transaction.atomic():
        mo, crowd = a_moderator(), [a_reader() for _ in range(3)]
        comments = [a_comment(), a_comment()]
        now = NOW
        for what, turn in steps:
            now += timedelta(minutes=2)
            comment, reader = comments[turn % 2], crowd[turn % 3]
            try:
                if what == "discount":
                    alarm = an_alarm(comment, [reader, crowd[(turn + 1) % 3]], now=now)
                    actions.discount(actor=mo, alarm=alarm, ground=a_ground(8), now=now)
                elif what == "on":
                    actions.go_on_discounting(now=now)
                elif what == "undo":
                    found = list(Decision.objects.order_by("-pk"))
                    if found:
                        actions.undo(actor=mo, decision=found[turn % len(found)], now=now)
                elif what == "all":
                    batches = list(Decision.objects.order_by("-pk").values_list("batch", flat=True))
                    if batches:
                        actions.undo_batch(actor=mo, batch=batches[turn % len(batches)], now=now)
                else:
                    value = {"up": 1, "down": -1, "back": 0}[what]
                    comment_actions.cast_vote(reader=reader, comment=comment, value=value, now=now)
            except DomainError:
                continue
        assert comment_actions.find_miscounted() == []
        for vote in Vote.objects.all():
            standing = vote.discounted_by.filter(decision__undone_by=None)
            assert vote.is_discounted == standing.exists()
        transaction.set_rollback(True)
