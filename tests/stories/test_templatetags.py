"""What templates of every room may ask of the newspaper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from kakehashi.stories import actions
from kakehashi.stories.models import Agency
from tests.factories import a_section, a_story

pytestmark = pytest.mark.django_db


def rendered(source: str, **context: object) -> str:
    return Template("{% load stories %}" + source).render(Context(context))


def test_newsroom_with_and_without_a_request() -> None:
    actions.ensure_site(name="The Harbour Courier")
    source = "{% newsroom as newsroom %}{{ newsroom.name }}"
    assert rendered(source) == "The Harbour Courier"
    assert rendered(source, request=RequestFactory().get("/")) == "The Harbour Courier"


def test_section_nav_lists_published_sections_in_the_editors_order() -> None:
    for title in ("Harbour", "Market"):
        a_section(title)
    a_section("Draft", live=False)
    source = (
        "{% section_nav as sections %}{% for section in sections %}{{ section.title }} {{ section.url }};{% endfor %}"
    )
    assert rendered(source) == "Harbour /harbour/;Market /market/;"


def test_latest_stories_come_with_their_sections() -> None:
    now = timezone.now()
    a_story("Older", section=a_section("Harbour"), published_at=now - timedelta(hours=1))
    a_story("Newer", section=a_section("Market"), published_at=now)
    a_story("Oldest", section=a_section("Harbour"), published_at=now - timedelta(hours=2))
    source = "{% latest_stories 2 as found %}{% for story in found %}{{ story.section.title }}: {{ story.title }};{% endfor %}"
    assert rendered(source) == "Market: Newer;Harbour: Older;"


def test_expiry_and_addresses() -> None:
    agency = Agency.objects.create(name="Tidewire", body_days=1)
    expired = a_story(agency=agency, published_at=timezone.now() - timedelta(days=2))
    source = "{% is_body_expired story as gone %}{{ gone }} {% absolute story.url %}"
    assert rendered(source, story=expired) == f"True http://127.0.0.1:8000{expired.url}"
    assert rendered(source, story=a_story(agency=agency)).startswith("False ")


def test_year_is_that_of_the_sites_time_zone() -> None:
    eve = datetime(2020, 12, 31, 20, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        assert rendered("{{ at|local_year }}", at=eve) == "2021"
    assert rendered("{{ at|local_year }}", at=None) == "None"
