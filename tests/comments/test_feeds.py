"""The feed of a discussion."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from defusedxml import ElementTree
from django.test import Client

from kakehashi.comments.models import CommentState, Thread
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_story

ATOM = "{http://www.w3.org/2005/Atom}"


def test_rss(client: Client, thread: Thread, ana: Reader, now: datetime) -> None:
    old = a_comment(thread, author=ana, source="Old & <b>", created_at=now - timedelta(days=1))
    new = a_comment(thread, created_at=now)
    for state in (CommentState.HELD, CommentState.REMOVED, CommentState.WITHDRAWN):
        a_comment(thread, state=state)
    response = client.get(f"/story/{thread.story_id}/comments.rss")
    assert response["Content-Type"].startswith("application/rss+xml")
    channel = ElementTree.fromstring(response.content).find("channel")
    items = channel.findall("item")
    assert channel.findtext("title") == "Comments on: The ferry is late again"
    assert [item.findtext("link").rsplit("/comment/")[1] for item in items] == [f"{new.pk}/", f"{old.pk}/"]
    assert items[1].findtext("title") == "Ana Lindqvist"
    assert items[1].findtext("description") == old.html


def test_atom_and_its_length(client: Client, thread: Thread, ana: Reader) -> None:
    for _ in range(51):
        a_comment(thread, author=ana)
    feed = ElementTree.fromstring(client.get(f"/story/{thread.story_id}/comments.atom").content)
    assert len(feed.findall(f"{ATOM}entry")) == 50


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_a_story_without_comments_and_one_that_is_not_there(client: Client, db: None, kind: str) -> None:
    assert client.get(f"/story/{a_story().pk}/comments.{kind}").status_code == 200
    assert client.get(f"/story/{a_story(live=False).pk}/comments.{kind}").status_code == 404
    assert client.get(f"/story/987654/comments.{kind}").status_code == 404
