"""Runs: what they find, when they are not applied, what is left of those that were broken off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.bridging import BridgingModel
from kakehashi.comments.models import Comment, CommentState, Vote
from kakehashi.lib.worker import Task, Turn
from kakehashi.ranking import actions, queries, trial
from kakehashi.ranking.actions import fitting, folding
from kakehashi.ranking.models import Look, RankingRun, RunKind, RunState, StoredModel
from kakehashi.readers.actions import erase_reader, export_reader
from kakehashi.server.jobs import DatabaseBook
from kakehashi.server.order import Checking
from tests.factories import a_comment, a_reader, a_vote
from tests.ranking.camps import ranked, two_camps

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    folding.forget()
    queries.forget()
    yield
    folding.forget()
    queries.forget()


def run(**given: Any) -> RankingRun:
    actions.refit(**({"now": NOW} | given))
    found = queries.last_run()
    assert found is not None
    return found


def places() -> list[tuple[int, float, str]]:
    return list(Comment.objects.order_by("pk").values_list("pk", "common_ground", "agreement"))


def test_a_site_without_votes_makes_no_run() -> None:
    a_comment()
    assert actions.refit(now=NOW) == 0
    assert not RankingRun.objects.exists()


def test_ten_votes_are_enough_for_a_run() -> None:
    comments = [a_comment(), a_comment()]
    for _ in range(5):
        reader = a_reader()
        a_vote(comments[0], 1, reader=reader)
        a_vote(comments[1], -1, reader=reader)
    found = run()
    assert (found.state, found.kind, found.votes, found.camps) == (RunState.APPLIED, RunKind.COLD, 10, 1)
    good, bad = (Comment.objects.get(pk=comment.pk) for comment in comments)
    assert good.common_ground > 0 > bad.common_ground
    assert good.agreement == bad.agreement == ""


def test_one_vote_is() -> None:
    a_vote(a_comment(), 1)
    assert run().state == RunState.APPLIED
    assert Comment.objects.get().common_ground > 0


def test_what_both_camps_like_comes_first() -> None:
    camps = two_camps()
    found = run()
    assert (found.state, found.camps, found.votes) == (RunState.APPLIED, 2, Vote.objects.count())
    order = ranked(camps.thread)
    first, last = order[: len(camps.comments["liked"])], order[len(camps.comments["liked"]) :]
    assert set(first) == {comment.pk for comment in camps.comments["liked"]}
    assert {comment.pk for comment in camps.comments["left"]} < set(last)
    ups = [part.split("/") for part in Comment.objects.get(pk=first[0]).agreement.split(",")]
    assert sum(int(count) for _, count in ups) == len(camps.readers)
    assert all(int(up) > int(count) / 2 for up, count in ups)


def test_its_row_says_what_was_done() -> None:
    two_camps()
    found = run()
    assert found.voters == 40
    assert found.items == 24
    assert found.moved == 24
    assert found.parameters["k0"] == 4.0
    assert found.code_version
    assert found.seconds > 0
    assert found.finished_at is not None
    assert found.placed_at is not None
    assert found.started_at == NOW
    assert 0 < found.figures["held_out"] < 0.1 * found.votes
    assert found.figures["log_loss"] < 0.69
    assert found.figures["spearman"] > 0.3
    assert found.figures["alignment"] is None
    again = run(kind=RunKind.COLD)
    assert again.figures["alignment"] > 0.9
    assert again.figures["log_loss_before"] == found.figures["log_loss"]


def test_the_same_votes_give_the_same_places() -> None:
    two_camps()
    run()
    first = places()
    found = run(kind=RunKind.COLD)
    assert places() == first
    assert found.moved == 0


def test_camps_keep_their_order_from_run_to_run() -> None:
    camps = two_camps(members=15)
    run()
    comment = camps.comments["left"][0]

    def sides() -> list[int]:
        return [int(part.split("/")[0]) for part in Comment.objects.get(pk=comment.pk).agreement.split(",")]

    lefts = sides().index(max(sides()))
    # The smaller camp becomes the larger one.
    for camp in (camps.left, camps.right):
        newcomers = [a_reader() for _ in range(12 if sum(sides()) else 0)]
        Vote.objects.bulk_create(
            Vote(comment=one.comment, reader=newcomer, value=one.value, changed_at=one.changed_at)
            for newcomer in newcomers
            for one in Vote.objects.filter(reader=camp[0])
        )
        for kind in RunKind.values:
            assert run(kind=kind).state == RunState.APPLIED
            assert sides().index(max(sides())) == lefts


def test_a_warm_run_goes_on_from_the_last() -> None:
    two_camps()
    cold = run()
    warm = run(kind=RunKind.WARM)
    assert warm.state == RunState.APPLIED
    assert warm.figures["sweeps"] < cold.figures["sweeps"]


class Spoilt(BridgingModel):
    """Takes everybody for one of the other side."""

    @property
    def membership_(self) -> Any:
        return super().membership_[:, ::-1]


def test_a_run_that_is_worse_is_kept_and_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    two_camps(members=40, each=20)
    good = run()
    before = places()
    assert queries.current_model() is not None
    monkeypatch.setattr("kakehashi.bridging.BridgingModel", Spoilt)
    worse = run(kind=RunKind.COLD)
    assert worse.state == RunState.KEPT, worse.figures
    assert worse.figures["log_loss"] > worse.figures["log_loss_before"] + trial.MARGIN
    assert "predicts worse" in worse.why
    assert str(worse.figures["held_out"]) in worse.why
    assert places() == before
    assert queries.current_run_id() == good.pk
    assert StoredModel.objects.filter(run=worse).exists()
    anyway = run(kind=RunKind.COLD, even_if_worse=True)
    assert anyway.state == RunState.APPLIED
    assert queries.current_run_id() == anyway.pk


def test_a_run_that_fails_says_why_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    two_camps(members=5, each=2)
    run()
    before = places()

    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("the sea was too rough")

    monkeypatch.setattr("kakehashi.bridging.BridgingModel.fit", fail)
    with pytest.raises(ValueError, match="too rough"):
        actions.refit(now=NOW, kind=RunKind.COLD)
    failed = queries.last_run()
    assert failed is not None
    assert failed.state == RunState.FAILED
    assert "the sea was too rough" in failed.why
    assert places() == before
    monkeypatch.undo()
    assert run(kind=RunKind.COLD).state == RunState.APPLIED


def test_a_run_killed_while_learning_leaves_the_old_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    camps = two_camps(members=5, each=2)
    run()
    before = places()
    Vote.objects.filter(comment__in=camps.comments["poor"]).update(value=1)
    monkeypatch.setattr("kakehashi.bridging.BridgingModel.fit", killed)
    with pytest.raises(KeyboardInterrupt):
        actions.refit(now=NOW, kind=RunKind.COLD)
    broken = queries.last_run()
    assert broken is not None
    assert broken.state == RunState.RUNNING
    assert places() == before
    monkeypatch.undo()
    after = run(kind=RunKind.COLD)
    broken.refresh_from_db()
    assert (broken.state, after.state) == (RunState.ABANDONED, RunState.APPLIED)
    assert broken.why
    assert places() != before


def killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_run_killed_while_placing_is_brought_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    two_camps(members=5, each=2)
    place_them, placed = fitting.place_by_common_ground, []

    def some(**given: Any) -> int:
        if placed:
            raise KeyboardInterrupt
        placed.append(1)
        return place_them(**given)

    monkeypatch.setattr(fitting, "COMMENTS_AT_ONCE", 3)
    monkeypatch.setattr(fitting, "place_by_common_ground", some)
    with pytest.raises(KeyboardInterrupt):
        actions.refit(now=NOW)
    monkeypatch.undo()
    broken = RankingRun.objects.get()
    assert (broken.state, broken.placed_at) == (RunState.APPLIED, None)
    assert Comment.objects.exclude(common_ground=0.0).count() == 3
    queries.forget()
    assert actions.refit(now=NOW) == 5
    broken.refresh_from_db()
    assert broken.placed_at is not None
    assert RankingRun.objects.count() == 1
    assert not Comment.objects.filter(common_ground=0.0).exists()


def test_a_run_that_was_taken_for_broken_off_does_not_apply_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker had not beaten for long; another one took over, and then it went on."""
    two_camps(members=5, each=2)
    learn = fitting._learn

    def slow(late: RankingRun, votes: Any) -> Any:
        monkeypatch.undo()
        found = learn(late, votes)
        actions.refit(now=NOW, kind=RunKind.COLD)
        return found

    monkeypatch.setattr(fitting, "_learn", slow)
    assert actions.refit(now=NOW, kind=RunKind.COLD) == 0
    first, second = RankingRun.objects.order_by("pk")
    assert (first.state, second.state) == (RunState.ABANDONED, RunState.APPLIED)
    assert StoredModel.objects.get().run_id == second.pk


