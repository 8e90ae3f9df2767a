"""What waits for a moderator, and how heavily: worked out from facts, whoever forgot to say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given
from hypothesis import strategies as st

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation import actions, rules
from kakehashi.moderation.actions.waiting import find_unsettled
from kakehashi.moderation.models import Action, CheckResult, Flag, LegalNotice, Verdict, Waiting
from kakehashi.moderation.rules import Signs
from kakehashi.readers.models import Reader, Role
from kakehashi.server.order import Checking
from kakehashi.trending.models import Readership
from tests.factories import a_comment, a_reader, a_thread
from tests.moderation.rows import a_ground, a_rule

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

SIGNS = st.builds(
    Signs,
    flags=st.floats(0, 30),
    notices=st.integers(0, 5),
    suspect=st.integers(0, 5),
    held=st.integers(0, 5),
    broken=st.integers(0, 5),
    score=st.floats(0, 1),
)


@pytest.fixture
def mo() -> Reader:
    return a_reader("Mo", role=Role.MODERATOR)


def a_flag(comment: Comment, number: int = 1, *, at: datetime = NOW) -> Flag:
    return Flag.objects.create(reader=a_reader(), comment=comment, rule=a_rule(number), created_at=at)


def a_notice(comment: Comment, *, at: datetime = NOW) -> LegalNotice:
    return LegalNotice.objects.create(
        reference=f"N-{comment.pk}", comment=comment, place="/", explanation="Unlawful.", name="A", email="a@example.org",
        is_in_good_faith=True, created_at=at,
    )  # fmt: skip


def a_finding(comment: Comment, verdict: str = Verdict.SUSPECT, *, name: str = "words", at: datetime = NOW) -> None:
    CheckResult.objects.create(comment=comment, check_name=name, verdict=verdict, reason="A word.", checked_at=at)


def settle(*comments: Comment, now: datetime = NOW) -> list[Waiting]:
    actions.settle_waiting(comments=[one.pk for one in comments], now=now)
    return list(Waiting.objects.order_by("pk"))


class TestTheFormula:
    @given(signs=SIGNS, more=SIGNS)
    def test_every_further_sign_makes_it_worse(self, signs: Signs, more: Signs) -> None:
        for name in Signs._fields:
            worse = max(getattr(signs, name), getattr(more, name))
            assert 0 < rules.harm(signs) <= rules.harm(signs._replace(**{name: worse})) <= 1

    @given(readers=st.floats(0, 1e9), more=st.floats(0, 1e9), votes=st.integers(0, 10**6))
    @example(readers=735018330.574657, more=0.2, votes=3)
    def test_more_readers_and_votes_reach_further(self, readers: float, more: float, votes: int) -> None:
        few = rules.reach(is_held=False, readers=readers, votes=votes)
        assert rules.LEAST_REACH <= few <= 1
        assert few <= rules.reach(is_held=False, readers=readers + more, votes=votes)
        assert few <= rules.reach(is_held=False, readers=readers, votes=votes + 1)
        assert rules.reach(is_held=True, readers=readers, votes=votes) == rules.REACH_HELD

    @given(waited=st.timedeltas(timedelta(0), timedelta(days=900)), more=st.timedeltas(timedelta(0), timedelta(days=9)))
    def test_who_waits_longer_comes_earlier(self, waited: timedelta, more: timedelta) -> None:
        assert 1 <= rules.age(waited, HOUR) <= rules.age(waited + more, HOUR)

    @given(comments=st.integers(0, 10**5), days=st.floats(-3, 9000))
    def test_old_stories_are_read_less(self, comments: int, days: float) -> None:
        published = timedelta(days=days)
        now = rules.readers_guessed(comments=comments, published=published)
        assert now >= rules.readers_guessed(comments=comments, published=published + HOUR) >= 0

    def test_nobody_waits_for_ever_behind_what_is_new(self) -> None:
        least = rules.harm(Signs()) * rules.LEAST_REACH
        assert least * rules.age(timedelta(hours=4) * 40, timedelta(hours=4)) > 1


@pytest.mark.django_db
class TestWhatWaits:
    def test_held_flagged_noticed_and_found(self) -> None:
        held, flagged, noticed, found, calm = (a_comment(created_at=NOW - HOUR) for _ in range(5))
        Comment.objects.filter(pk=held.pk).update(state=CommentState.HELD)
        a_flag(flagged, at=NOW - HOUR / 2)
        a_flag(flagged, 3)
        a_notice(noticed)
        a_finding(found)
        a_finding(calm, Verdict.PASSED)
        rows = {row.comment_id: row for row in settle(held, flagged, noticed, found, calm)}
        assert set(rows) == {held.pk, flagged.pk, noticed.pk, found.pk}
        assert rows[held.pk].is_held
        assert rows[held.pk].since == NOW - HOUR
        assert (rows[flagged.pk].flags, rows[flagged.pk].since) == (2, NOW - HOUR / 2)
        assert rows[noticed.pk].notices == 1
        assert rows[found.pk].check_name == "words"
        assert rows[flagged.pk].section == flagged.thread.story.section_pk
        assert rows[found.pk].author_id == found.author_id

    def test_more_flags_under_graver_rules_weigh_more(self) -> None:
        light, heavy = a_comment(), a_comment()
        a_flag(light, 1)
        a_flag(heavy, 8)
        first, second = settle(light, heavy)
        assert first.harm < second.harm < 1

    def test_the_gravest_check_gives_its_name(self) -> None:
        comment = a_comment()
        a_finding(comment, name="links")
        a_finding(comment, Verdict.BROKEN, name="outside")
        a_finding(comment, Verdict.HELD, name="words")
        assert settle(comment)[0].check_name == "words"

    def test_what_a_check_found_is_named_before_why_everything_waits(self) -> None:
        comment = a_comment()
        for name in ("new", "links", "repeats"):
            a_finding(comment, Verdict.HELD, name=name)
        assert settle(comment)[0].check_name == "links"

    def test_readers_as_they_are_counted(self) -> None:
        here, there = a_comment(), a_comment()
        Readership.objects.create(story=here.thread.story, views=9, heat=NOW.timestamp() / (8 * 3600) + 10)
        a_flag(here)
        a_flag(there)
        read, unread = settle(here, there)
        assert read.reach > 0.8 > unread.reach == rules.LEAST_REACH
        assert read.weight == pytest.approx(read.harm * read.reach)

    def test_what_was_withdrawn_or_removed_does_not_wait(self, mo: Reader) -> None:
        ana = a_reader()
        first, second, third = a_comment(author=ana), a_comment(), a_comment()
        for one in (first, second, third):
            a_finding(one)
        assert len(settle(first, second, third)) == 3
        comment_actions.withdraw_comment(actor=ana, comment=first)
        actions.decide_comment(actor=mo, comment=second, action=Action.REMOVED, ground=a_ground(), now=NOW + HOUR)
        assert [row.comment_id for row in settle(first)] == [third.pk]

    def test_a_notice_on_what_is_removed_wants_its_answer(self, mo: Reader) -> None:
        comment = a_comment()
        actions.decide_comment(actor=mo, comment=comment, action=Action.REMOVED, ground=a_ground(), now=NOW)
        a_notice(comment, at=NOW + HOUR)
        assert len(settle(comment)) == 1

    def test_what_a_person_let_through_rests_until_something_new_is_found(self, mo: Reader) -> None:
        comment = a_comment()
        a_finding(comment)
        settle(comment)
        actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE, now=NOW + HOUR)
        assert not Waiting.objects.exists()
        a_finding(comment, at=NOW + 2 * HOUR)
        assert len(settle(comment)) == 1

    def test_what_was_found_in_words_that_are_gone_counts_no_more(self) -> None:
        ana = a_reader()
        comment = a_comment(author=ana, created_at=NOW)
        a_finding(comment)
        assert len(settle(comment)) == 1
        comment_actions.edit_comment(actor=ana, comment=comment, source="Milder now.", now=NOW + timedelta(minutes=1))
        assert settle(comment) == []

    def test_held_by_a_person_and_given_back_to_the_queue(self, mo: Reader) -> None:
        comment = a_comment(created_at=NOW - HOUR)
        decision = actions.decide_comment(actor=mo, comment=comment, action=Action.HELD, now=NOW)
        assert Waiting.objects.get().since == NOW
        back = actions.undo(actor=mo, decision=decision, now=NOW)
        assert not Waiting.objects.exists()
        actions.undo(actor=mo, decision=back, now=NOW)
        assert Waiting.objects.get().is_held

    def test_the_same_again_changes_nothing_and_many_cost_as_much_as_one(self) -> None:
        thread = a_thread()
        comments = [a_comment(thread) for _ in range(30)]
        for comment in comments:
            a_flag(comment)
            a_finding(comment)
        rule = a_rule()
        assert rule
        counts = []
        for some in (comments[:1], comments, comments):
            with CaptureQueriesContext(connection) as captured:
                settle(*some)
            counts.append(len(captured))
        assert counts == [counts[0]] * 3
        assert Waiting.objects.count() == 30


@pytest.mark.django_db
class TestTheWorker:
    def test_finds_what_came_without_a_word(self) -> None:
        held, flagged, noticed = (a_comment(created_at=NOW - HOUR) for _ in range(3))
        Comment.objects.filter(pk=held.pk).update(state=CommentState.HELD)
        a_flag(flagged)
        a_notice(noticed)
        assert actions.find_waiting(now=NOW) == 3
        assert Waiting.objects.count() == 3
        assert actions.find_waiting(now=NOW) == 0

    def test_takes_out_what_left_without_a_word(self) -> None:
        ana = a_reader()
        comment = a_comment(author=ana, state=CommentState.HELD)
        settle(comment)
        comment_actions.withdraw_comment(actor=ana, comment=comment, now=NOW + HOUR)
        actions.find_waiting(now=NOW + HOUR)
        assert not Waiting.objects.exists()

    def test_reckons_anew_what_was_not_for_a_while(self) -> None:
        comment = a_comment(state=CommentState.HELD)
        settle(comment)
        Waiting.objects.update(harm=0.7, flags=9)
        later = NOW + timedelta(minutes=11)
        assert actions.find_waiting(now=later) == 1
        row = Waiting.objects.get()
        assert (row.flags, row.reckoned_at) == (0, later)


@pytest.mark.django_db
def test_kakehashi_check_compares_the_queue_with_the_facts() -> None:
    right, missing, gone, wrong = (a_comment(state=CommentState.HELD) for _ in range(4))
    settle(right, gone, wrong)
    Comment.objects.filter(pk=gone.pk).update(state=CommentState.VISIBLE)
    Waiting.objects.filter(pk=wrong.pk).update(flags=3)
    ids = {"first": right.pk, "last": wrong.pk, "now": NOW}
    assert find_unsettled(**ids) == [missing.pk, gone.pk, wrong.pk]
    found = {finding.name: finding for finding in Checking(mend=True, now=NOW).run()}["queue"]
    assert (found.found, found.mended) == (3, 3)
    assert find_unsettled(**ids) == []
