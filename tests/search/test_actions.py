"""The worker's indexing: everything new is found once, nothing twice, and lost licences fall silent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kakehashi.search import actions, queries
from kakehashi.search.models import Entry, Likeness
from kakehashi.stories.models import Agency, RunningStory
from tests.factories import a_comment, a_story, a_thread

NOW = datetime(2026, 5, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def found(query: str, now: datetime = NOW) -> int:
    return queries.search(query, now=now).count


def test_new_stories_and_comments_are_found_and_looking_again_does_nothing() -> None:
    story = a_story("A lighthouse for sale", body="The tower on the cape needs a keeper.")
    a_comment(a_thread(story), source="My grandfather kept that tower.")
    assert actions.index_stories(now=NOW) == 1
    assert actions.index_comments(now=NOW) == 1
    assert found("lighthouse") == 1
    assert found("tower") == 2
    assert actions.index_stories(now=NOW) + actions.index_comments(now=NOW) == 0
    assert Entry.objects.filter(story=story, comment=None).count() == 1


def test_an_edited_comment_is_found_by_its_new_words_only() -> None:
    comment = a_comment(source="cormorants")
    actions.index_comments(now=NOW)
    comment.plain, comment.edited_at = "herons", NOW + timedelta(minutes=1)
    comment.save()
    actions.index_comments(now=NOW + timedelta(minutes=1))
    assert (found("cormorants"), found("herons")) == (0, 1)


def test_imported_comments_of_long_ago_are_seen_too() -> None:
    actions.index_comments(now=NOW)
    a_comment(source="gaslight", created_at=NOW - timedelta(days=4000))
    assert actions.index_comments(now=NOW) == 1


def test_a_body_past_its_licence_is_not_found_but_its_headline_is() -> None:
    agency = Agency.objects.create(name="Strait Wire", body_days=30)
    a_story("Dredgers arrive", body="Silt and cranes.", agency=agency, published_at=NOW)
    actions.index_stories(now=NOW)
    assert (found("silt"), found("dredgers")) == (1, 1)
    later = NOW + timedelta(days=30)
    assert found("silt", later) == 0
    actions.index_stories(now=later)
    assert (found("silt", later), found("dredgers", later)) == (0, 1)


@pytest.mark.parametrize("days", [5, 90, None])
def test_an_agency_that_changes_its_licence_is_obeyed_at_the_next_look(days: int | None) -> None:
    agency = Agency.objects.create(name="Strait Wire", body_days=30)
    for published_at in (NOW - timedelta(days=10), NOW - timedelta(days=60)):
        a_story("Dredgers arrive", body="Silt and cranes.", agency=agency, published_at=published_at)
    actions.index_stories(now=NOW)
    assert found("silt") == 1
    Agency.objects.update(body_days=days)
    actions.index_stories(now=NOW + timedelta(hours=1))
    assert found("silt", NOW + timedelta(hours=1)) == (0 if days == 5 else 2)
    assert actions.index_stories(now=NOW + timedelta(hours=2)) == 0


def test_related_puts_the_running_story_first_then_the_alike() -> None:
    running = RunningStory.objects.create(title="The bridge", slug="the-bridge")
    body = "Engineers measured the current under the suspension bridge across the narrow strait at dawn."
    story = a_story("Bridge pillars inspected", body=body, running_story=running)
    chapter = a_story("Vote on tolls", body="Councillors argued about coins.", running_story=running)
    alike = a_story("Current under the suspension bridge", body=body)
    a_story("Bakers win a prize", body="Rye loaves and butter pleased the jury of seven.")
    actions.index_stories(now=NOW)
    assert [s.pk for s in queries.related(story)] == [chapter.pk, alike.pk]
    assert Likeness.objects.filter(story=alike, other=story).count() == 1


def test_a_long_running_story_does_not_fill_the_box() -> None:
    running = RunningStory.objects.create(title="The bridge", slug="the-bridge")
    body = "Engineers measured the current under the suspension bridge across the narrow strait at dawn."
    chapters = [a_story(body=body, running_story=running) for _ in range(6)]
    alike = a_story("Elsewhere", body=body)
    actions.index_stories(now=NOW)
    found = queries.related(chapters[0])
    assert len(found) == queries.CHAPTERS + 1
    assert found[-1].pk == alike.pk


def test_related_is_at_most_two_queries_with_one_and_with_many(
    django_assert_max_num_queries: object,
) -> None:
    running = RunningStory.objects.create(title="The bridge", slug="the-bridge")
    story = a_story(running_story=running)
    for number in (1, 12):
        for _ in range(number):
            a_story(running_story=running)
        with django_assert_max_num_queries(2):  # type: ignore[operator]
            queries.related(story)