def test_no_worker_begins_a_run_while_another_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    two_camps(members=5, each=2)
    task = Task("kakehashi.ranking.tasks.refit", lambda now: actions.refit(now=now), timedelta(seconds=20))
    learn, others = fitting._learn, []

    def watched(*given: Any) -> Any:
        others.append(DatabaseBook().take(task, at_once=True))
        return learn(*given)

    monkeypatch.setattr(fitting, "_learn", watched)
    book = DatabaseBook()
    book.beat()
    turn = book.take(task)
    assert isinstance(turn, Turn)
    task.function(turn.now)
    book.done(turn, rows=0, seconds=1.0)
    assert len(others) == 1
    assert not isinstance(others[0], Turn)
    assert isinstance(DatabaseBook().take(task, at_once=True), Turn)


def test_two_runs_at_once_cannot_be() -> None:
    RankingRun.objects.create(kind=RunKind.COLD, code_version="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        RankingRun.objects.create(kind=RunKind.WARM, code_version="1")


def test_votes_cast_while_a_run_learns_are_not_lost() -> None:
    camps = two_camps()
    run(now=NOW - timedelta(minutes=30))
    comment = camps.comments["poor"][0]
    before = Comment.objects.get(pk=comment.pk).common_ground
    # Looked at by the fold before the run ends, with a model that is gone then.
    Vote.objects.filter(comment=comment).update(value=1, changed_at=NOW - timedelta(minutes=10))
    actions.fold_in_votes(now=NOW)
    assert Look.objects.get().looked_at == NOW
    run(now=NOW - timedelta(minutes=20), kind=RunKind.COLD)
    assert Look.objects.get().looked_at == NOW - timedelta(minutes=20)
    assert actions.fold_in_votes(now=NOW) == len(camps.readers)
    assert Comment.objects.get(pk=comment.pk).common_ground > before


def test_after_a_run_newcomers_and_votes_held_out_count_as_the_next_look_counts_them() -> None:
    """Both place comments by all votes on them, so looking at all of them again moves none."""
    camps = two_camps()
    newcomer = a_reader()
    run()
    for comment in camps.comments["left"]:
        a_vote(comment, 1, reader=newcomer, changed_at=NOW)
    actions.fold_in_votes(now=NOW)
    run(kind=RunKind.WARM, now=NOW + timedelta(minutes=1))
    seen = places()
    folding.forget()
    Look.objects.update(looked_at=NOW - timedelta(days=1))
    assert actions.fold_in_votes(now=NOW + timedelta(minutes=2)) == Vote.objects.count()
    assert places() == seen


def test_who_opted_out_is_not_in_the_model() -> None:
    camps = two_camps()
    shy, gone, shut = camps.left[0], camps.left[1], camps.right[0]
    type(shy).objects.filter(pk=shy.pk).update(is_modelled=False)
    type(gone).objects.filter(pk__in=[gone.pk, shut.pk]).update(is_active=False)
    found = run()
    model = queries.current_model()
    assert model is not None
    assert not {shy.pk, gone.pk, shut.pk} & set(model.voter_ids_.tolist())
    assert found.voters == len(camps.readers) - 3
    assert found.votes == Vote.objects.count()
    agreement = Comment.objects.get(pk=camps.comments["liked"][0].pk).agreement
    assert sum(int(part.split("/")[1]) for part in agreement.split(",")) <= len(camps.readers) - 3


def test_discounted_votes_count_as_nothing() -> None:
    camps = two_camps(members=10)
    raided = camps.comments["poor"][0]
    for _ in range(30):
        a_vote(raided, 1, is_discounted=True)
    found = run()
    assert found.votes == Vote.objects.filter(is_discounted=False).count()
    with_them = Comment.objects.get(pk=raided.pk).common_ground
    Vote.objects.filter(is_discounted=True).delete()
    run(kind=RunKind.COLD)
    assert Comment.objects.get(pk=raided.pk).common_ground == with_them


def test_what_nobody_sees_teaches_nothing_and_keeps_its_place() -> None:
    camps = two_camps(members=10)
    hidden = camps.comments["left"][0]
    found = run()
    place = Comment.objects.get(pk=hidden.pk).common_ground
    Comment.objects.filter(pk=hidden.pk).update(state=CommentState.REMOVED)
    again = run(kind=RunKind.COLD)
    assert again.items == found.items - 1
    assert Comment.objects.get(pk=hidden.pk).common_ground == pytest.approx(place, abs=0.1)
    assert Comment.objects.get(pk=hidden.pk).common_ground != 0.0


def test_a_comment_whose_votes_are_gone_stands_where_it_began() -> None:
    camps = two_camps(members=5, each=2)
    run()
    comment = camps.comments["liked"][0]
    assert Comment.objects.get(pk=comment.pk).common_ground != 0.0
    Vote.objects.filter(comment=comment).update(is_discounted=True)
    run(kind=RunKind.COLD)
    found = Comment.objects.get(pk=comment.pk)
    assert (found.common_ground, found.agreement) == (0.0, "")


def test_archived_totals_count_as_votes_of_strangers() -> None:
    liked, disliked = a_comment(archived_up=12, archived_down=1), a_comment(archived_up=1, archived_down=12)
    a_vote(a_comment(), 1)
    assert run().votes == 27
    assert Comment.objects.get(pk=liked.pk).common_ground > 0 > Comment.objects.get(pk=disliked.pk).common_ground


def test_the_worker_runs_it_when_it_is_due() -> None:
    camps = two_camps(at=NOW - timedelta(hours=9))
    noon = timezone.localtime(NOW).replace(hour=12)
    run(now=noon)
    assert actions.refit(now=noon + timedelta(minutes=1)) == 0
    assert RankingRun.objects.count() == 1
    few = Vote.objects.filter(comment=camps.comments["poor"][0]).order_by("pk")
    Vote.objects.filter(pk__in=few[:3].values_list("pk", flat=True)).update(
        value=1, changed_at=noon + timedelta(minutes=1)
    )
    actions.refit(now=noon + timedelta(minutes=2))
    assert RankingRun.objects.count() == 1
    actions.refit(now=noon + timedelta(minutes=61))
    assert RankingRun.objects.order_by("-pk")[0].kind == RunKind.WARM
    few.update(value=1, changed_at=noon + timedelta(minutes=62))
    actions.refit(now=noon + timedelta(minutes=63))
    assert RankingRun.objects.count() == 3
    actions.refit(now=noon + timedelta(hours=15))
    assert RankingRun.objects.order_by("-pk")[0].kind == RunKind.COLD


def test_a_model_of_another_version_is_made_anew() -> None:
    two_camps(members=5, each=2)
    run()
    StoredModel.objects.update(content=b"kakehashi-bridging\n\xff\xff" + bytes(40))
    queries.forget()
    assert queries.current_model() is None
    assert actions.fold_in_votes(now=NOW) == 0 or queries.current_model() is None
    found = run(now=NOW + timedelta(seconds=20))
    assert (found.kind, found.state) == (RunKind.COLD, RunState.APPLIED)
    assert queries.current_model() is not None


def test_a_damaged_model_is_found_and_made_anew() -> None:
    two_camps(members=5, each=2)
    run()
    found = run(kind=RunKind.WARM)
    assert queries.find_unreadable() == []
    StoredModel.objects.filter(run=found).update(content=b"kakehashi-bridging" + bytes(60))
    checking = Checking(mend=True)
    checking.ranking()
    [finding] = checking.findings
    assert (finding.found, finding.mended, finding.examples) == (1, 1, [str(found.pk)])
    queries.forget()
    actions.refit(now=NOW + timedelta(seconds=20))
    last = queries.last_run()
    assert last is not None
    assert (last.kind, last.state) == (RunKind.COLD, RunState.APPLIED)


def test_a_reader_takes_along_where_the_model_puts_them() -> None:
    camps = two_camps()
    reader, stranger = camps.left[0], a_reader()
    assert export_reader(reader=reader)["common_ground"] is None
    run()
    found = export_reader(reader=reader)["common_ground"]
    model = queries.current_model()
    assert model is not None
    at = model.voter_ids_.tolist().index(reader.pk)
    assert found["position"] == [pytest.approx(model.position_[at, 0], abs=1e-4)]
    assert sum(found["belongs_to_camps"]) == pytest.approx(1, abs=1e-3)
    assert json.dumps(found)
    assert export_reader(reader=stranger)["common_ground"] is None


def test_who_leaves_is_gone_with_the_runs_that_follow() -> None:
    camps = two_camps()
    run()
    leaving = camps.left[0]
    votes = Vote.objects.count()
    erase_reader(reader=leaving)
    for _ in range(fitting.MODELS_KEPT):
        found = run(kind=RunKind.WARM)
    assert found.votes == votes
    for stored in StoredModel.objects.all():
        assert leaving.pk not in BridgingModel.from_bytes(bytes(stored.content)).voter_ids_.tolist()


def test_old_models_and_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "RUNS_KEPT", 5)
    two_camps(members=5, each=2)
    for _ in range(8):
        run(kind=RunKind.WARM)
    assert StoredModel.objects.count() == fitting.MODELS_KEPT
    assert RankingRun.objects.count() == 5
    assert queries.current_model() is not None


@pytest.mark.parametrize("each", [1, 8])
def test_the_number_of_queries_does_not_grow(each: int) -> None:
    two_camps(members=5, each=each)
    run()
    with CaptureQueriesContext(connection) as captured:
        run(kind=RunKind.COLD)
    assert len(captured) == RUN_QUERIES, [query["sql"][:80] for query in captured]


RUN_QUERIES = 24
