"""Flags: what they count, and what becomes of them when the comment is decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from kakehashi.moderation import actions, flaggers, queries, rules
from kakehashi.moderation.grounds import Machine
from kakehashi.moderation.models import Action, Flag, Outcome, Rule, Waiting
from kakehashi.readers.models import FOREVER, Reader
from tests.factories import a_comment, a_reader
from tests.moderation.rows import a_ground, a_moderator, a_removal, a_rule

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WEIGHTS = st.lists(st.floats(0, 1), max_size=60)


def a_flag(comment: Comment, *, reader: Reader | None = None, rule: int = 1, **fields: object) -> Flag:
    a_rule()
    return actions.flag_comment(reader=reader or a_reader(), comment=comment, rule=rule, now=NOW, **fields)  # type: ignore[arg-type]


def outcome(flag: Flag) -> str:
    flag.refresh_from_db()
    return flag.outcome


@pytest.mark.once
class TestWeights:
    @given(st.integers(0, 500), st.integers(0, 500), st.floats(0.01, 0.99))
    def test_a_weight_is_bounded_and_grows_with_what_was_followed(self, up: int, down: int, mean: float) -> None:
        weight = rules.flag_weight(up, up + down, mean)
        assert rules.LEAST_WEIGHT <= weight <= rules.MOST_WEIGHT
        assert rules.flag_weight(up + 1, up + down + 1, mean) >= weight >= rules.flag_weight(up, up + down + 1, mean)

    @given(st.floats(rules.LEAST_WEIGHT, rules.MOST_WEIGHT))
    def test_a_new_member_counts_the_mean(self, mean: float) -> None:
        assert rules.flag_weight(0, 0, mean) == pytest.approx(mean)

    @given(st.integers(0, 1000), st.integers(0, 1000))
    def test_the_sites_share_is_a_share(self, up: int, down: int) -> None:
        assert 0 < rules.site_share(up, up + down) < 1

    @given(WEIGHTS, st.floats(0, 1))
    def test_harm_is_bounded_whatever_the_order_and_another_flag_lowers_nothing(
        self, weights: list[float], more: float
    ) -> None:
        harm = rules.harm_of_flags(weights)
        assert 0 <= harm <= 1
        assert harm == pytest.approx(rules.harm_of_flags(reversed(weights)))
        assert rules.harm_of_flags([*weights, more]) >= harm - 1e-12
        assert harm >= max(weights, default=0) - 1e-12

    @given(WEIGHTS.filter(bool), st.floats(0, 1))
    def test_harm_grows_with_each_weight(self, weights: list[float], more: float) -> None:
        heavier = [max(weights[0], more), *weights[1:]]
        assert rules.harm_of_flags(heavier) >= rules.harm_of_flags(weights) - 1e-12

    def test_a_crowd_that_is_seldom_right_does_not_outweigh_one_who_mostly_is(self) -> None:
        assert rules.harm_of_flags([rules.LEAST_WEIGHT] * 1000) < 0.16
        assert rules.harm_of_flags([0.5] * 1000) < 0.87


@pytest.mark.django_db
class TestFlagging:
    def test_one_for_each_member_changed_and_taken_back(self) -> None:
        comment, ana = a_comment(), a_reader()
        a_flag(comment, reader=ana, words="Look at the\r\nlast line.\x00")
        flag = a_flag(comment, reader=ana, rule=3, words="The second one, too.")
        assert flag.rule is not None
        assert (flag.rule.number, flag.words, Flag.objects.count()) == (3, "The second one, too.", 1)
        for _ in range(2):
            actions.take_back_flag(reader=ana, comment=comment)
        assert not Flag.objects.exists()

    def test_what_cannot_be_flagged(self) -> None:
        ana, bo = a_reader(), a_reader()
        with pytest.raises(NotAllowed, match="your own comment"):
            a_flag(a_comment(author=ana), reader=ana)
        with pytest.raises(NotFound):
            a_flag(a_comment(state=CommentState.HELD), reader=ana)
        for state in (CommentState.REMOVED, CommentState.WITHDRAWN):
            with pytest.raises(Conflict, match="no longer shown"):
                a_flag(a_comment(state=state), reader=ana)
        Reader.objects.filter(pk=bo.pk).update(suspended_until=FOREVER)
        bo.refresh_from_db()
        with pytest.raises(NotAllowed, match="legal notice"):
            a_flag(a_comment(), reader=bo)

    def test_the_rule_is_one_in_force(self) -> None:
        comment = a_comment()
        with pytest.raises(Invalid, match="choose the rule"):
            a_flag(comment, rule=None)  # type: ignore[arg-type]
        Rule.objects.filter(number=4).update(is_in_force=False)
        for number in (4, 99):
            with pytest.raises(Invalid, match="no longer in force"):
                a_flag(comment, rule=number)

    def test_too_many_words_and_too_many_flags(self) -> None:
        ana = a_reader()
        with pytest.raises(Invalid, match="1,001 characters"):
            a_flag(a_comment(), reader=ana, words="架" * 1001)
        for _ in range(10):
            a_flag(a_comment(), reader=ana)
        with pytest.raises(TooMany, match="try again in 10 minutes"):
            a_flag(a_comment(), reader=ana)

    def test_it_counts_by_how_the_members_flags_fared(self) -> None:
        ana, bo, mo = a_reader(), a_reader(), a_moderator()
        for _ in range(6):
            comment = a_comment()
            a_flag(comment, reader=ana)
            actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(), now=NOW)
            comment = a_comment()
            a_flag(comment, reader=bo)
            actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE, now=NOW)
        comment = a_comment()
        later = NOW + timedelta(hours=1)
        weights = [
            actions.flag_comment(reader=one, comment=comment, rule=1, now=later).weight for one in (ana, a_reader(), bo)
        ]
        assert weights == [pytest.approx(0.8), pytest.approx(0.5), pytest.approx(0.2)]
        assert [one.reader for one in flaggers.serial_flaggers(later)] == [bo]


@pytest.mark.django_db
class TestOutcomes:
    def test_flags_are_followed_not_followed_or_wait_on(self) -> None:
        mo, comment = a_moderator(), a_comment()
        flag = a_flag(comment)
        actions.decide_comment(actor=Machine("words"), comment=comment, action=Action.HELD)
        assert outcome(flag) == Outcome.WAITING
        decision = actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE)
        assert outcome(flag) == Outcome.DECLINED
        assert flag.decision == decision
        removal = a_removal(comment, by=mo)
        assert outcome(flag) == Outcome.UPHELD
        assert flag.decision == removal
        with pytest.raises(Conflict, match="looked at your report"):
            actions.take_back_flag(reader=flag.reader, comment=comment)

    def test_flags_of_another_rule_are_followed_unless_the_moderator_says_otherwise(self) -> None:
        mo = a_moderator()
        for follows, expected in ((True, Outcome.UPHELD), (False, Outcome.DECLINED)):
            comment = a_comment()
            same, other = a_flag(comment, rule=1), a_flag(comment, rule=2)
            a_removal(comment, by=mo, follows_others=follows)
            assert (outcome(same), outcome(other)) == (Outcome.UPHELD, expected)

    def test_undone_they_wait_again_and_redone_they_are_followed(self) -> None:
        mo, comment = a_moderator(), a_comment()
        flag = a_flag(comment)
        removal = a_removal(comment, by=mo)
        undone = actions.undo(actor=mo, decision=removal)
        assert (outcome(flag), flag.settled_at) == (Outcome.WAITING, None)
        again = actions.undo(actor=mo, decision=undone)
        assert outcome(flag) == Outcome.UPHELD
        assert flag.decision == again

    def test_published_again_by_a_moderator_they_were_wrong(self) -> None:
        mo, comment = a_moderator(), a_comment()
        flag = a_flag(comment)
        a_removal(comment, by=mo)
        actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE)
        assert outcome(flag) == Outcome.DECLINED

    def test_an_objection_that_is_granted_turns_them_around_for_good(self) -> None:
        mo, comment = a_moderator(), a_comment()
        flag = a_flag(comment)
        removal = a_removal(comment, by=mo)
        assert comment.author is not None
        appeal = actions.file_appeal(reader=comment.author, decision=removal, words="No.")
        actions.settle_appeal(actor=a_moderator(), appeal=appeal, is_granted=True, answer="Right.")
        assert outcome(flag) == Outcome.DECLINED

    def test_a_ban_with_its_sweep_answers_all(self) -> None:
        ana = a_reader()
        flags = [a_flag(a_comment(author=ana)) for _ in range(2)]
        actions.ban(actor=a_moderator(), reader=ana, ground=a_ground(8), sweeps=True)
        assert [outcome(flag) for flag in flags] == [Outcome.UPHELD] * 2

    def test_withdrawn_nobody_need_look(self) -> None:
        flag, other = a_flag(a_comment()), a_flag(a_comment())
        Comment.objects.filter(pk=flag.comment_id).update(state=CommentState.WITHDRAWN)
        assert actions.settle_withdrawn(now=NOW) == 1
        assert (outcome(flag), outcome(other)) == (Outcome.MOOT, Outcome.WAITING)


@pytest.mark.django_db
class TestAfterAnApproval:
    def approved(self, *flagged: int) -> Comment:
        comment = a_comment()
        for number in flagged:
            a_flag(comment, rule=number)
        actions.decide_comment(actor=a_moderator(), comment=comment, action=Action.VISIBLE, now=NOW)
        return comment

    def test_a_flag_reaches_the_staff_and_counts_less_where_it_says_nothing_new(self) -> None:
        comment = self.approved(1)
        flag = a_flag(comment, rule=1)
        assert queries.flags_of(comment.pk).first() == flag
        assert Waiting.objects.get().flags == 1
        assert flag.is_again
        assert flag.weight == pytest.approx(rules.AGAIN_COUNTS * rules.flag_weight(0, 0, rules.site_share(0, 1)))
        assert queries.approval_of(comment.pk) is not None

    def test_another_rule_another_text_and_another_week_are_new(self) -> None:
        comment = self.approved(1)
        assert not a_flag(comment, rule=2).is_again
        late = actions.flag_comment(
            reader=a_reader(), comment=comment, rule=1, now=NOW + rules.NEWS_AFTER + timedelta(seconds=1)
        )
        assert not late.is_again
        comment.revisions.create(source="Before.", replaced_at=NOW)
        assert not a_flag(comment, rule=1).is_again

    def test_an_approval_that_answered_no_flag_makes_none_old(self) -> None:
        assert not a_flag(self.approved(), rule=1).is_again


@pytest.mark.django_db
def test_ten_comments_of_one_member_a_day() -> None:
    reader, author, now = a_reader(), a_reader(), NOW
    for n in range(10):
        at = now - timedelta(hours=2 * n + 1)
        Flag.objects.create(reader=reader, comment=a_comment(author=author), created_at=at)
    rule = a_rule().number
    with pytest.raises(TooMany, match="ten comments of the same member within a day"):
        actions.flag_comment(reader=reader, comment=a_comment(author=author), rule=rule, now=now)
    actions.flag_comment(reader=reader, comment=a_comment(), rule=rule, now=now)
