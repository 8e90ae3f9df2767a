"""Between two runs: each vote moves its comment, whoever cast it, however often it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.comments.actions import cast_vote
from kakehashi.comments.models import Comment, Thread, Vote
from kakehashi.ranking import actions, queries
from kakehashi.ranking.actions import folding
from kakehashi.ranking.models import Look, RunKind
from tests.factories import a_comment, a_reader, a_thread, a_vote
from tests.ranking.camps import Camps, ranked, two_camps

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    folding.forget()
    queries.forget()


def place(comment: Comment) -> tuple[float, str]:
    return Comment.objects.values_list("common_ground", "agreement").get(pk=comment.pk)


def places(thread: Thread) -> list[tuple[int, float, str]]:
    return list(thread.comments.order_by("pk").values_list("pk", "common_ground", "agreement"))


@pytest.fixture
def camps() -> Camps:
    made = two_camps()
    actions.refit(now=timezone.now() - timedelta(hours=1))
    return made


def test_from_the_first_vote_on() -> None:
    """No run yet, nobody known: more who like a comment, and fewer who do not, put it further up."""
    thread, now = a_thread(), timezone.now()
    liked, unrated, mixed, disliked = (a_comment(thread) for _ in range(4))
    for _ in range(3):
        a_vote(liked, 1, changed_at=now)
        a_vote(disliked, -1, changed_at=now)
    a_vote(mixed, 1, changed_at=now)
    a_vote(mixed, -1, changed_at=now)
    assert actions.fold_in_votes(now=now) == 8
    assert place(liked)[0] > 0 > place(disliked)[0]
    assert place(unrated) == (0.0, "")
    assert place(liked)[0] > place(mixed)[0] > place(disliked)[0]
    before = place(liked)[0]
    a_vote(liked, 1, changed_at=now)
    actions.fold_in_votes(now=now + SECOND)
    assert place(liked)[0] > before
    assert place(liked)[1] == ""


def test_a_vote_of_somebody_known_moves_its_comment_only(camps: Camps) -> None:
    comment, reader, now = camps.comments["left"][0], camps.right[0], timezone.now()
    Vote.objects.filter(comment=comment, reader=reader).update(value=-1)
    before = {pk: rest for pk, *rest in places(camps.thread)}
    versions = Thread.objects.values_list("version", flat=True)
    version = versions.get(pk=camps.thread.pk)
    cast_vote(reader=reader, comment=comment, value=1, now=now)
    actions.fold_in_votes(now=now)
    after = {pk: rest for pk, *rest in places(camps.thread)}
    assert [pk for pk in after if after[pk] != before[pk]] == [comment.pk]
    assert after[comment.pk][0] > before[comment.pk][0]
    assert versions.get(pk=camps.thread.pk) > version + 1


def test_the_agreement_counts_the_new_vote(camps: Camps) -> None:
    comment, now = camps.comments["liked"][0], timezone.now()

    def counted() -> int:
        return sum(int(part.partition("/")[2]) for part in place(comment)[1].split(","))

    assert counted() == len(camps.readers)
    Vote.objects.filter(comment=comment, reader=camps.left[3]).update(value=0, changed_at=now)
    actions.fold_in_votes(now=now)
    assert counted() == len(camps.readers) - 1


def test_a_newcomer_is_placed_by_all_that_they_rated(camps: Camps) -> None:
    """Somebody who rates like the left counts there, at once and for what they rated before."""
    now, newcomer = timezone.now(), a_reader()
    fresh = a_comment(camps.thread)
    cast_vote(reader=newcomer, comment=fresh, value=1, now=now)
    actions.fold_in_votes(now=now)
    assert place(fresh)[1] == ""
    for kind, value in (("left", 1), ("right", -1)):
        for comment in camps.comments[kind]:
            cast_vote(reader=newcomer, comment=comment, value=value, now=now + SECOND)
    actions.fold_in_votes(now=now + SECOND)
    parts = place(fresh)[1].split(",")
    assert sorted(parts) == ["0/0", "1/1"]
    left = place(camps.comments["left"][0])[1].split(",")
    assert parts.index("1/1") == max((0, 1), key=lambda camp: int(left[camp].split("/")[0]))


def test_a_new_comment_finds_its_place_with_its_first_votes(camps: Camps) -> None:
    now = timezone.now()
    bridge, wall = a_comment(camps.thread), a_comment(camps.thread)
    for reader in (*camps.left[:6], *camps.right[:6]):
        cast_vote(reader=reader, comment=bridge, value=1, now=now)
    for reader in camps.left:
        cast_vote(reader=reader, comment=wall, value=1, now=now)
    for reader in camps.right:
        a_vote(wall, -1, reader=reader, changed_at=now)
    actions.fold_in_votes(now=now)
    assert place(bridge)[0] > place(wall)[0]
    order = ranked(camps.thread)
    assert order.index(bridge.pk) < len(camps.comments["liked"]) + 1
    assert order.index(wall.pk) > len(order) // 2


def test_looking_again_and_again_changes_nothing(camps: Camps) -> None:
    now = timezone.now()
    for reader in camps.left[:5]:
        cast_vote(reader=reader, comment=camps.comments["poor"][0], value=1, now=now)
    assert actions.fold_in_votes(now=now) > 0
    seen = places(camps.thread)
    version = Thread.objects.get(pk=camps.thread.pk).version
    assert actions.fold_in_votes(now=now) == 0
    forget()
    Look.objects.update(looked_at=now - timedelta(minutes=30))
    assert actions.fold_in_votes(now=now) > 0
    assert places(camps.thread) == seen
    assert Thread.objects.get(pk=camps.thread.pk).version == version


def test_a_vote_that_was_committed_late_is_found(camps: Camps) -> None:
    """Its time is before the last look: a slow transaction, or a server whose clock is behind."""
    now = timezone.now()
    actions.fold_in_votes(now=now)
    comment = camps.comments["poor"][0]
    before = place(comment)
    for reader in (*camps.left[:10], *camps.right[:10]):
        Vote.objects.filter(comment=comment, reader=reader).update(value=1, changed_at=now - 10 * SECOND)
    assert actions.fold_in_votes(now=now + SECOND) == 20
    assert place(comment)[0] > before[0]


def test_what_a_killed_look_had_not_done_is_done_by_the_next(camps: Camps, monkeypatch: pytest.MonkeyPatch) -> None:
    now, comments = timezone.now(), [camps.comments["poor"][0], camps.comments["liked"][0]]
    before = [place(comment) for comment in comments]
    for comment in comments:
        Vote.objects.filter(comment=comment).update(value=1, changed_at=now)
    Vote.objects.filter(comment=comments[1]).update(value=-1)
    place_them, done = folding.place_by_common_ground, []

    def killed_after_the_first(**given: object) -> int:
        if done:
            raise KeyboardInterrupt
        done.append(place_them(**given))  # type: ignore[arg-type]
        return 1

    monkeypatch.setattr(folding, "COMMENTS_AT_ONCE", 1)
    monkeypatch.setattr(folding, "place_by_common_ground", killed_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        actions.fold_in_votes(now=now)
    assert [place(comment) != old for comment, old in zip(comments, before, strict=True)].count(True) == 1
    monkeypatch.undo()
    forget()
    actions.fold_in_votes(now=now + SECOND)
    assert place(comments[0])[0] > before[0][0]
    assert place(comments[1])[0] < before[1][0]


def test_more_votes_than_one_look_reads(camps: Camps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "MOST_VOTES", 50)
    now = timezone.now()
    comments = camps.comments["poor"]
    before = [place(comment)[0] for comment in comments]
    for n, comment in enumerate(comments):
        Vote.objects.filter(comment=comment).update(value=1, changed_at=now + n * 20 * SECOND)
    ends = now + len(comments) * 20 * SECOND
    for _ in range(4 * len(comments)):
        actions.fold_in_votes(now=ends)
    assert all(place(comment)[0] > old for comment, old in zip(comments, before, strict=True))
    assert Look.objects.get().looked_at == ends


def test_discounted_votes_and_those_taken_back_move_nothing(camps: Camps) -> None:
    now, fresh = timezone.now(), a_comment(camps.thread)
    for reader in camps.readers:
        a_vote(fresh, 1, reader=reader, changed_at=now, is_discounted=True)
    a_vote(fresh, 0, changed_at=now)
    actions.fold_in_votes(now=now)
    assert place(fresh) == (0.0, "")
    Vote.objects.filter(comment=fresh).update(is_discounted=False)
    actions.fold_in_votes(now=now + SECOND)
    assert place(fresh)[0] > 0
    Vote.objects.filter(comment=fresh).update(value=0, changed_at=now + 2 * SECOND)
    actions.fold_in_votes(now=now + 2 * SECOND)
    assert place(fresh) == (0.0, "")


def test_who_does_not_want_to_be_modelled_counts_as_a_stranger(camps: Camps) -> None:
    """At once, and although the model still knows them: as good a vote as anybody's, and of no camp."""
    now, reader, stranger = timezone.now(), camps.left[0], a_reader(is_modelled=False)
    first, second = a_comment(camps.thread), a_comment(camps.thread)
    type(reader).objects.filter(pk=reader.pk).update(is_modelled=False)
    a_vote(first, 1, reader=reader, changed_at=now)
    a_vote(second, 1, reader=stranger, changed_at=now)
    actions.fold_in_votes(now=now)
    assert place(first) == place(second)
    assert place(first)[0] > 0
    assert place(first)[1] == ""


