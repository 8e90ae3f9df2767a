"""Views and comments become heat: in both databases, from several processes, and whatever becomes of a story."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.trending import queries
from kakehashi.trending.actions import add_views, keep_pace, weigh_discussions
from kakehashi.trending.heat import decayed, heat_of
from kakehashi.trending.models import Readership, Talk
from tests.factories import a_comment, a_story, a_thread

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 12, tzinfo=timezone.get_default_timezone())
HOUR = timedelta(hours=1)


def weight(model: type[Readership | Talk], pk: int, hours: float, now: datetime = NOW) -> float:
    return decayed(model.objects.get(pk=pk).heat or 0.0, now, hours)


def test_a_view_weighs_half_after_each_half_life(settings: Settings) -> None:
    settings.KAKEHASHI_MOST_READ_HALF_LIFE_HOURS = 8
    story = a_story()
    add_views(counts={story.pk: 64}, now=NOW - 16 * HOUR)
    assert weight(Readership, story.pk, 8) == pytest.approx(16)
    add_views(counts={story.pk: 4}, now=NOW)
    assert weight(Readership, story.pk, 8) == pytest.approx(20)
    assert weight(Readership, story.pk, 8, NOW + 8 * HOUR) == pytest.approx(10)
    assert Readership.objects.get(pk=story.pk).views == 68


def test_heat_is_the_sum_of_the_weights_whatever_the_order_and_over_years() -> None:
    story, rng = a_story(), random.Random(7)
    events = [(rng.randint(1, 50), NOW - timedelta(hours=rng.uniform(0, 20_000))) for _ in range(60)]
    for count, at in events:
        add_views(counts={story.pk: count}, now=at)
    expected = sum(count * 0.5 ** ((NOW - at) / (8 * HOUR)) for count, at in events)
    assert weight(Readership, story.pk, 8) == pytest.approx(expected, rel=1e-6)


def test_many_stories_in_few_statements_and_those_that_are_gone_are_passed_over() -> None:
    stories = [a_story() for _ in range(3)]
    gone = a_story()
    pk = gone.pk
    gone.delete()
    counts = {story.pk: n for n, story in enumerate(stories)} | {pk: 5}
    with CaptureQueriesContext(connection) as captured:
        add_views(counts=counts, now=NOW)
    assert sum("trending_readership" in query["sql"] for query in captured) == 1
    assert dict(Readership.objects.values_list("pk", "views")) == {stories[1].pk: 1, stories[2].pk: 2}
    assert add_views(counts={}, now=NOW) == 0


def test_another_half_life_keeps_what_is_there(settings: Settings) -> None:
    hot, cold = a_story(), a_story()
    keep_pace(now=NOW)
    add_views(counts={hot.pk: 8, cold.pk: 2}, now=NOW)
    settings.KAKEHASHI_MOST_READ_HALF_LIFE_HOURS = 2
    assert keep_pace(now=NOW) == 2
    assert keep_pace(now=NOW) == 0
    assert weight(Readership, hot.pk, 2) == pytest.approx(8)
    add_views(counts={cold.pk: 8}, now=NOW + 2 * HOUR)
    assert weight(Readership, cold.pk, 2, NOW + 2 * HOUR) == pytest.approx(9)
    assert [story.pk for story in queries.charts(5).read] == [cold.pk, hot.pk]


def test_a_discussion_is_weighed_from_its_visible_comments(settings: Settings) -> None:
    settings.KAKEHASHI_MOST_DISCUSSED_HALF_LIFE_HOURS = 24
    thread = a_thread()
    for hours in (0, 24, 48, 24 * 4000):
        a_comment(thread, created_at=NOW - hours * HOUR)
    a_comment(thread, created_at=NOW, state=CommentState.HELD)
    assert weigh_discussions() == 1
    assert weight(Talk, thread.story_id, 24) == pytest.approx(1.75)
    assert weigh_discussions() == 0


def test_a_discussion_is_weighed_anew_when_comments_come_and_go() -> None:
    quiet, loud = a_thread(), a_thread()
    a_comment(quiet, created_at=NOW - HOUR)
    comments = [a_comment(loud, created_at=NOW) for _ in range(3)]
    weigh_discussions()
    assert [story.pk for story in queries.charts(5).discussed] == [loud.story_id, quiet.story_id]
    Comment.objects.filter(pk__in=[comment.pk for comment in comments]).update(state=CommentState.REMOVED)
    Thread.objects.filter(pk=loud.pk).update(comment_count=0)
    assert weigh_discussions() == 1
    assert [story.pk for story in queries.charts(5).discussed] == [quiet.story_id]
    a_comment(loud, created_at=NOW)
    assert weigh_discussions() == 1
    assert weigh_discussions() == 0


def test_many_discussions_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    from kakehashi.trending.actions import counting

    monkeypatch.setattr(counting, "BATCH", 3)
    threads = [a_thread() for _ in range(7)]
    for thread in threads:
        a_comment(thread)
    assert weigh_discussions() == 7
    assert Talk.objects.count() == 7


def test_charts_are_a_fixed_number_of_queries_and_show_live_stories_only(django_assert_num_queries: Any) -> None:
    def more(number: int) -> None:
        for _ in range(number):
            comment = a_comment()
            add_views(counts={comment.thread.story_id: 1}, now=NOW)
        weigh_discussions()

    hidden = a_story(live=False)
    add_views(counts={hidden.pk: 99}, now=NOW)
    for number in (1, 29):
        more(number)
        with django_assert_num_queries(4):
            found = queries.charts(9)
            assert [story.section.title for story in found.read][:1] == ["Politics"]
        assert hidden not in found.read
    assert (len(found.read), len(found.discussed)) == (9, 9)


def test_what_sisters_are_told_is_read_and_discussed_in_turn() -> None:
    a, b, c = (a_story(title) for title in "abc")
    add_views(counts={a.pk: 9, b.pk: 3}, now=NOW)
    for story in (c, a):
        a_comment(a_thread(story), created_at=NOW - HOUR * story.pk)
    weigh_discussions()
    assert {story.title for story in queries.trending(9)} == {"a", "b", "c"}
    assert queries.trending(9)[0] == a
    assert len(queries.trending(2)) == 2


@pytest.mark.parametrize("count", [1, 7, 10**9])
def test_heat_and_back(count: int) -> None:
    assert decayed(heat_of(count, NOW, 8), NOW, 8) == pytest.approx(count, rel=1e-6)
    assert decayed(heat_of(count, NOW, 1), NOW + timedelta(days=36500), 1) < 1e-200
