"""What the command line, the demo and the imports call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from wagtail.models import Page, Site

from kakehashi.lib.errors import Invalid, NotAllowed
from kakehashi.readers.models import Role
from kakehashi.stories import actions
from kakehashi.stories.models import FrontPage, NewsroomSettings, SectionPage, StoryPage
from tests.factories import a_reader, a_section

pytestmark = pytest.mark.django_db

NOON = datetime(2024, 5, 14, 12, tzinfo=UTC)


def test_site_is_made_once_and_keeps_what_the_newsroom_chose() -> None:
    assert Page.objects.filter(slug="home").exists(), "Wagtail's welcome page is there to be removed"
    front = actions.ensure_site(base_url="https://news.example:8443")
    site = Site.objects.get()
    assert (site.hostname, site.port, site.root_page_id) == ("news.example", 8443, front.pk)
    assert not Page.objects.filter(slug="home").exists()
    actions.ensure_site(name="The Harbour Courier", motto="Tides and times", base_url="https://news.example")
    newsroom = NewsroomSettings.for_site(site)
    assert (newsroom.name, newsroom.motto) == ("The Harbour Courier", "Tides and times")
    actions.ensure_site(name="Another Name", base_url="https://news.example")
    site.refresh_from_db()
    newsroom.refresh_from_db()
    assert (newsroom.name, site.site_name, site.port) == ("The Harbour Courier", "The Harbour Courier", 443)
    assert (FrontPage.objects.count(), Site.objects.count(), Page.objects.filter(depth=2).count()) == (1, 1, 1)


def test_page_that_somebody_wrote_is_not_taken_for_the_welcome_page() -> None:
    home = Page.objects.get(slug="home")
    home.add_child(instance=Page(title="Ours", slug="ours"))
    actions.ensure_site()
    assert Page.objects.filter(slug="home").exists()


def test_what_an_administrator_changed_in_the_roles_stays() -> None:
    actions.ensure_site()
    editors = Group.objects.get(name=actions.EDITORS)
    assert editors.permissions.filter(codename="access_admin").exists()
    assert not Group.objects.get(name=actions.MODERATORS).permissions.exists()
    editors.permissions.remove(editors.permissions.get(codename="delete_runningstory"))
    actions.ensure_site()
    assert not editors.permissions.filter(codename="delete_runningstory").exists()


def test_section_is_found_again_whatever_its_case() -> None:
    actions.ensure_site()
    politics = actions.ensure_section(title="Politics", introduction="Who decides")
    assert actions.ensure_section(title="  politics ").pk == politics.pk
    assert SectionPage.objects.get() == politics
    assert (politics.slug, politics.introduction, politics.live) == ("politics", "Who decides", True)


@pytest.mark.parametrize(("title", "slug"), [("Search", "search-section"), ("政治", "政治"), ("!?", "section")])
def test_section_of_any_title_gets_an_address(title: str, slug: str) -> None:
    actions.ensure_site()
    assert actions.ensure_section(title=title).slug == slug


def test_section_needs_a_title_and_a_site() -> None:
    with pytest.raises(Invalid) as raised:
        actions.ensure_section(title="Politics")
    assert raised.value.code == "no-site"
    actions.ensure_site()
    with pytest.raises(Invalid) as raised:
        actions.ensure_section(title=" \u200b ")
    assert raised.value.code == "no-title"


def test_agencies_and_running_stories_are_found_again() -> None:
    agency = actions.ensure_agency(name="Tidewire", credit="© {year} Tidewire", body_days=30)
    assert actions.ensure_agency(name="Tidewire", body_days=5) == agency
    agency.refresh_from_db()
    assert agency.body_days == 30
    running = actions.ensure_running_story(title="The long bridge", summary="From the first pile.")
    assert actions.ensure_running_story(title="The long bridge") == running
    assert running.get_absolute_url() == "/running/the-long-bridge/"


def test_story_is_published_with_all_it_was_given() -> None:
    section = a_section("Harbour")
    agency = actions.ensure_agency(name="Tidewire")
    running = actions.ensure_running_story(title="The long bridge")
    story = actions.publish_story(
        section=section,
        headline="Bridge\nopens",
        standfirst="At last.",
        paragraphs=["One <script>alert(1)</script> & two.", ("heading", "Traffic"), ("quote", "It holds."), "  "],
        published_at=NOON,
        updated_at=NOON + timedelta(hours=1),
        byline="Ana Writer",
        dateline="PORT ELIN",
        agency=agency,
        credit_line="© {year} Tidewire",
        running_story=running,
        importance=3,
        corrections=[(NOON + timedelta(days=1), "It has 12 piers, not 11.")],
    )
    story = StoryPage.objects.get(pk=story.pk)
    assert (story.title, story.standfirst, story.published_at) == ("Bridge opens", "At last.", NOON)
    assert (story.url, story.live, story.has_unpublished_changes) == ("/harbour/bridge-opens/", True, False)
    assert [(block.block_type, str(getattr(block.value, "source", block.value))) for block in story.body] == [
        ("paragraph", "<p>One &lt;script&gt;alert(1)&lt;/script&gt; &amp; two.</p>"),
        ("heading", "Traffic"),
        ("quote", "It holds."),
    ]
    assert [correction.text for correction in story.corrections.all()] == ["It has 12 piers, not 11."]
    revision = story.latest_revision
    assert story.live_revision_id == revision.pk
    assert json.loads(json.dumps(revision.content))["title"] == "Bridge opens"


def test_two_stories_of_one_headline_get_two_addresses() -> None:
    section = a_section("Harbour")
    slugs = [actions.publish_story(section=section, headline="Tide tables").slug for _ in range(3)]
    assert slugs == ["tide-tables", "tide-tables-2", "tide-tables-3"]
    assert actions.publish_story(section=a_section("Sport"), headline="Tide tables").slug == "tide-tables"


@pytest.mark.parametrize(
    ("headline", "slug"),
    [("橋が開く", "橋が開く"), ("???", "story"), ("a" * 300, "a" * 80), ("Ärger & Öl", "ärger-öl")],
)
def test_headline_of_any_script_and_length_gets_an_address_that_opens(headline: str, slug: str, client) -> None:  # type: ignore[no-untyped-def]
    story = actions.publish_story(section=a_section("Harbour"), headline=headline)
    assert story.slug == slug
    assert client.get(story.url).status_code == 200


def test_story_without_a_headline_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(Invalid):
        actions.publish_story(section=a_section(), headline=" \u202e ")
    with pytest.raises(Invalid):
        actions.publish_story(section=a_section(), headline="Heavy", importance=7)
    assert not StoryPage.objects.exists()


def test_section_object_that_is_out_of_date_does_no_harm() -> None:
    """Two callers hold the same section, each unaware of what the other has added."""
    ours, theirs = a_section("Harbour"), SectionPage.objects.get(slug="harbour")
    actions.publish_story(section=ours, headline="One")
    actions.publish_story(section=theirs, headline="Two")
    assert StoryPage.objects.child_of(ours).count() == 2


def test_only_editors_publish() -> None:
    with pytest.raises(NotAllowed):
        actions.publish_story(section=a_section(), headline="Mine", actor=a_reader(role=Role.MODERATOR))
    editor = a_reader(role=Role.EDITOR)
    story = actions.publish_story(section=a_section(), headline="Ours", actor=editor)
    assert (story.owner, story.latest_revision.user) == (editor, editor)


def an_import(**changes: object) -> StoryPage:
    fields = {
        "section_title": "harbour",
        "headline": "Old bridge closes",
        "body_paragraphs": ["It was time."],
        "published_at": NOON,
        "agency_name": "Tidewire",
        "credit_line": "© (c) 2024 Tidewire",
        "url": "https://old.example/bridge",
    }
    return actions.import_story(**fields | changes)  # type: ignore[arg-type]


def test_import_changes_nothing_when_run_again() -> None:
    actions.ensure_site()
    story = an_import()
    assert (story.published_at, story.agency.name, story.credit) == (NOON, "Tidewire", "© (c) 2024 Tidewire")
    assert an_import(headline="Another headline", section_title="Elsewhere").pk == story.pk
    without_url = an_import(url="", headline="No address")
    assert an_import(url="", headline="No address").pk == without_url.pk
    assert an_import(url="", headline="No address", published_at=NOON + timedelta(days=1)).pk != without_url.pk
    assert StoryPage.objects.count() == 3


def test_import_of_an_expired_story_stays_expired_and_leaves_the_agency_alone() -> None:
    actions.ensure_site()
    story = an_import(licence_expired=True, body_paragraphs=[])
    assert story.is_body_expired(timezone.now())
    assert story.agency.body_days is None