@pytest.mark.parametrize("votes", [1, 30])
def test_the_number_of_queries_does_not_grow(camps: Camps, votes: int) -> None:
    actions.fold_in_votes(now=timezone.now())
    now = timezone.now() + timedelta(minutes=1)
    rows = Vote.objects.order_by("pk").filter(comment__in=camps.comments["poor"], value=-1)
    Vote.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:votes])).update(value=1, changed_at=now)
    with CaptureQueriesContext(connection) as captured:
        assert actions.fold_in_votes(now=now) == votes
    assert len(captured) == LOOK_QUERIES, [query["sql"][:100] for query in captured]
    with CaptureQueriesContext(connection) as captured:
        assert actions.fold_in_votes(now=now + SECOND) == 0
    assert len(captured) == IDLE_QUERIES


# The look, the run in use, the votes; votes and archived totals of the comments; where these stand; savepoint, threads
# locked and raised, places written; the run again; the look.
LOOK_QUERIES = 14
IDLE_QUERIES = 3


def test_a_run_that_is_applied_meanwhile_has_the_last_word(camps: Camps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its places were written before ours: ours are written again, by its model."""
    now = timezone.now()
    comment = camps.comments["poor"][0]
    Vote.objects.filter(comment=comment, reader__in=camps.left).update(value=1, changed_at=now)
    placed: list[datetime] = []
    place_them = folding.place_by_common_ground

    def while_a_run_ends(**given: object) -> int:
        if not placed:
            placed.append(now)
            actions.refit(now=now, kind=RunKind.COLD)
        return place_them(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(folding, "place_by_common_ground", while_a_run_ends)
    run = queries.current_run_id()
    actions.fold_in_votes(now=now)
    monkeypatch.undo()
    assert queries.current_run_id() != run
    seen = places(camps.thread)
    forget()
    actions.fold_in_votes(now=now)
    assert places(camps.thread) == seen
