"""What pages ask of the database: the right stories, with one number of queries for 1 and for 30."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from kakehashi.stories import queries
from kakehashi.stories.models import Correction, RunningStory, StoryPage
from tests.factories import a_section, a_story

pytestmark = pytest.mark.django_db
Counted = Callable[[int], AbstractContextManager[object]]

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def titles(stories: list[StoryPage]) -> list[str]:
    return [story.title for story in stories]


def test_importance_leads_over_recency_for_a_while() -> None:
    a_story("Great, three days ago", importance=3, published_at=NOON - 72 * HOUR - HOUR)
    a_story("Great, two days ago", importance=3, published_at=NOON - 48 * HOUR)
    a_story("Ordinary, just now", published_at=NOON)
    a_story("Notable, yesterday", importance=2, published_at=NOON - 24 * HOUR)
    a_story("Off the front page", importance=0, published_at=NOON)
    a_story("Not yet published", importance=3, published_at=NOON, live=False)
    front = queries.front_page()
    assert titles([front.lead, *front.secondary] if front.lead else []) == [
        "Great, two days ago",
        "Notable, yesterday",
        "Ordinary, just now",
        "Great, three days ago",
    ]
    assert front.bands == []


def test_bands_hold_each_sections_latest_that_do_not_stand_above() -> None:
    sections = [a_section("Harbour"), a_section("Market"), a_section("Empty")]
    for n in range(8):
        for section in sections[:2]:
            a_story(f"{section.title} {n}", section=section, published_at=NOON + n * HOUR)
    old = a_section("Chess")
    a_story("Endgame", section=old, published_at=NOON - timedelta(days=4000))
    for n in range(queries.CANDIDATES):
        a_story(f"Filler {n}", section=sections[0], published_at=NOON - timedelta(days=1 + n))
    front = queries.front_page()
    assert [(band.section.title, titles(band.stories)) for band in front.bands] == [
        ("Harbour", ["Harbour 5", "Harbour 4", "Harbour 3", "Harbour 2"]),
        ("Market", ["Market 4", "Market 3", "Market 2", "Market 1"]),
        ("Chess", ["Endgame"]),
    ]
    assert front.bands[2].stories[0].section == old


def test_front_page_of_an_empty_newspaper() -> None:
    assert queries.front_page() == queries.Front(lead=None, secondary=[], bands=[], running=[])


@pytest.mark.parametrize("count", [1, 30])
def test_number_of_queries_is_fixed(count: int, django_assert_num_queries: Counted) -> None:
    running = RunningStory.objects.create(title="The bridge", slug="bridge")
    section = a_section("Harbour")
    for n in range(count):
        a_story(section=section if n % 2 else a_section("Market"), running_story=running, published_at=NOON + n * HOUR)
    # Sections, candidates, places in the bands, running stories; the stories of the bands are among the candidates.
    with django_assert_num_queries(4):
        front = queries.front_page()
        assert front.lead
        assert all(story.section.title and story.url for story in [front.lead, *front.secondary])
    with django_assert_num_queries(2):
        assert sum(len(stories) for _, stories in queries.timeline(running)) == count
    with django_assert_num_queries(2):
        assert queries.chapters_around(front.lead)


def test_chapters_stand_in_order_around_a_story() -> None:
    running = RunningStory.objects.create(title="The bridge", slug="bridge")
    chapters = [a_story(f"Chapter {n}", running_story=running, published_at=NOON + n // 2 * HOUR) for n in range(10)]
    a_story("Draft", running_story=running, published_at=NOON, live=False)
    a_story("Other story", published_at=NOON)
    assert titles(queries.chapters_around(chapters[4])) == [f"Chapter {n}" for n in range(1, 8)]
    assert titles(queries.chapters_around(chapters[0])) == [f"Chapter {n}" for n in range(4)]
    assert titles(queries.chapters_around(chapters[9])) == [f"Chapter {n}" for n in range(6, 10)]
    assert list(queries.chapters_of(chapters[3])) == chapters
    assert queries.chapters_around(a_story()) == []


def test_timeline_is_by_year_of_the_sites_time_zone() -> None:
    running = RunningStory.objects.create(title="The bridge", slug="bridge")
    for title, at in [
        ("First pile", datetime(2014, 3, 1, tzinfo=UTC)),
        ("New Year's Eve", datetime(2020, 12, 31, 20, tzinfo=UTC)),
        ("Opening", datetime(2021, 6, 1, tzinfo=UTC)),
    ]:
        a_story(title, running_story=running, published_at=at)
    with timezone.override("Asia/Tokyo"):
        years = queries.timeline(running)
        strip = queries.running_strip()
    assert [(year, titles(stories)) for year, stories in years] == [
        (2021, ["Opening", "New Year's Eve"]),
        (2014, ["First pile"]),
    ]
    assert [(item.title, item.chapter_count, item.first_year, item.last_year) for item in strip] == [
        ("The bridge", 3, 2014, 2021)
    ]


def test_story_is_modified_by_update_and_by_correction() -> None:
    story = a_story(published_at=NOON)
    assert queries.modified_at(story) == NOON
    story.updated_at = NOON + HOUR
    assert queries.modified_at(story) == NOON + HOUR
    Correction.objects.create(story=story, text="Twelve, not eleven.", corrected_at=NOON + 2 * HOUR)
    assert queries.modified_at(StoryPage.objects.get(pk=story.pk)) == NOON + 2 * HOUR
