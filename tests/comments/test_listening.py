"""What a page that is open asks for: what changed since its version, and the new comments."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kakehashi.comments import actions
from kakehashi.comments.models import Comment, CommentState, Thread, ThreadState
from kakehashi.lib.pages import shared
from kakehashi.readers.models import Mute, Reader
from kakehashi.server.page_request import key_of
from kakehashi.stories.models import StoryPage, VoteDisplay
from tests.factories import a_reader

pytestmark = pytest.mark.django_db


def post(story: StoryPage, text: str = "What I wanted to say", author: Reader | None = None) -> Comment:
    return actions.post_comment(author=author or a_reader(), story=story, source=text)


def version(thread: Thread) -> int:
    return Thread.objects.values_list("version", flat=True).get(pk=thread.pk)


def told(client: Client, story: StoryPage, since: int) -> Any:
    answer = client.get(f"/story/{story.pk}/changes/{since}.json")
    return answer.json() if answer.status_code == 200 else answer.status_code


def ids(html: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb'<article id="c-(\d+)"', html)]


def test_the_page_carries_what_its_script_needs(client: Client, story: StoryPage, thread: Thread) -> None:
    post(story)
    page = client.get(story.get_absolute_url()).content.decode()
    assert f'data-live="/live/{story.pk}/"' in page
    assert f'data-version="{version(thread)}"' in page
    assert f'href="/story/{story.pk}/new/{version(thread)}/?order=oldest&amp;layout=flat"' in page
    Thread.objects.update(state=ThreadState.CLOSED)
    page = client.get(f"{story.get_absolute_url()}?order=newest").content.decode()
    assert "data-live" not in page
    assert 'id="live"' not in page


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("?order=oldest", ""),
        ("?order=oldest&page=2", "append"),
        ("?order=newest", "prepend"),
        ("?order=newest&page=2", ""),
        ("?order=popular", "append"),
        ("?order=common-ground", "append"),
        ("?order=newest&layout=nested&page=2", "append"),
    ],
)
def test_new_comments_go_where_their_order_wants_them(
    client: Client, story: StoryPage, pages_of_three: None, query: str, place: str
) -> None:
    for _ in range(4):
        post(story)
    assert f'data-place="{place}"' in client.get(story.get_absolute_url() + query).content.decode()


def test_changes_are_told_by_kind(client: Client, story: StoryPage, thread: Thread, moderator: Reader) -> None:
    first, second = post(story), post(story)
    before = version(thread)
    assert told(client, story, before) == {"version": before, "count": 2}
    actions.cast_vote(reader=a_reader(), comment=first, value=-1)
    third = post(story)
    actions.set_comment_state(actor=moderator, comment=second, state=CommentState.REMOVED)
    assert told(client, story, before) == {
        "version": before + 3,
        "count": 2,
        "new": [third.pk],
        "scores": {str(first.pk): "-1 ( +0 / -1 )"},
        "gone": {str(second.pk): "removed"},
    }
    assert told(client, story, before + 4)["reload"] is True
    actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.CLOSED)
    assert told(client, story, before) == 204


def test_hidden_scores_and_held_comments_are_not_told(
    client: Client, story: StoryPage, thread: Thread, moderator: Reader
) -> None:
    section = story.section
    section.vote_display, section.votes_hidden_hours = VoteDisplay.HIDDEN, 3
    section.save()
    first = post(story)
    actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.HELD_FIRST)
    before = version(thread)
    actions.cast_vote(reader=a_reader(), comment=first, value=1)
    held = post(story)
    assert told(client, story, before) == {"version": before + 2, "count": 1}
    assert client.get(f"/story/{story.pk}/new/{before}.html").content == b""
    actions.set_comment_state(actor=moderator, comment=held, state=CommentState.VISIBLE)
    assert told(client, story, before)["new"] == [held.pk]
    assert ids(client.get(f"/story/{story.pk}/new/{before}.html").content) == [held.pk]


def test_too_much_to_tell_is_said_in_two_words(
    client: Client, story: StoryPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kakehashi.comments.changes.MOST", 3)
    for _ in range(4):
        post(story)
    assert told(client, story, 0) == {"version": 4, "reload": True}
    assert len(told(client, story, 1)["new"]) == 3


def test_changes_are_shared_and_take_the_same_queries_however_many(
    client: Client, story: StoryPage, thread: Thread, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for many in (1, 30):
        before = version(thread)
        for _ in range(many):
            post(story)
        with django_assert_num_queries(6):
            answer = client.get(f"/story/{story.pk}/changes/{before}.json")
        assert len(answer.json()["new"]) == many
        mark = shared(answer)
        assert mark is not None
        assert mark.tags == {f"thread:{thread.pk}": before + many}
        assert mark.lasts.total_seconds() == 1


def test_new_comments_come_as_this_reader_sees_them(
    client: Client, story: StoryPage, thread: Thread, ana: Reader, bo: Reader
) -> None:
    first = post(story)
    before = version(thread)
    theirs, other = post(story, author=bo), post(story)
    actions.cast_vote(reader=ana, comment=first, value=1)
    address = f"/story/{story.pk}/new/{before}.html"
    plain = client.get(address)
    assert ids(plain.content) == [theirs.pk, other.pk]
    assert b'class="votes"' not in plain.content
    assert shared(plain) is not None
    assert ids(client.get(f"{address}?order=newest").content) == [other.pk, theirs.pk]
    Mute.objects.create(reader=ana, muted=bo)
    client.force_login(ana)
    own = client.get(address)
    assert own.content.count(b'class="votes"') == 2
    assert b'<details class="muted"><summary>A comment by Bo' in own.content
    assert shared(own) is None


def test_without_scripts_a_link_leads_to_the_first_new_comment(
    client: Client, story: StoryPage, thread: Thread
) -> None:
    post(story)
    before = version(thread)
    address = f"/story/{story.pk}/new/{before}/?order=newest&layout=flat"
    path = story.get_absolute_url()
    assert client.get(address)["Location"] == f"{path}?order=newest#comments"
    new = post(story)
    last = post(story)
    there = client.get(address)["Location"]
    assert there == f"{path}?order=newest&newest={last.pk}#c-{new.pk}"
    # A page that another process made a moment ago must not be what answers.
    assert key_of(*there.partition("#")[0].split("?")) is None
    assert f'id="c-{new.pk}"'.encode() in client.get(there).content
    story.unpublish()
    assert client.get(address).status_code == 404
    assert told(client, story, 0) == 204
