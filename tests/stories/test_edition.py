"""Every editorial act that a reader can see raises the edition, through Wagtail's own pages; nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from wagtail.images.models import Image
from wagtail.images.tests.utils import get_test_image_file
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from kakehashi.readers.models import Role
from kakehashi.stories import actions
from kakehashi.stories.models import Agency, Edition, NewsroomSettings, RunningStory, SectionPage, StoryPage
from kakehashi.stories.queries import latest_in
from tests.stories.test_admin import somebody, story_form

pytestmark = pytest.mark.django_db

PUBLISH = {"action-publish": "action-publish"}


class Desk:
    """An administrator at work: each call says whether readers' pages fell out of date."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def post(self, name: str, *args: Any, form: dict[str, Any] | None = None, query: str = "") -> bool:
        before = edition()
        answer = self.client.post(reverse(name, args=args) + query, form or {})
        assert answer.status_code == 302, answer.context["form"].errors if answer.context else answer.content
        return edition() > before


def edition() -> int:
    return Edition.objects.values_list("version", flat=True).filter(pk=1).first() or 0


@pytest.fixture
def section(settings: Settings) -> SectionPage:
    settings.KAKEHASHI_STAFF_MFA = "optional"
    actions.ensure_site(name="The Test Courier")
    return actions.ensure_section(title="Harbour")


@pytest.fixture
def story(section: SectionPage) -> StoryPage:
    return actions.publish_story(section=section, headline="The ferry sails again", paragraphs=["At nine."])


@pytest.fixture
def desk(client: Client, section: SectionPage) -> Desk:
    somebody(client, Role.ADMINISTRATOR)
    return Desk(client)


def test_a_new_story(desk: Desk, section: SectionPage) -> None:
    place = ("stories", "storypage", section.pk)
    assert not desk.post("wagtailadmin_pages:add", *place, form=story_form(slug="a-draft"))
    assert desk.post("wagtailadmin_pages:add", *place, form=story_form() | PUBLISH)


def test_work_on_a_story(desk: Desk, story: StoryPage) -> None:
    edit = "wagtailadmin_pages:edit"
    form = story_form(title="The ferry sails at last", slug=story.slug)
    assert not desk.post(edit, story.pk, form=form)
    assert not desk.post("wagtailadmin_pages:lock", story.pk)
    assert not desk.post("wagtailadmin_pages:unlock", story.pk)
    assert desk.post(edit, story.pk, form=form | PUBLISH)
    correction = {"text": "At ten.", "corrected_at": "2024-05-14 12:00", "ORDER": "1", "id": "", "DELETE": ""}
    corrected = story_form(slug=story.slug, corrections=inline_formset([correction]))
    assert desk.post(edit, story.pk, form=corrected | PUBLISH)
    assert desk.post("wagtailadmin_pages:unpublish", story.pk)


def test_places_in_the_tree(desk: Desk, story: StoryPage) -> None:
    other = actions.ensure_section(title="Hills")
    assert desk.post("wagtailadmin_pages:move_confirm", story.pk, other.pk)
    assert list(latest_in(other, number=9)) == [story]
    before = edition()
    order = reverse("wagtailadmin_pages:set_page_position", args=[other.pk])
    assert desk.client.post(f"{order}?position=0").status_code == 200
    assert edition() > before
    copy = {"new_title": "Once more", "new_slug": "once-more", "new_parent_page": other.pk, "publish_copies": "on"}
    assert desk.post("wagtailadmin_pages:copy", story.pk, form=copy)
    assert {found.section_pk for found in latest_in(other, number=9)} == {other.pk}
    assert latest_in(other, number=9).count() == 2
    assert desk.post("wagtailadmin_pages:delete", story.pk)
    many = f"?id={StoryPage.objects.get().pk}&next=/admin/"
    assert desk.post("wagtail_bulk_action", "wagtailcore", "page", "unpublish", query=many)
    assert desk.post("wagtail_bulk_action", "wagtailcore", "page", "delete", query=many)


def test_a_section_and_the_newsroom(desk: Desk, section: SectionPage) -> None:
    words = {"title": "Harbour", "slug": "harbour", "introduction": "", "votes_hidden_hours": "6"}
    words |= {"vote_display": "net", "comment_order": "common-ground"}
    form = nested_form_data(words | {"comments": inline_formset([])})
    assert desk.post("wagtailadmin_pages:edit", section.pk, form=form | PUBLISH)
    newsroom = NewsroomSettings.objects.get()
    stored = {name: value for name, value in model_to_dict(newsroom).items() if value not in (None, False)}
    form = stored | {"name": "The Courier", "comment_order": "newest"}
    assert desk.post("wagtailsettings:edit", "stories", "newsroomsettings", newsroom.site_id, form=form)
    assert SectionPage.objects.get().comment_order == "common-ground"
    assert NewsroomSettings.objects.get().comment_order == "newest"


def test_what_stories_hang_on(desk: Desk) -> None:
    agency, running = "wagtailsnippets_stories_agency", "wagtailsnippets_stories_runningstory"
    assert not desk.post(f"{agency}:add", form={"name": "Wire", "credit": "", "body_days": ""})
    assert desk.post(f"{agency}:edit", Agency.objects.get().pk, form={"name": "Wire", "credit": "", "body_days": "9"})
    assert not desk.post(f"{running}:add", form={"title": "The bridge", "slug": "", "summary": ""})
    form = {"title": "The long bridge", "slug": "the-bridge", "summary": ""}
    assert desk.post(f"{running}:edit", RunningStory.objects.get().pk, form=form)
    assert desk.post(f"{running}:delete", RunningStory.objects.get().pk)


def test_a_picture_is_replaced(desk: Desk) -> None:
    image = Image.objects.create(title="Quay", file=get_test_image_file("quay.png"))
    upload = SimpleUploadedFile("other.png", get_test_image_file().file.getvalue(), "image/png")
    form = {"title": "Quay", "description": "", "file": upload, "tags": "", "collection": image.collection_id}
    assert desk.post("wagtailimages:edit", image.pk, form=form)
    assert desk.post("wagtailimages:delete", image.pk)


def test_what_the_worker_publishes_and_takes_off(section: SectionPage) -> None:
    now = timezone.now()
    planned: dict[str, Any] = {"go_live_at": now - timedelta(hours=1), "now": now - timedelta(hours=2)}
    before = edition()
    actions.publish_story(section=section, headline="Tomorrow", **planned)
    assert edition() == before
    assert actions.publish_due(now=now) == 1
    assert edition() > before
    StoryPage.objects.update(expire_at=now)
    before = edition()
    assert actions.retire_due(now=now) == 1
    assert edition() > before


def test_our_own_actions(section: SectionPage, story: StoryPage) -> None:
    before = edition()
    actions.ensure_site(name="Another name")
    actions.ensure_section(title="Harbour")
    actions.ensure_agency(name="Wire")
    assert edition() == before
    actions.ensure_section(title="Hills")
    assert edition() > before
    before = edition()
    imported: dict[str, Any] = {"section_title": "Hills", "headline": "Found", "body_paragraphs": ["Text."]}
    actions.import_story(**imported, published_at=timezone.now(), url="https://old.example/1")
    assert edition() == before + 1
    actions.import_story(**imported, published_at=timezone.now(), url="https://old.example/1")
    assert edition() == before + 1
