"""Editors work in Wagtail: through its own pages, as a browser would."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from wagtail.models import Page, PageViewRestriction
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from kakehashi.readers.actions import set_role
from kakehashi.readers.models import Reader, Role
from kakehashi.stories import actions
from kakehashi.stories.models import RunningStory, SectionPage, StoryPage
from tests.factories import a_reader

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_second_factor(settings: Settings) -> None:
    """The readers' room tests that one; here is what lies behind it."""
    settings.KAKEHASHI_STAFF_MFA = "optional"


@pytest.fixture
def section() -> SectionPage:
    actions.ensure_site(name="The Test Courier")
    return actions.ensure_section(title="Harbour")


def somebody(client: Client, role: str) -> Reader:
    reader = a_reader()
    set_role(actor=None, reader=reader, role=role)
    client.force_login(reader)
    return reader


def story_form(**fields: Any) -> dict[str, str]:
    data: dict[str, str] = nested_form_data(
        {
            "title": "The ferry sails again",
            "slug": "the-ferry-sails-again",
            "standfirst": "After a week ashore.",
            "body": streamfield([("paragraph", rich_text("<p>It left at <b>nine</b>.</p>"))]),
            "corrections": inline_formset([]),
            "comments": inline_formset([]),
            "byline": "Ana Writer",
            "importance": "1",
        }
        | fields
    )
    return data


def test_editor_writes_and_publishes_a_story(client: Client, section: SectionPage) -> None:
    editor = somebody(client, Role.EDITOR)
    add = reverse("wagtailadmin_pages:add", args=["stories", "storypage", section.pk])
    assert client.get(add).status_code == 200
    answer = client.post(add, story_form() | {"action-publish": "action-publish"})
    assert answer.status_code == 302, answer.context["form"].errors
    story = StoryPage.objects.get(slug="the-ferry-sails-again")
    assert story.live
    assert story.owner_id == editor.pk
    assert story.published_at is not None
    client.logout()
    page = client.get(story.url)
    assert page.status_code == 200
    assert b"It left at <b>nine</b>." in page.content


def test_draft_gets_its_time_when_it_goes_live_and_keeps_it(client: Client, section: SectionPage) -> None:
    somebody(client, Role.EDITOR)
    client.post(reverse("wagtailadmin_pages:add", args=["stories", "storypage", section.pk]), story_form())
    story = StoryPage.objects.get(slug="the-ferry-sails-again")
    assert (story.live, story.published_at) == (False, None)
    edit = reverse("wagtailadmin_pages:edit", args=[story.pk])
    client.post(edit, story_form() | {"action-publish": "action-publish"})
    story.refresh_from_db()
    first = story.published_at
    assert story.live
    assert first == story.first_published_at or abs((first - story.first_published_at).total_seconds()) < 5
    client.post(edit, story_form(title="The ferry sails at last") | {"action-publish": "action-publish"})
    story.refresh_from_db()
    assert (story.title, story.published_at) == ("The ferry sails at last", first)


def test_editor_goes_on_from_a_story_made_by_an_action(client: Client, section: SectionPage) -> None:
    story = actions.publish_story(section=section, headline="Tide tables", paragraphs=["High at six."])
    somebody(client, Role.EDITOR)
    edit = reverse("wagtailadmin_pages:edit", args=[story.pk])
    page = client.get(edit)
    assert page.status_code == 200
    assert b"High at six." in page.content
    assert client.get(reverse("wagtailadmin_pages:history", args=[story.pk])).status_code == 200


def test_preview_of_a_story_that_is_not_saved_yet(client: Client, section: SectionPage) -> None:
    somebody(client, Role.EDITOR)
    preview = reverse("wagtailadmin_pages:preview_on_add", args=["stories", "storypage", section.pk])
    assert client.post(preview, story_form()).json()["is_valid"]
    page = client.get(preview, {"mode": ""})
    assert page.status_code == 200
    assert b"The ferry sails again" in page.content


def test_preview_of_a_draft_change(client: Client, section: SectionPage) -> None:
    story = actions.publish_story(section=section, headline="Tide tables", paragraphs=["High at six."])
    somebody(client, Role.EDITOR)
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[story.pk])
    assert client.post(preview, story_form(title="Tide tables, corrected")).json()["is_valid"]
    page = client.get(preview, {"mode": ""})
    assert page.status_code == 200
    assert b"Tide tables, corrected" in page.content


def test_section_cannot_hide_behind_an_address_of_the_site(client: Client, section: SectionPage) -> None:
    somebody(client, Role.ADMINISTRATOR)
    add = reverse("wagtailadmin_pages:add", args=["stories", "sectionpage", section.get_parent().pk])
    form = {"title": "Feed", "slug": "feed", "introduction": "", "vote_display": "split", "votes_hidden_hours": "6"}
    answer = client.post(add, nested_form_data(form | {"comments": inline_formset([])}))
    assert answer.context["form"].errors == {"slug": ["The site uses this address itself: choose another one."]}


def test_old_address_of_a_story_leads_to_the_new_one(
    client: Client, section: SectionPage, django_capture_on_commit_callbacks: Any
) -> None:
    story = actions.publish_story(section=section, headline="Tide tables", paragraphs=["High at six."])
    somebody(client, Role.EDITOR)
    form = story_form(title="Tables of the tide", slug="tables-of-the-tide") | {"action-publish": "action-publish"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("wagtailadmin_pages:edit", args=[story.pk]), form)
    answer = client.get("/harbour/tide-tables/")
    assert (answer.status_code, answer["Location"]) == (301, "/harbour/tables-of-the-tide/")


