"""The model at work: what it holds at the gate, what it puts before a moderator, and that it removes nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.gate import Reconsider, Sent
from kakehashi.comments.models import Comment, Thread
from kakehashi.moderation import actions
from kakehashi.moderation.checks import Draft
from kakehashi.moderation.model import versions
from kakehashi.moderation.model.check import likely_to_be_removed
from kakehashi.moderation.models import Action, CheckResult, Decision, ModelVersion, ModelWork, Waiting
from kakehashi.readers.models import Reader
from kakehashi.stories.models import NewsroomSettings
from tests.factories import a_comment, a_reader, a_story, a_thread
from tests.moderation.decided import decide, texts
from tests.moderation.rows import a_moderator

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RUDE = "Only a barnacle-brained twit would believe the mayor, you puddle-witted windbag!"
FINE = "My mother worked for the harbour, and the report is fair and worth reading."


@pytest.fixture
def thread() -> Thread:
    return a_thread(a_story(published_at=NOW))


@pytest.fixture
def trained(thread: Thread) -> ModelVersion:
    decide(texts(260), since=NOW - timedelta(days=40))
    actions.retrain(now=NOW - timedelta(minutes=5))
    actions.score_new(now=NOW - timedelta(minutes=3))
    return ModelVersion.objects.get()


def newsroom(**fields: int | None) -> None:
    found = comment_actions.threads.newsroom()
    for name, value in fields.items():
        setattr(found, name, value)
    if found.pk is None:
        from wagtail.models import Site

        found.site = Site.objects.get(is_default_site=True)
    found.save()


def post(*, author: Reader, source: str, thread: Thread, now: datetime) -> Comment:
    """By somebody who is asked to think again, and posts the words as they are."""
    try:
        return comment_actions.post_comment(author=author, source=source, thread=thread, now=now)
    except Reconsider as nudge:
        sent = Sent(asked=nudge.asked)
        return comment_actions.post_comment(author=author, source=source, thread=thread, now=now, sent=sent)


def results() -> list[tuple[int, str, bool]]:
    rows = CheckResult.objects.filter(check_name="model").order_by("pk")
    return [(row.comment_id, row.verdict, row.score is not None) for row in rows]


class TestTheGate:
    def test_without_a_threshold_it_is_not_asked(
        self, thread: Thread, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        draft = Draft(
            author=a_reader(), thread_id=thread.pk, story_id=1, section_id=1, source=RUDE, plain=RUDE, html=RUDE,
            parent=None, quoted=None, mentioned=(), language="en", reads_in="en", now=NOW,
        )  # fmt: skip
        with django_assert_num_queries(0):
            assert likely_to_be_removed(draft) is None

    def test_from_the_threshold_on_a_comment_waits(self, thread: Thread, trained: ModelVersion) -> None:
        newsroom(removal_held_from=70)
        held = post(author=a_reader(), source=RUDE, thread=thread, now=NOW)
        fine = post(author=a_reader(), source=FINE, thread=thread, now=NOW)
        assert (held.state, fine.state) == ("held", "visible")
        row = CheckResult.objects.get(comment=held)
        assert (row.check_name, row.verdict) == ("model", "held")
        assert "says version 1" in row.reason
        assert row.score is not None
        assert row.score > 0.7

    def test_before_there_is_a_model_it_says_that_it_goes_by_the_word_list(self, thread: Thread) -> None:
        newsroom(removal_held_from=50)
        words = "You idiot, you stupid clown!"
        held = post(author=a_reader(), source=words, thread=thread, now=NOW)
        assert held.state == "held"
        assert "word list" in CheckResult.objects.get(comment=held).reason

    def test_an_edit_passes_it_too(self, thread: Thread, trained: ModelVersion) -> None:
        newsroom(removal_held_from=70)
        ana = a_reader()
        comment = post(author=ana, source=FINE, thread=thread, now=NOW)
        comment = comment_actions.edit_comment(actor=ana, comment=comment, source=RUDE, now=NOW + timedelta(minutes=1))
        assert comment.state == "held"


class TestTheWorker:
    def test_what_waits_gets_a_score_once(self, thread: Thread, trained: ModelVersion) -> None:
        comment = a_comment(thread, source=RUDE, state="held", created_at=NOW)
        actions.settle_waiting(comments=[comment.pk], now=NOW)
        before = Waiting.objects.get(pk=comment.pk).harm
        assert actions.score_new(now=NOW) == 1
        assert results() == [(comment.pk, "passed", True)]
        assert Waiting.objects.get(pk=comment.pk).harm > before
        assert actions.score_new(now=NOW + timedelta(seconds=5)) == 0
        assert len(results()) == 1

    def test_it_orders_the_queue(self, thread: Thread, trained: ModelVersion) -> None:
        rude, fine = (a_comment(thread, source=words, state="held", created_at=NOW) for words in (RUDE, FINE))
        actions.settle_waiting(comments=[rude.pk, fine.pk], now=NOW)
        actions.score_new(now=NOW)
        assert [row.pk for row in Waiting.objects.order_by("-weight")] == [rude.pk, fine.pk]

    def test_what_waits_is_scored_anew_by_another_version(self, thread: Thread, trained: ModelVersion) -> None:
        comment = a_comment(thread, source=RUDE, state="held", created_at=NOW)
        actions.settle_waiting(comments=[comment.pk], now=NOW)
        actions.score_new(now=NOW)
        CheckResult.objects.update(score=0.01)
        ModelVersion.objects.update(number=2)
        assert actions.score_new(now=NOW + timedelta(minutes=1)) == 1
        row = CheckResult.objects.get(check_name="model")
        assert row.score is not None
        assert row.score > 0.5
        assert "version 2" in row.reason
        assert ModelWork.objects.get().scored_by == 2

    def test_what_is_new_and_likely_to_be_removed_is_put_before_a_moderator(
        self, thread: Thread, trained: ModelVersion
    ) -> None:
        rude, _ = (a_comment(thread, source=words, created_at=NOW) for words in (RUDE, FINE))
        actions.score_new(now=NOW + timedelta(seconds=1))
        assert results() == [(rude.pk, "suspect", True)]
        assert [row.pk for row in Waiting.objects.all()] == [rude.pk]
        actions.score_new(now=NOW + timedelta(seconds=6))
        assert len(results()) == 1

    def test_what_a_person_has_published_is_not_put_forward_again(self, thread: Thread, trained: ModelVersion) -> None:
        rude = a_comment(thread, source=RUDE, created_at=NOW)
        actions.score_new(now=NOW + timedelta(seconds=1))
        actions.decide_comment(
            actor=a_moderator(), comment=rude, action=Action.VISIBLE, now=NOW + timedelta(seconds=30)
        )
        assert not Waiting.objects.exists()
        actions.score_new(now=NOW + timedelta(seconds=40))
        assert not Waiting.objects.exists()

    def test_edited_words_are_looked_at_again(self, thread: Thread, trained: ModelVersion) -> None:
        newsroom(first_comments_held=0)
        comment = a_comment(thread, source=FINE, created_at=NOW)
        actions.score_new(now=NOW + timedelta(seconds=1))
        assert comment.author is not None
        comment_actions.edit_comment(actor=comment.author, comment=comment, source=RUDE, now=NOW + timedelta(minutes=4))
        actions.score_new(now=NOW + timedelta(minutes=4, seconds=1))
        assert results() == [(comment.pk, "suspect", True)]

    def test_without_a_threshold_nothing_is_put_forward(self, thread: Thread, trained: ModelVersion) -> None:
        newsroom(removal_shown_from=None)
        comment = a_comment(thread, source=RUDE, created_at=NOW)
        assert actions.score_new(now=NOW + timedelta(seconds=1)) == 0
        assert results() == []
        assert ModelWork.objects.get().last_comment == comment.pk

    def test_what_was_imported_from_long_ago_is_left_alone(self, thread: Thread, trained: ModelVersion) -> None:
        a_comment(thread, source=RUDE, created_at=NOW - timedelta(days=900))
        assert actions.score_new(now=NOW) == 0

    @pytest.mark.parametrize("count", [1, 30])
    def test_it_asks_as_often_for_one_as_for_many(
        self, thread: Thread, trained: ModelVersion, count: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        newsroom(removal_shown_from=1)
        for number in range(count):
            a_comment(thread, source=f"{RUDE} {'a' * number}", created_at=NOW)
        # PostgreSQL holds the rows of the queue first.
        with django_assert_num_queries(21 + connection.features.has_select_for_update):
            assert actions.score_new(now=NOW + timedelta(seconds=1)) == count


def test_it_removes_nothing_by_itself(thread: Thread, trained: ModelVersion) -> None:
    """Whatever the thresholds: no comment is removed, withdrawn or reworded, and no decision is recorded."""
    newsroom(removal_held_from=1, removal_shown_from=1)
    before = Decision.objects.count()
    published = [a_comment(thread, source=f"{RUDE} {n}", created_at=NOW) for n in range(5)]
    posted = [post(author=a_reader(), source=f"{RUDE} So be it, {n} times.", thread=thread, now=NOW) for n in range(3)]
    for seconds in (1, 6, 11):
        actions.score_new(now=NOW + timedelta(seconds=seconds))
    actions.retrain(now=NOW + timedelta(minutes=1), at_once=True)
    states = dict(Comment.objects.filter(thread=thread).values_list("pk", "state"))
    assert {states[one.pk] for one in published} == {"visible"}
    assert {states[one.pk] for one in posted} == {"held"}
    assert Decision.objects.count() == before
    assert versions.in_use().number > 0
    assert NewsroomSettings.objects.get().removal_held_from == 1
