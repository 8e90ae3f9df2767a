"""What templates of every room may ask of the newspaper."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from kakehashi.stories import actions
from tests.factories import a_section

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


def test_address_for_other_sites() -> None:
    assert rendered("{% absolute path %}", path="/member/a%20b/") == "http://127.0.0.1:8000/member/a%20b/"


def test_year_is_that_of_the_sites_time_zone() -> None:
    eve = datetime(2020, 12, 31, 20, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        assert rendered("{{ at|local_year }}", at=eve) == "2021"
    assert rendered("{{ at|local_year }}", at=None) == "None"
