"""Decisions on comments, members and discussions, and taking them back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.moderation import actions, queries
from kakehashi.moderation.grounds import NO_GROUND, Ground, Machine, Seen
from kakehashi.moderation.models import Action, Decision
from kakehashi.readers.models import FOREVER, Reader, Role
from tests.factories import a_comment, a_reader, a_thread
from tests.moderation.rows import a_ground, a_moderator, a_removal

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def mo() -> Reader:
    return a_reader("Mo", role=Role.MODERATOR)


def count_of(comment: Comment) -> int:
    return Thread.objects.get(pk=comment.thread_id).comment_count


def test_a_removal_cites_a_rule_and_moves_the_counters(mo: Reader) -> None:
    comment = a_comment()
    decision = actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(3), now=NOW)
    comment.refresh_from_db()
    assert (comment.state, comment.rule_number, count_of(comment)) == (CommentState.REMOVED, 3, 0)
    assert (decision.actor, decision.reader, decision.state_before) == (mo, comment.author, CommentState.VISIBLE)
    assert decision.rule is not None
    assert decision.rule.number == 3
    assert not decision.is_automated


def test_a_restriction_without_rule_or_law_is_refused(mo: Reader) -> None:
    comment = a_comment()
    with pytest.raises(Invalid, match="choose the rule"):
        actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=Ground(explanation="Rude."))
    assert Decision.objects.count() == 0
    actions.decide_comment(
        actor=mo,
        comment=comment,
        action=Action.REMOVED,
        ground=Ground(law="Penal Code, § 4", explanation="It threatens."),
    )


def test_a_law_alone_is_no_reason() -> None:
    mo, comment = a_moderator(), a_comment()
    with pytest.raises(Invalid, match="why this is against the law"):
        actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=Ground(law="§ 4"))
    assert not Decision.objects.exists()


def test_nobody_lets_their_own_comment_stand_where_a_colleague_could_decide() -> None:
    mo, ada = a_moderator("Mo"), a_moderator("Ada")
    comment = a_comment(author=mo, source="My words.")
    removal = a_removal(comment, by=ada)
    comment.refresh_from_db()
    for act in (
        lambda: actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE),
        lambda: actions.decide_comment(
            actor=mo, comment=comment, action=Action.EDITED, ground=a_ground(), source="Other words."
        ),
        lambda: actions.undo(actor=mo, decision=removal),
        lambda: actions.decide_many(actor=mo, comments=[comment.pk], action=Action.VISIBLE, batch=uuid4()),
    ):
        with pytest.raises(NotAllowed, match="your own comment"):
            act()
    actions.undo(actor=ada, decision=removal)
    # A slip of one's own is taken back, and who is alone decides.
    actions.undo(actor=mo, decision=actions.decide_comment(actor=mo, comment=comment, action=Action.HELD))
    ada.role = Role.READER
    ada.save()
    actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE)


def test_readers_find_nothing_to_decide() -> None:
    with pytest.raises(NotFound):
        actions.decide_comment(actor=a_reader(), comment=a_comment(), action=Action.REMOVED, ground=a_ground())


def test_a_check_may_hold_and_says_which_it_is() -> None:
    comment = a_comment()
    decision = actions.decide_comment(
        actor=Machine("removal-model", "7"), comment=comment, action=Action.HELD, ground=Ground(), now=NOW
    )
    assert (decision.is_automated, decision.actor, decision.check_name, decision.model_version) == (
        True, None, "removal-model", "7",
    )  # fmt: skip
    comment.refresh_from_db()
    assert comment.state == CommentState.HELD


def test_undoing_brings_back_what_was_there_and_redoing_too(mo: Reader) -> None:
    comment = a_comment()
    first = actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(2))
    second = actions.undo(actor=mo, decision=first, explanation="I had misread it.")
    comment.refresh_from_db()
    assert (comment.state, comment.rule_number, count_of(comment)) == (CommentState.VISIBLE, 0, 1)
    assert (second.action, second.undoes) == (Action.VISIBLE, first)
    third = actions.undo(actor=mo, decision=second)
    comment.refresh_from_db()
    assert (comment.state, comment.rule_number, third.rule) == (CommentState.REMOVED, 2, first.rule)
    with pytest.raises(Conflict, match="undone already"):
        actions.undo(actor=mo, decision=first)


def test_nobody_lifts_their_own_ban_nor_one_they_could_not_give(mo: Reader) -> None:
    chief = a_reader(role=Role.ADMINISTRATOR)
    ban = actions.ban(actor=chief, reader=mo, ground=a_ground())
    for actor in (mo, a_reader(role=Role.MODERATOR)):
        with pytest.raises(NotAllowed):
            actions.undo(actor=actor, decision=ban)
        sweep = actions.ban(actor=chief, reader=a_reader(role=Role.MODERATOR), ground=a_ground(), sweeps=True)
        with pytest.raises(NotAllowed):
            actions.undo_batch(actor=actor, batch=sweep.batch)
    mo.refresh_from_db()
    assert mo.is_banned
    lifted = actions.undo(actor=chief, decision=ban)
    with pytest.raises(NotAllowed):
        actions.undo(actor=mo, decision=lifted)


def test_publishing_what_was_removed_undoes_the_removal(mo: Reader) -> None:
    comment = a_comment()
    first = actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground())
    second = actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE)
    assert second.undoes == first


def test_a_change_of_words_is_marked_and_can_be_taken_back(mo: Reader) -> None:
    comment = a_comment(source="The minister, that fool, signed it.")
    decision = actions.decide_comment(
        actor=mo, comment=comment, action=Action.EDITED, ground=a_ground(), source="The minister signed it."
    )
    comment.refresh_from_db()
    assert (comment.source, comment.is_edited_by_staff, comment.rule_number) == ("The minister signed it.", True, 1)
    back = actions.undo(actor=mo, decision=decision)
    comment.refresh_from_db()
    assert (comment.source, comment.is_edited_by_staff) == ("The minister, that fool, signed it.", False)
    actions.undo(actor=mo, decision=back)
    comment.refresh_from_db()
    assert (comment.source, comment.is_edited_by_staff) == ("The minister signed it.", True)


def test_the_second_of_two_moderators_hears_who_was_first(mo: Reader) -> None:
    other, comment = a_reader("Ada", role=Role.MODERATOR), a_comment()
    actions.decide_comment(actor=other, comment=comment, action=Action.REMOVED, ground=a_ground(), seen=Seen(0, 0))
    with pytest.raises(Conflict, match="Ada has decided"):
        actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE, seen=Seen(0, 0))
    with pytest.raises(Conflict, match="Ada has decided"):
        actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground())


def test_what_its_author_changed_or_withdrew_meanwhile_is_not_decided(mo: Reader) -> None:
    ana = a_reader()
    comment = a_comment(author=ana)
    comment_actions.edit_comment(actor=ana, comment=comment, source="Something else altogether.")
    with pytest.raises(Conflict, match="changed this comment"):
        actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(), seen=Seen(0))
    comment_actions.withdraw_comment(actor=ana, comment=comment)
    with pytest.raises(Conflict, match="withdrawn"):
        actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground())


def test_a_warning_stands_before_the_next_comment_until_it_is_read(mo: Reader) -> None:
    ana, thread = a_reader(), a_thread()
    decision = actions.warn(actor=mo, reader=ana, ground=a_ground())
    with pytest.raises(NotAllowed, match="sent you a warning"):
        comment_actions.post_comment(author=ana, thread=thread, source="Good morning to you all.")
    actions.acknowledge(reader=ana, decision=decision)
    actions.acknowledge(reader=ana, decision=decision)
    assert comment_actions.post_comment(author=ana, thread=thread, source="Good morning to you all.").pk
    with pytest.raises(NotFound):
        actions.acknowledge(reader=a_reader(), decision=decision)


def test_suspensions_end_and_bans_do_not(mo: Reader) -> None:
    ana = a_reader()
    first = actions.suspend(actor=mo, reader=ana, ground=a_ground(), hours=72, now=NOW)
    actions.suspend(actor=mo, reader=ana, ground=a_ground(), hours=24, now=NOW)
    ana.refresh_from_db()
    assert ana.suspended_until == NOW + timedelta(hours=72)
    ban = actions.ban(actor=mo, reader=ana, ground=a_ground(8), now=NOW)
    ana.refresh_from_db()
    assert ana.suspended_until == FOREVER
    assert ana.is_banned
    with pytest.raises(Conflict, match="banned already"):
        actions.ban(actor=mo, reader=ana, ground=a_ground(8), now=NOW)
    actions.undo(actor=mo, decision=first, now=NOW)
    back = actions.undo(actor=mo, decision=ban, now=NOW)
    ana.refresh_from_db()
    assert (ana.suspended_until, back.action) == (NOW + timedelta(hours=24), Action.REINSTATED)
    actions.undo(actor=mo, decision=back, now=NOW)
    ana.refresh_from_db()
    assert ana.is_banned


def test_staff_are_an_administrators_to_restrict(mo: Reader) -> None:
    with pytest.raises(NotAllowed):
        actions.warn(actor=mo, reader=a_reader(role=Role.EDITOR), ground=a_ground())
    actions.warn(actor=a_reader(role=Role.ADMINISTRATOR), reader=mo, ground=a_ground())


def test_a_ban_may_sweep_all_comments_and_be_undone_as_one(mo: Reader) -> None:
    ana = a_reader()
    comments = [a_comment(author=ana) for _ in range(3)]
    gone = a_comment(author=ana, thread=comments[0].thread)
    comment_actions.withdraw_comment(actor=ana, comment=gone)
    actions.decide_comment(actor=mo, comment=comments[2], action=Action.REMOVED, ground=a_ground())
    ban = actions.ban(actor=mo, reader=ana, ground=a_ground(8), sweeps=True)
    assert ban.batch is not None
    assert set(Comment.objects.filter(author=ana).values_list("state", flat=True)) == {"removed", "withdrawn"}
    assert Decision.objects.filter(batch=ban.batch).count() == 3
    undone = actions.undo_batch(actor=mo, batch=ban.batch)
    assert len(undone) == 3
    states = dict(Comment.objects.filter(author=ana).values_list("pk", "state"))
    assert [states[one.pk] for one in comments] == ["visible", "visible", "removed"]
    ana.refresh_from_db()
    assert ana.suspended_until is None
    assert [count_of(one) for one in comments] == [1, 1, 0]


def test_a_discussion_is_closed_and_opened_again(mo: Reader) -> None:
    thread = a_thread()
    ground = a_ground(6, explanation="It turns in circles.")
    for without in (
        NO_GROUND,
        Ground(law="§ 1", explanation="A law is not enough."),
        a_ground(6, explanation="x" * 501),
    ):
        with pytest.raises(Invalid):
            actions.decide_thread(actor=mo, thread=thread, action=Action.CLOSED, ground=without)
    actions.decide_thread(actor=mo, thread=thread, action=Action.CLOSED, ground=ground)
    thread.refresh_from_db()
    assert (thread.state, thread.rule_number, thread.reason) == ("closed", 6, "It turns in circles.")
    with pytest.raises(Conflict):
        actions.decide_thread(actor=mo, thread=thread, action=Action.CLOSED, ground=ground)
    actions.undo(actor=mo, decision=(first := Decision.objects.get()))
    actions.undo(actor=mo, decision=Decision.objects.get(undoes=first))
    thread.refresh_from_db()
    assert (thread.state, thread.rule_number, thread.reason) == ("closed", 6, "It turns in circles.")
    opened = actions.decide_thread(actor=mo, thread=thread, action=Action.OPENED)
    thread.refresh_from_db()
    assert (thread.state, thread.rule_number, thread.reason) == ("open", 0, "")
    actions.undo(actor=mo, decision=opened)
    thread.refresh_from_db()
    assert (thread.state, thread.rule_number, thread.reason) == ("closed", 6, "It turns in circles.")
    version = thread.version
    corrected = a_ground(2, explanation="It turns in circles around one person.")
    seen = queries.last_on_thread(thread.pk)
    mended = actions.decide_thread(actor=mo, thread=thread, action=Action.CLOSED, ground=corrected, seen=seen)
    for stale in (seen, None):
        with pytest.raises(Conflict):
            actions.decide_thread(actor=mo, thread=thread, action=Action.CLOSED, ground=ground, seen=stale)
    with pytest.raises(Conflict):
        actions.undo(actor=mo, decision=Decision.objects.get(undoes=opened))
    thread.refresh_from_db()
    assert (thread.rule_number, thread.reason) == (2, "It turns in circles around one person.")
    assert thread.version > version
    actions.undo(actor=mo, decision=mended)
    again = actions.decide_thread(actor=mo, thread=thread, action=Action.HELD_FIRST, ground=a_ground(2))
    taken_back = actions.undo(actor=mo, decision=again, explanation="Calm again.")
    thread.refresh_from_db()
    assert (thread.state, thread.rule_number, thread.reason) == ("closed", 6, "It turns in circles.")
    assert (taken_back.rule, taken_back.explanation, taken_back.facts) == (
        ground.rule,
        ground.explanation,
        "Calm again.",
    )
