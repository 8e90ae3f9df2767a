"""Two at once, on real connections: moderators, an author who withdraws, two who hear one objection."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, Thread
from kakehashi.lib.errors import Conflict, DomainError
from kakehashi.moderation import actions, queue
from kakehashi.moderation.actions import WordText
from kakehashi.moderation.grounds import Seen
from kakehashi.moderation.models import Action, Appeal, Claim, Decision, Flag, Outcome, Waiting, Word
from kakehashi.moderation.queue import Filter
from kakehashi.readers.models import Role
from tests.comments.test_races import _a_file, at_once
from tests.factories import a_comment, a_reader, a_thread
from tests.moderation.rows import a_ground, a_removal

__all__ = ["_a_file"]

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_of_moderators_at_once_one_decides() -> None:
    comment, ground = a_comment(), a_ground()
    staff = [a_reader(role=Role.MODERATOR) for _ in range(4)]
    wishes = [Action.REMOVED, Action.HELD, Action.VISIBLE, Action.REMOVED]
    results = at_once(
        *[
            lambda mo=mo, wish=wish: actions.decide_comment(
                actor=mo, comment=comment, action=wish, ground=ground, seen=Seen(0, 0)
            )
            for mo, wish in zip(staff, wishes, strict=True)
        ]
    )
    decided = [one for one in results if isinstance(one, Decision)]
    assert len(decided) == Decision.objects.count() == 1
    assert all(isinstance(one, Conflict) for one in results if one not in decided)
    comment.refresh_from_db()
    assert comment.state == decided[0].action


def test_judging_posting_voting_and_withdrawing_at_once_never_deadlock() -> None:
    ana, ground = a_reader(), a_ground()
    comments = [a_comment(author=ana) for _ in range(3)]
    staff = [a_reader(role=Role.MODERATOR) for _ in range(3)]
    results = at_once(
        lambda: actions.judge(
            actor=staff[0], comment=comments[0], action=Action.REMOVED, ground=ground, consequence="suspended"
        ),
        lambda: actions.ban(actor=staff[1], reader=ana, ground=ground, sweeps=True),
        lambda: actions.judge(
            actor=staff[2], comment=comments[1], action=Action.REMOVED, ground=ground, consequence="warned"
        ),
        lambda: comment_actions.withdraw_comment(actor=ana, comment=comments[2]),
        *[
            lambda one=one: comment_actions.post_comment(author=ana, thread=one.thread, source=f"Answer {one.pk}")
            for one in comments
        ],
        *[lambda one=one: comment_actions.cast_vote(reader=ana, comment=one, value=1) for one in comments],
    )
    assert all(isinstance(one, DomainError) or one is not None for one in results)
    ana.refresh_from_db()
    assert ana.is_banned
    for thread in Thread.objects.all():
        assert thread.comment_count == Comment.objects.visible().filter(thread=thread).count()


def test_of_moderators_at_once_each_gets_another_comment() -> None:
    thread = a_thread()
    for _ in range(3):
        a_comment(thread, state="held")
    actions.find_waiting(now=timezone.now())
    staff = [a_reader(role=Role.MODERATOR) for _ in range(5)]
    order = queue.first(Filter(), staff[0], timezone.now())
    got = at_once(*[lambda mo=mo: actions.claim_next(actor=mo, order=order) for mo in staff])
    found = [pk for pk in got if isinstance(pk, int)]
    assert len(found) == len(set(found)) == Claim.objects.count() == 3
    assert got.count(None) == 2


def test_of_moderators_who_list_a_word_at_once_each_gets_an_answer() -> None:
    staff = [a_reader(role=Role.MODERATOR) for _ in range(4)]
    results = at_once(*[lambda mo=mo: actions.save_word(actor=mo, text=WordText("windbag")) for mo in staff])
    assert Word.objects.count() == 1
    assert all(isinstance(one, Word | Conflict) for one in results)


def test_who_takes_over_from_each_other_never_waits_for_ever() -> None:
    first, second = a_comment(state="held"), a_comment(state="held")
    ada, bo = a_reader(role=Role.MODERATOR), a_reader(role=Role.MODERATOR)
    actions.claim_comment(actor=ada, comment=first)
    actions.claim_comment(actor=bo, comment=second)
    done = at_once(
        lambda: actions.claim_comment(actor=ada, comment=second, takes_over=True),
        lambda: actions.claim_comment(actor=bo, comment=first, takes_over=True),
        lambda: actions.claim_next(actor=ada, order=[first.pk, second.pk]),
    )
    assert not [one for one in done if isinstance(one, Exception) and not isinstance(one, DomainError)]


def test_many_together_and_one_by_one_never_deadlock_and_count_right() -> None:
    ana, ground = a_reader(), a_ground()
    comments = [a_comment(author=ana) for _ in range(4)]
    answers = [a_comment(one.thread, parent=one) for one in comments]
    staff = [a_reader(role=Role.MODERATOR) for _ in range(3)]
    results = at_once(
        lambda: actions.decide_many(
            actor=staff[0], comments=[one.pk for one in comments], action=Action.REMOVED, ground=ground, batch=uuid4()
        ),
        lambda: actions.decide_many(
            actor=staff[1], comments=[one.pk for one in reversed(comments)], action=Action.VISIBLE, batch=uuid4()
        ),
        lambda: actions.ban(actor=staff[2], reader=ana, ground=ground, sweeps=True),
        *[lambda one=one: comment_actions.cast_vote(reader=a_reader(), comment=one, value=1) for one in answers],
    )
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert not comment_actions.find_miscounted()


def test_from_the_queue_and_together_never_deadlock() -> None:
    ana, ground = a_reader(), a_ground()
    comments = [a_comment(author=ana, state="held") for _ in range(6)]
    staff = [a_reader(role=Role.MODERATOR) for _ in range(4)]
    ids = [one.pk for one in comments]
    actions.settle_waiting(comments=ids, now=timezone.now())
    for mo, comment in zip(staff, comments, strict=False):
        actions.claim_comment(actor=mo, comment=comment)
    results = at_once(
        *[
            lambda mo=mo, one=one: actions.judge_waiting(
                actor=mo, comment=one, action=Action.REMOVED, ground=ground, consequence="warned"
            )
            for mo, one in zip(staff[:2], comments, strict=False)
        ],
        lambda: actions.decide_many(actor=staff[2], comments=ids, action=Action.VISIBLE, batch=uuid4()),
        lambda: actions.ban(actor=staff[3], reader=ana, ground=ground, sweeps=True),
        lambda: actions.find_waiting(now=timezone.now() + timedelta(hours=1)),
        lambda: actions.find_waiting(now=timezone.now() + timedelta(hours=1)),
    )
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert {*Waiting.objects.values_list("pk", flat=True)} == {
        *Comment.objects.filter(state="held").values_list("pk", flat=True)
    }


def test_of_flags_at_once_each_member_has_one_and_a_decision_answers_all_that_came_before_it() -> None:
    comment, ground, ana = a_comment(), a_ground(), a_reader()
    others, mo = [a_reader() for _ in range(3)], a_reader(role=Role.MODERATOR)
    results = at_once(
        *[lambda n=n: actions.flag_comment(reader=ana, comment=comment, rule=1, words=f"Words {n}") for n in range(3)],
        *[lambda one=one: actions.flag_comment(reader=one, comment=comment, rule=2) for one in others],
        lambda: actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=ground),
    )
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, DomainError)]
    flags = list(Flag.objects.all())
    assert len({flag.reader_id for flag in flags}) == len(flags)
    assert {flag.outcome for flag in flags} <= {Outcome.UPHELD}
    assert not Waiting.objects.exists()


def test_a_notice_is_answered_in_one_way_only() -> None:
    comment, staff = a_comment(), [a_reader(role=Role.MODERATOR) for _ in range(3)]
    notice = actions.file_notice(
        place=str(comment.pk),
        law="§ 1",
        explanation="x" * 40,
        name="Ines",
        email="ines@example.org",
        is_in_good_faith=True,
    )
    results = at_once(
        *[lambda mo=mo: actions.answer_notice(actor=mo, notice=notice, answer="No.") for mo in staff],
        *[lambda mo=mo: actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE) for mo in staff[:1]],
    )
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, DomainError)]
    notice.refresh_from_db()
    assert notice.outcome == Outcome.DECLINED
    assert (notice.answer == "") is (notice.decision is not None)


def test_an_objection_is_filed_and_answered_once() -> None:
    ana = a_reader()
    decision = a_removal(a_comment(author=ana))
    filed = at_once(
        *[lambda n=n: actions.file_appeal(reader=ana, decision=decision, words=f"Words {n}") for n in range(3)]
    )
    appeal = Appeal.objects.get()
    assert sum(isinstance(one, Appeal) for one in filed) == 1
    judges = [a_reader(role=Role.MODERATOR) for _ in range(3)]
    answers = at_once(
        *[
            lambda judge=judge: actions.settle_appeal(actor=judge, appeal=appeal, is_granted=True, answer="Yes.")
            for judge in judges
        ]
    )
    assert sum(isinstance(one, Appeal) for one in answers) == 1
    assert Decision.objects.filter(undoes=decision).count() == 1
