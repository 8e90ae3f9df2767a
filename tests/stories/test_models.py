"""What the tables say of themselves: addresses, credits, licences, times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from kakehashi.stories.models import Agency, NewsroomSettings, SectionPage, StoryPage
from tests.factories import a_front, a_section, a_story

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)


def test_addresses_follow_from_the_tree_without_a_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    story = a_story(slug="ferry", section=a_section("Harbour"))
    front = a_front()
    with django_assert_num_queries(0):
        assert (front.url, story.url) == ("/", "/harbour/ferry/")
        assert story.full_url == "http://127.0.0.1:8000/harbour/ferry/"
        assert StoryPage(title="Not yet anywhere").url is None


def test_credit_is_the_storys_own_or_the_agencys_with_the_year_in_the_sites_time_zone() -> None:
    agency = Agency.objects.create(name="Tidewire", credit="© (c) {year} Tidewire")
    new_year = datetime(2023, 12, 31, 23, 30, tzinfo=UTC)
    story = a_story(agency=agency, published_at=new_year)
    with timezone.override("UTC"):
        assert story.credit == "© (c) 2023 Tidewire"
    with timezone.override("Asia/Tokyo"):
        assert story.credit == "© (c) 2024 Tidewire"
    story.credit_line = "© {year} The Pilot"
    assert story.credit == "© 2023 The Pilot"
    assert a_story().credit == ""


@pytest.mark.parametrize(
    ("body_days", "own_end", "age", "expired"),
    [
        (None, None, timedelta(days=9999), False),
        (30, None, timedelta(days=30) - timedelta(seconds=1), False),
        (30, None, timedelta(days=30), True),
        (0, None, timedelta(0), True),
        (30, timedelta(days=90), timedelta(days=60), False),
        (30, timedelta(days=90), timedelta(days=90), True),
        (None, timedelta(days=1), timedelta(days=2), True),
        (2**31 - 1, None, timedelta(days=9999), False),
    ],
)
def test_one_rule_decides_whether_a_body_may_be_shown(
    body_days: int | None, own_end: timedelta | None, age: timedelta, expired: bool
) -> None:
    agency = Agency.objects.create(name="Tidewire", body_days=body_days)
    story = a_story(
        body="Secret words.", agency=agency, published_at=NOON, licence_ends_at=NOON + own_end if own_end else None
    )
    now = NOON + age
    assert story.is_body_expired(now) is expired
    assert story.body_text(now) == ("" if expired else "Secret words.")
    assert story.body_html(now) == ("" if expired else "<p>Secret words.</p>")


def test_story_of_no_agency_keeps_its_body() -> None:
    story = a_story(published_at=NOON)
    Agency.objects.create(name="Tidewire", body_days=1)
    far = NOON + timedelta(days=9999)
    assert not story.is_body_expired(far)


def test_body_text_is_plain() -> None:
    story = a_story()
    story.body = [
        ("paragraph", "<p>Salt &amp; <b>rope</b>.</p><p>Two &lt;knots&gt;.</p><ul><li>one</li><li>two</li></ul>"),
        ("heading", "On <deck>"),
        ("quote", "Heave"),
    ]
    assert story.body_text(NOON) == "Salt & rope.\n\nTwo <knots>.\n\none\ntwo\n\nOn <deck>\n\nHeave"
    assert "<h2>On &lt;deck&gt;</h2>\n<blockquote><p>Heave</p></blockquote>" in story.body_html(NOON)


def test_published_at_is_the_moment_a_story_first_is_live() -> None:
    before = timezone.now()
    story = a_story(live=False)
    assert story.published_at is None
    story.live = True
    story.save()
    assert before <= story.published_at <= timezone.now()
    first, story.published_at = story.published_at, None  # type: ignore[assignment]
    story.save()
    assert story.published_at == first


@pytest.mark.parametrize(
    "slug", ["feed", "admin", "account", "running", "search", "static", "media", "member", "comment"]
)
def test_section_may_not_take_an_address_of_the_site(slug: str) -> None:
    section = SectionPage(title="Hidden", slug=slug)
    with pytest.raises(ValidationError) as raised:
        a_front().add_child(instance=section)
    assert list(raised.value.message_dict) == ["slug"]


@pytest.mark.parametrize("slug", ["feeds", "政治", "sports-2"])
def test_section_may_take_any_other(slug: str) -> None:
    assert a_section("Free", slug=slug).url == f"/{slug}/"


def test_longest_comment_is_not_shorter_than_the_shortest() -> None:
    with pytest.raises(ValidationError) as raised:
        NewsroomSettings(comment_min=20, comment_max=10).clean()
    assert list(raised.value.message_dict) == ["comment_max"]
