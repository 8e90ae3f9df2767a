"""The boxes: the same for all for a minute, anew with every edition, and not there where there is too little to show."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kakehashi.comments.queries import edition as edition_now
from kakehashi.stories.actions import new_edition
from kakehashi.trending import boxes
from kakehashi.trending.actions import add_views, weigh_discussions
from tests.factories import a_comment, a_front, a_reader, a_story, a_thread

pytestmark = pytest.mark.django_db


def read(number: int) -> list[Any]:
    stories = [a_story(f"Story of rank {n}") for n in range(number)]
    add_views(counts={story.pk: 100 - n for n, story in enumerate(stories)})
    return stories


def test_they_are_asked_for_once_a_minute_and_edition(django_assert_num_queries: Any) -> None:
    read(3)
    now, (edition, _survey) = timezone.now(), edition_now()
    with django_assert_num_queries(5):
        first = boxes.boxes(now, edition)
    with django_assert_num_queries(0):
        assert boxes.boxes(now + timedelta(seconds=59), edition) is first
    with django_assert_num_queries(1):
        assert boxes.boxes(now, None) is first
    with django_assert_num_queries(5):
        assert boxes.boxes(now + timedelta(seconds=59), edition + 1) is not first
    with django_assert_num_queries(5):
        boxes.boxes(now + timedelta(seconds=120), edition + 1)


def test_too_few_stories_are_no_box(client: Client) -> None:
    stories = read(boxes.FEWEST)
    front = a_front().get_absolute_url()
    assert "Most read" in client.get(front).content.decode()
    assert "Most discussed" not in client.get(front).content.decode()
    # A story's own page leaves itself out, and then there are too few.
    assert "Most read" not in client.get(stories[0].get_absolute_url()).content.decode()
    for story in stories:
        a_comment(a_thread(story))
    weigh_discussions()
    new_edition()
    html = client.get(front).content.decode()
    assert "Most discussed" in html
    ranks = re.findall("Story of rank ([0-9])", html.partition('id="most-read"')[2])
    assert ranks[:3] == ["0", "1", "2"]


def test_what_an_editor_takes_off_is_gone_at_once(client: Client) -> None:
    stories = read(4)
    front = a_front().get_absolute_url()
    assert client.get(front).content.decode().count("Story of rank 0") >= 1
    stories[0].live = False
    stories[0].save()
    new_edition()
    assert "Story of rank 0" not in client.get(front).content.decode()


@pytest.mark.parametrize(("role", "is_shown"), [("reader", False), ("administrator", True), ("moderator", False)])
def test_who_sees_what_is_read(client: Client, settings: Any, role: str, is_shown: bool) -> None:
    settings.KAKEHASHI_STAFF_MFA = "optional"
    read(2)
    client.force_login(a_reader(role=role))
    answer = client.get("/admin/reports/readership/")
    assert (answer.status_code == 200 and b"Story of rank 1" in answer.content) is is_shown