def test_correction_is_the_editors_own(client: Client, section: SectionPage) -> None:
    story = actions.publish_story(section=section, headline="Tide tables", paragraphs=["High at six."])
    somebody(client, Role.EDITOR)
    correction = {"text": "High at seven.", "corrected_at": "2024-05-14 12:00", "ORDER": "1", "id": "", "DELETE": ""}
    form = story_form(corrections=inline_formset([correction])) | {"action-publish": "action-publish"}
    answer = client.post(reverse("wagtailadmin_pages:edit", args=[story.pk]), form)
    assert answer.status_code == 302, answer.context["form"].errors
    assert [note.text for note in StoryPage.objects.get(pk=story.pk).correction_notes] == ["High at seven."]
    assert b"High at seven." in client.get(StoryPage.objects.get(pk=story.pk).url).content


def test_story_is_not_dated_ahead_of_its_appearance(client: Client, section: SectionPage) -> None:
    somebody(client, Role.EDITOR)
    add = reverse("wagtailadmin_pages:add", args=["stories", "storypage", section.pk])
    answer = client.post(add, story_form(published_at="2999-01-01 12:00") | {"action-publish": "action-publish"})
    assert list(answer.context["form"].errors) == ["published_at"]
    scheduled = story_form(published_at="2999-01-01 12:00", go_live_at="2999-01-01 12:00")
    client.post(add, scheduled | {"action-publish": "action-publish"})
    assert StoryPage.objects.get().approved_schedule


def test_only_administrators_delete_what_readers_have_seen(client: Client, section: SectionPage) -> None:
    seen = actions.publish_story(section=section, headline="Seen")
    draft = section.add_child(instance=StoryPage(title="Draft", slug="draft", live=False))
    somebody(client, Role.EDITOR)
    for page, remains in ((draft, False), (seen, True), (section, True)):
        client.post(reverse("wagtailadmin_pages:delete", args=[page.pk]))
        assert Page.objects.filter(pk=page.pk).exists() is remains
    many = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    client.post(f"{many}?id={seen.pk}")
    assert Page.objects.filter(pk=seen.pk).exists()
    client.post(reverse("wagtailadmin_pages:unpublish", args=[seen.pk]))
    seen.refresh_from_db()
    assert not seen.live
    somebody(client, Role.ADMINISTRATOR)
    client.post(reverse("wagtailadmin_pages:delete", args=[seen.pk]))
    assert not Page.objects.filter(pk=seen.pk).exists()


def test_running_story_gets_its_address_from_its_title(client: Client, section: SectionPage) -> None:
    somebody(client, Role.EDITOR)
    client.post(
        reverse("wagtailsnippets_stories_runningstory:add"), {"title": "The long bridge", "slug": "", "summary": ""}
    )
    assert RunningStory.objects.get().slug == "the-long-bridge"


def test_reading_is_open_whatever_an_editor_tries(client: Client, section: SectionPage) -> None:
    """No page hides behind a password, since feeds and search would not know."""
    somebody(client, Role.ADMINISTRATOR)
    privacy = reverse("wagtailadmin_pages:set_privacy", args=[section.pk])
    client.post(privacy, {"restriction_type": "password", "password": "tide", "groups": ""})
    assert not PageViewRestriction.objects.exists()


PLACES = [
    "wagtailadmin_home",
    "wagtailadmin_explore_root",
    "wagtailimages:index",
    "wagtailimages:add",
    "wagtailsnippets:index",
    "wagtailsnippets_stories_agency:list",
    "wagtailsnippets_stories_agency:add",
    "wagtailsnippets_stories_runningstory:list",
    "wagtailsnippets_stories_runningstory:add",
    "wagtailadmin_account",
]


@pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMINISTRATOR])
def test_newsroom_pages_open(client: Client, section: SectionPage, role: str) -> None:
    somebody(client, role)
    for place in PLACES:
        answer = client.get(reverse(place))
        if answer.status_code == 302:  # Pages: straight to where the editor's own begin.
            answer = client.get(answer.url)
        assert (answer.status_code, "login" in answer.request["PATH_INFO"]) == (200, False), place


def test_administrator_opens_settings_and_people(client: Client, section: SectionPage) -> None:
    somebody(client, Role.ADMINISTRATOR)
    for place in (
        "wagtailusers_users:index",
        "wagtailusers_groups:index",
        "wagtailsites:index",
        "wagtailredirects:index",
    ):
        assert client.get(reverse(place)).status_code == 200, place
    settings = reverse("wagtailsettings:edit", args=["stories", "newsroomsettings"])
    answer = client.get(settings, follow=True)
    assert answer.status_code == 200
    assert b"close threads after" in answer.content.lower()


@pytest.mark.parametrize("role", [Role.READER, Role.MODERATOR])
def test_others_do_not_enter(client: Client, section: SectionPage, role: str) -> None:
    somebody(client, role)
    assert client.get("/admin/").status_code in {302, 403, 404}
    add = reverse("wagtailadmin_pages:add", args=["stories", "storypage", section.pk])
    client.post(add, story_form() | {"action-publish": "action-publish"})
    assert not StoryPage.objects.exists()


def test_editor_keeps_to_the_newspaper(client: Client, section: SectionPage) -> None:
    """Accounts, sites and the settings of the newsroom are the administrators'."""
    somebody(client, Role.EDITOR)
    for place in ("wagtailusers_users:index", "wagtailsites:index"):
        assert client.get(reverse(place)).status_code != 200, place
