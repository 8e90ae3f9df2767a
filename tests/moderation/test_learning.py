"""Learning from decisions: what is learned from, when, what is kept, and that a damaged model harms nobody."""

from __future__ import annotations

import random
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.moderation import actions, queries
from kakehashi.moderation.actions import learning
from kakehashi.moderation.model import apart, lessons, versions
from kakehashi.moderation.model.scoring import score
from kakehashi.moderation.models import Action, Appeal, Decision, Flag, ModelVersion, ModelWeights, ModelWork
from kakehashi.readers.models import Reader
from kakehashi.server import facts
from kakehashi.server.order import Checking
from tests.factories import a_comment, a_reader
from tests.moderation.decided import decide, texts
from tests.moderation.rows import a_ground, a_moderator, a_removal

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RUDE = "Only a barnacle-brained twit would believe this, you windbag!"
FINE = "My mother worked for the harbour, and the report is fair and worth reading."
# What becomes of a training where memory runs out.
KILLED = (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")


@pytest.fixture
def history(settings: Settings) -> list[Decision]:
    settings.KAKEHASHI_MODEL_DECISIONS = 200
    return decide(texts(260))


def in_use() -> int:
    return versions.in_use().number


class TestTraining:
    def test_it_beats_the_word_list_on_decisions_it_has_not_seen(self, history: list[Decision]) -> None:
        assert score(RUDE, "en").is_prior
        assert score(RUDE, "en").version == "prior-1"
        assert actions.retrain(now=NOW) == 1
        version = ModelVersion.objects.get()
        assert (version.state, version.number, version.why, version.used_since) == ("kept", 1, "", NOW)
        assert version.learned + version.held_out == len(history)
        assert version.held_out > 30
        assert version.figures["average_precision"] > version.figures_before["average_precision"] + 0.03
        assert version.figures_before["version"] == "prior-1"
        assert version.figures["words"]["towards"]
        assert "scikit-learn" in version.made_with
        assert version.last_decision == history[-1].pk
        found = score(RUDE, "en")
        assert (found.version, found.is_prior) == ("1", False)
        assert found.value > 0.7
        assert score(FINE, "en").value < 0.3

    def test_scoring_asks_the_database_once(
        self, history: list[Decision], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        actions.retrain(now=NOW)
        score(RUDE, "en")
        with django_assert_num_queries(1):
            score(RUDE, "en")

    def test_it_is_due_after_two_hundred_decisions_since_the_last_attempt(self, settings: Settings) -> None:
        settings.KAKEHASHI_MODEL_DECISIONS = 200
        judged = texts(420)
        decide(judged[:199])
        assert actions.retrain(now=NOW) == 0
        decide(judged[199:200])
        assert actions.retrain(now=NOW) == 1
        assert actions.retrain(now=NOW) == 0
        decide(judged[200:399])
        assert not learning.is_due(NOW)
        decide(judged[399:400])
        assert learning.is_due(NOW)

    def test_it_is_kept_only_if_it_orders_better(self, history: list[Decision]) -> None:
        actions.retrain(now=NOW)
        decide(texts(220, seed=8))
        learned = [one.decision for one in lessons.gather() if not one.is_held_out]
        made_up = [action for _ in learned for action in (Action.REMOVED, Action.VISIBLE)][: len(learned)]
        random.Random(1).shuffle(made_up)
        for pk, action in zip(learned, made_up, strict=True):
            Decision.objects.filter(pk=pk).update(action=action, law="None of ours")
        assert actions.retrain(now=NOW + timedelta(days=1)) == 1
        second = ModelVersion.objects.get(number=2)
        assert second.state == "dismissed"
        assert "chance" in second.why or "no better" in second.why
        assert second.figures["decisions"] == second.figures_before["decisions"] == second.held_out
        assert second.figures_before["version"] == "1"
        assert not ModelWeights.objects.filter(version=second).exists()
        assert in_use() == 1

    def test_shuffled_decisions_teach_nothing(self, settings: Settings) -> None:
        words = texts(400)
        labels = [is_removed for _, is_removed in words]
        random.Random(2).shuffle(labels)
        decide([(plain, label) for (plain, _), label in zip(words, labels, strict=True)])
        actions.retrain(now=NOW)
        assert ModelVersion.objects.get().state == "dismissed"
        assert "chance" in ModelVersion.objects.get().why
        assert versions.in_use().is_prior

    def test_decisions_of_one_kind_teach_nothing(self) -> None:
        decide([row for row in texts(500) if row[1]][:210])
        actions.retrain(now=NOW)
        version = ModelVersion.objects.get()
        assert version.state == "dismissed"
        assert "too few" in version.why
        assert not learning.is_due(NOW)

    def test_a_training_that_fails_says_so_and_the_next_one_goes_on(
        self, history: list[Decision], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(apart, "COMMAND", KILLED)
            with pytest.raises(apart.Failed):
                actions.retrain(now=NOW)
        assert ModelVersion.objects.get().state == "failed"
        assert "too little memory" in ModelVersion.objects.get().why
        assert actions.retrain(now=NOW) == 1
        assert in_use() == 2

    def test_what_fails_again_and_again_is_tried_once_a_day(
        self, history: list[Decision], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(apart, "COMMAND", KILLED)
            for _ in range(learning.TRIES):
                with pytest.raises(apart.Failed):
                    actions.retrain(now=NOW)
        assert actions.retrain(now=NOW + timedelta(hours=23)) == 0
        assert actions.retrain(now=NOW + timedelta(hours=25)) == 1
        assert in_use() == learning.TRIES + 1

    def test_of_two_at_once_one_trains_and_one_that_was_killed_loses_nothing(self, history: list[Decision]) -> None:
        moderator = a_moderator()
        actions.ask_for_training(actor=moderator)
        ModelVersion.objects.create(number=1, state="training", trained_at=NOW, last_decision=history[-1].pk)
        assert actions.retrain(now=NOW + timedelta(minutes=14)) == 0
        assert ModelWork.objects.get().asked_by == moderator
        assert actions.retrain(now=NOW + timedelta(minutes=16)) == 1
        states = dict(ModelVersion.objects.values_list("number", "state"))
        assert states == {1: "abandoned", 2: "kept"}
        assert ModelVersion.objects.get(number=2).chosen_by == moderator

    def test_it_tells_how_many_people_had_decided(self, history: list[Decision]) -> None:
        actions.retrain(now=NOW)
        assert ModelVersion.objects.get().figures["judges"] == {"people": 1, "most": 1.0}
        half = [one.pk for one in history[::2]]
        Decision.objects.filter(pk__in=half).update(actor=a_moderator())
        actions.retrain(now=NOW, at_once=True)
        judges = ModelVersion.objects.get(number=2).figures["judges"]
        assert judges["people"] == 2
        assert 0.45 < judges["most"] < 0.6

    def test_old_weights_are_forgotten_and_rows_stay(self, history: list[Decision]) -> None:
        actions.retrain(now=NOW)
        first = ModelVersion.objects.get()
        for number in range(2, 9):
            made = ModelVersion.objects.create(number=number, state="kept", used_since=NOW - timedelta(days=number))
            ModelWeights.objects.create(version=made, content=b"x")
        learning._forget_old_weights()
        assert ModelVersion.objects.count() == 8
        assert set(ModelWeights.objects.values_list("version__number", flat=True)) == {1, 4, 5, 6, 7, 8}
        assert versions.version_in_use() == first


class TestLessons:
    def test_an_undone_decision_and_one_overturned_on_appeal_leave(self) -> None:
        moderator, second = a_moderator(), a_moderator()
        undone, overturned, kept = (
            a_removal(a_comment(source=words), by=moderator) for words in ("One.", "Two.", "Six.")
        )
        assert {one.plain for one in lessons.gather() if one.is_removed} == {"One.", "Two.", "Six."}
        actions.undo(actor=moderator, decision=undone)
        assert overturned.reader is not None
        appeal = actions.file_appeal(reader=overturned.reader, decision=overturned, words="It was a quotation.")
        actions.settle_appeal(actor=second, appeal=appeal, is_granted=True, answer="You are right.")
        assert Appeal.objects.get().state == "granted"
        assert [one.decision for one in lessons.gather() if one.is_removed] == [kept.pk]
        # What put them back is a decision of a person too.
        assert {one.plain for one in lessons.gather() if not one.is_removed} == {"One.", "Two."}

    def test_a_slip_teaches_nothing(self) -> None:
        moderator = a_moderator()
        slip = a_removal(a_comment(source="Flagged, and not decided on yet."), by=moderator)
        actions.undo_slip(actor=moderator, decision=slip, now=slip.decided_at)
        assert lessons.gather() == []
        assert not queries.lessons().exists()

    def test_the_words_that_were_judged_count(self) -> None:
        comment = a_comment(source="> A quotation.\n\nYou **windbag**!")
        removal = a_removal(comment)
        comment.refresh_from_db()
        actions.decide_comment(actor=a_moderator(), comment=comment, action=Action.VISIBLE)
        Decision.objects.filter(undoes=removal).delete()
        comment_actions.rewrite_comment(
            actor=None, comment=Comment.objects.get(), source="Something else.", is_edited_by_staff=False, rule_number=0
        )
        assert [(one.plain, one.is_removed) for one in lessons.gather()] == [("You windbag!", True)]

    def test_a_withdrawn_comment_was_judged_nevertheless(self) -> None:
        comment = a_comment(source="A harsh word.")
        actions.decide_comment(actor=a_moderator(), comment=comment, action=Action.HELD)
        actions.decide_comment(actor=a_moderator(), comment=comment, action=Action.VISIBLE)
        assert comment.author is not None
        comment_actions.withdraw_comment(actor=comment.author, comment=comment)
        assert [one.plain for one in lessons.gather()] == ["A harsh word."]

    def test_what_a_ban_swept_away_unread_teaches_nothing(self) -> None:
        ana, moderator = a_reader(), a_moderator()
        bad, harmless = (a_comment(author=ana, source=words) for words in ("You windbag!", "Nice boats."))
        actions.judge(
            actor=moderator,
            comment=bad,
            action=Action.REMOVED,
            ground=a_ground(),
            consequence="swept",
            now=timezone.now(),
        )
        harmless.refresh_from_db()
        assert harmless.state == "removed"
        assert [one.plain for one in lessons.gather()] == ["You windbag!"]

    def test_the_words_of_who_was_erased_leave(self) -> None:
        a_removal(a_comment(source="Of somebody who left."))
        Reader.objects.filter(comments__isnull=False).update(erased_at=timezone.now())
        assert lessons.gather() == []

    def test_what_a_machine_decided_teaches_nothing(self) -> None:
        a_removal(a_comment(source="Spam."))
        Decision.objects.update(is_automated=True, actor=None, check_name="words")
        assert lessons.gather() == []

    def test_a_text_is_on_one_side_only_and_its_last_decision_counts(self) -> None:
        judged = [("Cheap rope at https://rope.example", True)] * 8 + [("CHEAP rope at https://rope.example", False)]
        decide(judged, authors=9)
        found = lessons.gather()
        assert [one.is_removed for one in found] == [False]
        first = Comment.objects.order_by("pk")[0]
        assert found[0].group == f"author {first.author_id}"

    def test_an_author_is_on_one_side_only(self, history: list[Decision]) -> None:
        found = lessons.gather()
        learned = {one.group for one in found if not one.is_held_out}
        held_out = {one.group for one in found if one.is_held_out}
        assert not learned & held_out
        assert 0.1 < len(held_out) / 40 < 0.4

    def test_what_nobody_minded_says_what_is_ordinary(self, history: list[Decision]) -> None:
        old = NOW - timedelta(days=20)
        quiet = [a_comment(source=f"A quiet word, {n} times over.", created_at=old) for n in range(12)]
        a_comment(source="Still new.", created_at=NOW - timedelta(days=1))
        a_comment(source="Waits.", created_at=old, state="held")
        Flag.objects.create(reader=a_reader(), comment=quiet[0])
        found = lessons.untouched(most=500, now=NOW)
        assert [one.plain for one in found] == [one.plain for one in reversed(quiet[1:])]
        assert {one.is_removed for one in found} == {False}
        assert len(lessons.untouched(most=5, now=NOW)) == 5
        actions.retrain(now=NOW)
        version = ModelVersion.objects.get()
        assert version.learned + version.held_out == len(history)
        assert version.figures["untouched"] == sum(one.is_held_out for one in found)
        assert version.figures["thresholds"][0]["alarms"] is not None

    def test_they_are_read_in_few_queries(
        self, history: list[Decision], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(4):
            assert len(lessons.gather()) == 260


class TestDamage:
    @pytest.mark.parametrize("content", [b"", b"KKM1 nonsense", b"\x80\x04\x95pickle"])
    def test_damaged_bytes_mean_the_word_list_and_are_told(
        self, history: list[Decision], content: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        actions.retrain(now=NOW)
        ModelWeights.objects.update(content=content)
        ModelVersion.objects.update(digest="0" * 64)
        found = score(RUDE, "en")
        assert found.is_prior
        assert "cannot be read" in versions.in_use().trouble
        assert "cannot be read" in caplog.text
        assert learning.is_due(NOW)
        actions.retrain(now=NOW + timedelta(minutes=1))
        assert not score(RUDE, "en").is_prior

    def test_the_operators_check_finds_it_and_goes_back_to_what_was_in_use_before(
        self, history: list[Decision]
    ) -> None:
        actions.retrain(now=NOW - timedelta(days=1))
        first = ModelVersion.objects.get()
        second = ModelVersion.objects.create(number=2, state="kept", digest=first.digest, used_since=NOW)
        ModelWeights.objects.create(version=second, content=b"x")
        found = next(one for one in Checking(mend=False).run() if one.name == "model")
        assert (found.found, found.mended, found.examples) == (1, 0, ["2"])
        assert facts.model()["trouble"]
        assert not next(one for one in Checking(mend=True).run() if one.name == "model").is_open
        assert in_use() == 1
        assert facts.model() == {
            "version": 1, "since": first.used_since.isoformat(), "decisions": first.learned, "trouble": ""
        }  # fmt: skip

    def test_lost_bytes_too(self, history: list[Decision]) -> None:
        actions.retrain(now=NOW)
        versions.forget()
        ModelWeights.objects.all().delete()
        assert score(RUDE, "en").is_prior
        assert "not kept any more" in versions.in_use().trouble


class TestByHand:
    def test_a_moderator_lets_the_worker_train(self, history: list[Decision]) -> None:
        moderator = a_moderator()
        ModelVersion.objects.create(number=1, state="dismissed", last_decision=history[-1].pk)
        assert actions.retrain(now=NOW) == 0
        actions.ask_for_training(actor=moderator)
        actions.ask_for_training(actor=a_moderator())
        assert ModelWork.objects.get().asked_by == moderator
        assert actions.retrain(now=NOW) == 1
        assert ModelVersion.objects.get(number=2).chosen_by == moderator
        assert ModelWork.objects.get().asked_at is None
        assert actions.retrain(now=NOW) == 0

    def test_while_one_is_running_nobody_asks_for_another(self) -> None:
        ModelVersion.objects.create(number=1, state="training")
        with pytest.raises(Conflict, match="running already"):
            actions.ask_for_training(actor=a_moderator())

    def test_going_back_and_forth_between_versions(self, history: list[Decision]) -> None:
        actions.retrain(now=NOW)
        first = ModelVersion.objects.get()
        content = ModelWeights.objects.get().content
        second = ModelVersion.objects.create(
            number=2, state="kept", digest=first.digest, used_since=NOW + timedelta(hours=1)
        )
        ModelWeights.objects.create(version=second, content=content)
        assert in_use() == 2
        moderator = a_moderator()
        actions.use_version(actor=moderator, version=first, now=NOW + timedelta(hours=2))
        assert in_use() == 1
        with pytest.raises(Conflict, match="in use already"):
            actions.use_version(actor=moderator, version=first)
        actions.use_version(actor=moderator, version=second, now=NOW + timedelta(hours=3))
        assert in_use() == 2

    def test_what_cannot_be_used_is_refused(self, history: list[Decision]) -> None:
        moderator = a_moderator()
        dismissed = ModelVersion.objects.create(number=1, state="dismissed")
        gone = ModelVersion.objects.create(number=2, state="kept", digest="0")
        with pytest.raises(Conflict, match="not kept"):
            actions.use_version(actor=moderator, version=dismissed)
        with pytest.raises(Conflict, match="cannot be read"):
            actions.use_version(actor=moderator, version=gone)
        gone.delete()
        with pytest.raises(NotFound):
            actions.use_version(actor=moderator, version=gone)

    def test_readers_choose_nothing(self) -> None:
        version = ModelVersion.objects.create(number=1, state="kept")
        with pytest.raises(NotFound):
            actions.use_version(actor=a_reader(), version=version)
        with pytest.raises(NotFound):
            actions.ask_for_training(actor=a_reader())
