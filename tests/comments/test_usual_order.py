"""In which order comments stand for those who have chosen none: the section decides, or the site."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from wagtail.models import Site

from kakehashi.comments import actions
from kakehashi.comments.actions import Place
from kakehashi.comments.models import Comment, Thread
from kakehashi.readers.models import Reader
from kakehashi.stories.actions.edition import new_edition
from kakehashi.stories.models import NewsroomSettings, SectionPage, StoryPage
from tests.comments.test_pages import articles, get
from tests.factories import a_comment, a_section, a_story, a_thread


@pytest.fixture
def old_and_new(thread: Thread, now: datetime) -> list[Comment]:
    """Two comments of which the newer stands on common ground."""
    old, new = (a_comment(thread, created_at=now - timedelta(hours=hours)) for hours in (2, 1))
    actions.place_by_common_ground(places=[Place(new.pk, 0.2)])
    return [old, new]


def site_has(order: str) -> None:
    """As the newsroom's settings do it."""
    site = Site.objects.get(is_default_site=True)
    NewsroomSettings.objects.update_or_create(site=site, defaults={"comment_order": order})
    new_edition()


def section_has(story: StoryPage, order: str) -> None:
    """As publishing the section does it."""
    SectionPage.objects.filter(pk=story.section.pk).update(comment_order=order)
    new_edition()


def shown(client: Client, address: str) -> list[int]:
    return list(articles(get(client, address)))


def test_the_section_decides_before_the_site(client: Client, story: StoryPage, old_and_new: list[Comment]) -> None:
    oldest_first = [comment.pk for comment in old_and_new]
    assert shown(client, story.url) == oldest_first
    site_has("common-ground")
    assert shown(client, story.url) == oldest_first[::-1]
    section_has(story, "oldest")
    assert shown(client, story.url) == oldest_first
    assert shown(client, f"{story.url}?order=common-ground") == oldest_first[::-1]


@pytest.mark.django_db
def test_a_section_may_have_its_own_from_the_start(client: Client) -> None:
    harbour = a_section("Harbour", comment_order="newest")
    thread = a_thread(a_story(section=harbour))
    first, second = a_comment(thread), a_comment(thread)
    assert shown(client, thread.story.url) == [second.pk, first.pk]


def test_addresses_leave_the_usual_order_out(
    client: Client, story: StoryPage, thread: Thread, old_and_new: list[Comment], pages_of_three: None
) -> None:
    for _ in range(2):
        actions.place_by_common_ground(places=[Place(a_comment(thread).pk, -0.2)])
    section_has(story, "common-ground")
    old = old_and_new[0]
    last = thread.comments.order_by("pk").last()
    assert last is not None
    html = get(client, story.url)
    assert f'<a rel="next" href="{story.url}?page=2#comments">' in html
    assert f'href="{story.url}?order=common-ground&amp;layout=flat#comments" aria-current="true"' in html
    assert client.get(f"/comment/{old.pk}/")["Location"] == f"{story.url}#c-{old.pk}"
    assert client.get(f"/comment/{last.pk}/")["Location"] == f"{story.url}?page=2#c-{last.pk}"
    oldest = client.get(f"/comment/{last.pk}/?order=oldest")["Location"]
    assert oldest == f"{story.url}?order=oldest&page=2#c-{last.pk}"
    assert client.get(f"{story.url}?comment-order=oldest")["Location"] == f"{story.url}?order=oldest#comments"
    assert client.get(f"{story.url}?comment-order=common-ground")["Location"] == f"{story.url}#comments"


def test_a_member_who_chose_an_order_keeps_it(
    client: Client, story: StoryPage, old_and_new: list[Comment], ana: Reader
) -> None:
    oldest_first = [comment.pk for comment in old_and_new]
    section_has(story, "common-ground")
    client.force_login(ana)
    assert shown(client, story.url) == oldest_first[::-1]
    assert shown(client, f"{story.url}?order=oldest&layout=flat") == oldest_first
    assert shown(client, story.url) == oldest_first
    shown(client, f"{story.url}?order=common-ground&layout=flat")
    ana.refresh_from_db()
    assert ana.comment_order == "common-ground"


def test_a_member_who_chose_only_a_layout_gets_the_usual_order_elsewhere(
    client: Client, story: StoryPage, old_and_new: list[Comment], ana: Reader
) -> None:
    section_has(story, "common-ground")
    client.force_login(ana)
    shown(client, f"{story.url}?order=common-ground&layout=nested")
    ana.refresh_from_db()
    assert (ana.comment_order, ana.comment_layout) == ("", "nested")


def test_new_comments_come_in_the_usual_order(client: Client, story: StoryPage, thread: Thread, ana: Reader) -> None:
    section_has(story, "newest")
    posted = [actions.post_comment(author=ana, story=story, source="Here"), a_comment(thread)]
    Comment.objects.filter(pk=posted[1].pk).update(version=9, first_version=9)
    html = client.get(f"/story/{story.pk}/new/0.html").content.decode()
    assert list(articles(html)) == [posted[1].pk, posted[0].pk]
    assert client.get(f"/story/{story.pk}/new/99/")["Location"] == f"{story.url}#comments"
