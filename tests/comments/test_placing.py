"""Where the ranking puts comments: only what moved is written, and nobody is told more than they can see."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from kakehashi.comments import actions, changes
from kakehashi.comments.actions import Place, placing
from kakehashi.comments.models import Comment, Thread
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_thread


def standing(*comments: Comment) -> list[tuple[float, str]]:
    found = Comment.objects.in_bulk([comment.pk for comment in comments])
    return [(found[comment.pk].common_ground, found[comment.pk].agreement) for comment in comments]


def versions(*threads: Thread) -> list[int]:
    found = Thread.objects.in_bulk([thread.pk for thread in threads])
    return [found[thread.pk].version for thread in threads]


def test_only_what_moved_is_written_and_only_its_threads_become_old(thread: Thread) -> None:
    here, there = a_comment(thread), a_comment(a_thread())
    places = [Place(here.pk, 0.4, "34/39,12/15"), Place(there.pk, 0.0)]
    assert actions.place_by_common_ground(places=places) == 1
    assert standing(here, there) == [(0.4, "34/39,12/15"), (0.0, "")]
    assert versions(thread, there.thread) == [1, 0]
    assert actions.place_by_common_ground(places=places) == 0
    assert versions(thread, there.thread) == [1, 0]


def test_a_hair_is_not_written_but_other_words_are(thread: Thread) -> None:
    comment = a_comment(thread)
    actions.place_by_common_ground(places=[Place(comment.pk, 0.4, "3/4,2/2")])
    for _turn in range(3):
        assert actions.place_by_common_ground(places=[Place(comment.pk, 0.4 + placing.STEP / 2, "3/4,2/2")]) == 0
    assert standing(comment) == [(0.4, "3/4,2/2")]
    assert actions.place_by_common_ground(places=[Place(comment.pk, 0.4, "4/5,2/2")]) == 1
    assert actions.place_by_common_ground(places=[Place(comment.pk, 0.4 + 2 * placing.STEP, "4/5,2/2")]) == 1
    assert versions(thread) == [3]


def test_a_thread_is_raised_once_for_all_its_comments(thread: Thread) -> None:
    comments = [a_comment(thread) for _ in range(5)]
    actions.place_by_common_ground(places=[Place(comment.pk, -0.1) for comment in comments])
    assert versions(thread) == [1]


def test_readers_of_an_open_page_are_told_nothing(thread: Thread, ana: Reader, now: datetime) -> None:
    comment = a_comment(thread)
    actions.cast_vote(reader=ana, comment=comment, value=1)
    place = changes.places([thread.story_id], now=now)[thread.story_id]
    actions.place_by_common_ground(places=[Place(comment.pk, 0.2, "9/9,5/6")])
    told = changes.changes(place, [place.version], now=now)
    assert told is not None
    assert told[place.version].version == place.version + 1
    assert told[place.version].is_empty


def test_many_are_written_in_batches_of_a_fixed_number_of_statements(
    thread: Thread, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(placing, "BATCH", 4)
    comments = [a_comment(thread if n % 2 else a_thread()) for n in range(10)]
    places = [Place(comment.pk, n / 10 - 1) for n, comment in enumerate(comments)]
    one_look, one_write = 1, 5  # a savepoint and its end, threads held, threads raised, comments written
    with django_assert_max_num_queries(3 * (one_look + one_write)) as asked:
        assert actions.place_by_common_ground(places=places) == 10
    assert isinstance(asked, CaptureQueriesContext)
    assert [score for score, _agreement in standing(*comments)] == [place.common_ground for place in places]


def test_of_two_places_for_one_comment_the_last_holds_and_one_that_is_gone_is_passed_over(thread: Thread) -> None:
    comment = a_comment(thread)
    places = [Place(comment.pk, 0.1), Place(comment.pk, 0.2), Place(comment.pk + 999, 0.3)]
    assert actions.place_by_common_ground(places=places) == 1
    assert standing(comment) == [(0.2, "")]
    assert actions.place_by_common_ground(places=[]) == 0


@pytest.mark.parametrize("words", ["34 of 39", "34/39,", "1/2;3/4", "-1/2"])
def test_other_words_of_the_camps_are_refused(thread: Thread, words: str) -> None:
    comment = a_comment(thread)
    with pytest.raises(ValueError, match="34/39,12/15"):
        actions.place_by_common_ground(places=[Place(comment.pk, 0.1, words)])
    assert standing(comment) == [(0.0, "")]


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(thread: Thread, score: float) -> None:
    comment = a_comment(thread)
    with pytest.raises(ValueError, match="finite"):
        actions.place_by_common_ground(places=[Place(comment.pk, score)])
    assert standing(comment) == [(0.0, "")]
