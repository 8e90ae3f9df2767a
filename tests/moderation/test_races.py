"""Two at once, on real connections: moderators, an author who withdraws, two who hear one objection."""

from __future__ import annotations

import pytest

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, Thread
from kakehashi.lib.errors import Conflict, DomainError
from kakehashi.moderation import actions
from kakehashi.moderation.grounds import Seen
from kakehashi.moderation.models import Action, Appeal, Decision
from kakehashi.readers.models import Role
from tests.comments.test_races import _a_file, at_once
from tests.factories import a_comment, a_reader
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
