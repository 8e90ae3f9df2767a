"""What machines read of a story."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kakehashi.stories import actions, schema
from kakehashi.stories.models import Agency
from tests.factories import a_section, a_story

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)


def test_article_says_what_the_page_says() -> None:
    agency = Agency.objects.create(name="Tidewire", credit="© (c) {year} Tidewire")
    story = a_story(
        "Bridge opens",
        slug="bridge",
        section=a_section("Harbour"),
        standfirst="At last.",
        byline="Ana Writer",
        dateline="PORT ELIN",
        agency=agency,
        published_at=NOON,
        updated_at=NOON + timedelta(hours=1),
    )
    assert schema.article(story, LATER) == {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": "http://127.0.0.1:8000/harbour/bridge/",
        "mainEntityOfPage": "http://127.0.0.1:8000/harbour/bridge/",
        "url": "http://127.0.0.1:8000/harbour/bridge/",
        "headline": "Bridge opens",
        "description": "At last.",
        "articleSection": "Harbour",
        "author": {"@type": "Person", "name": "Ana Writer"},
        "creditText": "© (c) 2024 Tidewire",
        "copyrightNotice": "© (c) 2024 Tidewire",
        "dateline": "PORT ELIN",
        "datePublished": "2024-05-14T12:00:00+00:00",
        "dateModified": "2024-05-14T13:00:00+00:00",
        "isAccessibleForFree": True,
        "publisher": {"@type": "NewsMediaOrganization", "name": "Kakehashi", "url": "http://127.0.0.1:8000/"},
    }


def test_author_is_the_byline_or_the_agency_or_the_newsroom() -> None:
    agency = Agency.objects.create(name="Tidewire")
    assert schema.article(a_story(agency=agency), LATER)["author"]["name"] == "Tidewire"
    assert schema.article(a_story(), LATER)["author"]["name"] == "Kakehashi"


def test_a_story_without_a_credit_line_belongs_to_its_agency_or_to_the_newsroom() -> None:
    actions.ensure_site(name="The Harbour Courier", copyright_holder="Courier Press")
    ours = schema.article(a_story(published_at=NOON), LATER)
    assert (ours["creditText"], ours["copyrightNotice"]) == ("Courier Press", "© 2024 Courier Press")
    theirs = schema.article(a_story(agency=Agency.objects.create(name="Tidewire"), published_at=NOON), LATER)
    assert (theirs["creditText"], theirs["copyrightNotice"]) == ("Tidewire", "© 2024 Tidewire")


def test_description_is_the_standfirst_or_the_beginning_of_a_body_we_may_show() -> None:
    agency = Agency.objects.create(name="Tidewire", body_days=30)
    story = a_story(body="Many words " * 90, agency=agency, published_at=NOON)
    assert schema.description(story, NOON).startswith("Many words Many words")
    assert len(schema.description(story, NOON)) <= schema.DESCRIPTION
    assert schema.description(story, LATER) == ""
    assert "words" not in json.dumps(schema.article(story, LATER))
    story.standfirst = "Our own sentence."
    assert schema.description(story, LATER) == "Our own sentence."
    story.search_description = "For those who search."
    assert schema.description(story, LATER) == "For those who search."


def test_picture_whose_file_is_lost_is_left_out() -> None:
    from tests.stories.test_pages import an_image

    image = an_image(1600, 1000)
    story = a_story(lead_image=image)
    preview = schema.preview(story)
    assert preview is not None
    assert (preview.width, preview.height) == (1200, 630)
    assert preview.url.startswith("http://127.0.0.1:8000/media/images/")
    image.renditions.all().delete()
    image.file.storage.delete(image.file.name)
    story.refresh_from_db()
    assert schema.preview(story) is None
