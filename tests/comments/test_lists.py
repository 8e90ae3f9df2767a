"""Front and section pages for members: shared by all of a kind, and nothing in them is anybody's but the reader's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import INFO
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import Client, RequestFactory
from django.utils import timezone
from wagtail.models import PageViewRestriction

from kakehashi.comments import lists
from kakehashi.comments.models import Thread
from kakehashi.readers.models import Reader, Role
from kakehashi.stories import actions as stories
from kakehashi.stories.models import StoryPage
from tests.factories import a_reader, a_section, a_story


@pytest.fixture
def paper(story: StoryPage, thread: Thread) -> list[str]:
    """Addresses of its front page and of a section of two pages."""
    for _ in range(21):
        a_story()
    # It leads the front page.
    story.importance = 3
    story.save()
    Thread.objects.filter(pk=thread.pk).update(comment_count=7)
    return ["/", "/politics/", "/politics/?page=2"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    now = [timezone.now()]
    monkeypatch.setattr(lists.timezone, "now", lambda: now[0])
    return now


def seen(client: Client, path: str, who: Reader | None = None) -> str:
    if who is not None:
        client.force_login(who)
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def without_what_is_ones_own(html: str, reader: Reader, client: Client) -> str:
    token = html.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    assert len(token) == 64
    return html.replace(token, "TOKEN").replace(reader.get_absolute_url(), "PAGE").replace(reader.name, "NAME")


def test_it_is_the_page_that_the_templates_alone_would_give(
    paper: list[str], client: Client, ana: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ana)
    kept = [without_what_is_ones_own(seen(client, path), ana, client) for path in paper for _ in range(2)]
    monkeypatch.setattr(lists, "serve_known", lambda request: None)
    monkeypatch.setattr(lists, "serve_found", lambda page, request: None)
    plain = [without_what_is_ones_own(seen(client, path), ana, client) for path in paper for _ in range(2)]
    assert [squeezed(html) for html in kept] == [squeezed(html) for html in plain]
    assert "The ferry is late again" in kept[0]


def squeezed(html: str) -> str:
    return " ".join(html.split())


def test_each_sees_the_own_name_and_token_and_nothing_of_others(
    paper: list[str], client: Client, ana: Reader, bo: Reader
) -> None:
    for path in paper:
        first, second = seen(client, path, ana), seen(Client(), path, bo)
        assert "Ana Lindqvist" in first
        assert "Ana Lindqvist" not in second
        assert "Bo 2€" in second
        assert bo.get_absolute_url() in second
        assert 'csrfmiddlewaretoken" value="' in second
        assert "Log in" in seen(Client(), path)
    shared = b"".join(lists.shared_texts()).decode()
    assert shared
    for personal in ("Ana Lindqvist", "Bo 2€", ana.get_absolute_url(), client.cookies["csrftoken"].value):
        assert personal not in shared


def test_an_editor_sees_the_way_to_the_newsroom_and_a_reader_does_not(
    paper: list[str], client: Client, ana: Reader
) -> None:
    editor = a_reader("Edda", role=Role.EDITOR)
    for who, is_there in ((editor, True), (ana, False), (editor, True)):
        assert ("Newsroom" in seen(Client(), "/", who)) is is_there


def test_names_are_escaped(paper: list[str], client: Client) -> None:
    odd = a_reader("<b>&\"'")
    for _ in range(2):
        html = seen(client, "/", odd)
        assert "<b>&" not in html
        assert "&lt;b&gt;&amp;" in html


def test_it_takes_two_queries_however_many_stories(
    paper: list[str], client: Client, ana: Reader, django_assert_num_queries: Any
) -> None:
    for path in paper:
        seen(client, path, ana)
        # Who is logged in, and whether the newspaper has changed.
        with django_assert_num_queries(2):
            seen(client, path)


def test_what_an_editor_does_shows_at_once(paper: list[str], client: Client, ana: Reader, story: StoryPage) -> None:
    assert "A new morning" not in seen(client, "/", ana)
    story.title = "A new morning"
    story.save()
    assert "A new morning" not in seen(client, "/")
    stories.new_edition()
    assert "A new morning" in seen(client, "/")


def test_numbers_of_comments_show_within_seconds(
    paper: list[str], client: Client, ana: Reader, thread: Thread, clock: list[datetime]
) -> None:
    assert "7 Comments" in seen(client, "/", ana)
    Thread.objects.filter(pk=thread.pk).update(comment_count=8)
    clock[0] += timedelta(seconds=4)
    assert "7 Comments" in seen(client, "/")
    clock[0] += timedelta(seconds=2)
    assert "8 Comments" in seen(client, "/")


def test_a_section_for_some_only_is_not_kept(paper: list[str], client: Client, ana: Reader) -> None:
    secret = a_section("Secret")
    PageViewRestriction.objects.create(page=secret, restriction_type=PageViewRestriction.GROUPS)
    client.force_login(ana)
    for _ in range(2):
        client.get("/secret/")
    assert b"Secret</h1>" not in b"".join(lists.shared_texts())


@pytest.mark.parametrize(
    "query", ["?page=0", "?page=01", "?page=x", "?page=2&x=1", "?x=1", "?page=1&page=2", "?page=99"]
)
def test_odd_addresses_are_answered_as_before(paper: list[str], client: Client, ana: Reader, query: str) -> None:
    client.force_login(ana)
    seen(client, "/politics/")
    odd = client.get(f"/politics/{query}")
    assert odd.status_code == {"?page=99": 404, "?page=0": 302, "?page=x": 302}.get(query, 200)


def test_other_methods_are_not_answered_from_here(paper: list[str], client: Client, ana: Reader) -> None:
    seen(client, "/", ana)
    assert client.head("/").status_code == 200
    assert client.post("/").status_code in (404, 405)
    assert client.delete("/").status_code in (404, 405)


def test_a_message_is_shown_once(paper: list[str], client: Client, ana: Reader, rf: RequestFactory) -> None:
    seen(client, "/", ana)
    waiting = CookieStorage(rf.get("/"))._encode([Message(INFO, "Your change is saved.")])  # type: ignore[attr-defined]
    client.cookies["messages"] = waiting
    assert "Your change is saved." in seen(client, "/")
    assert "Your change is saved." not in seen(client, "/")
    assert b"Your change" not in b"".join(lists.shared_texts())
