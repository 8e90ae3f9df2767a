"""What is a reader's own on a page of a discussion, past the HTML that all share."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from kakehashi.comments.models import CommentState, Thread
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_vote


def test_votes_own_comments_and_those_of_muted_members(client: Client, thread: Thread, ana: Reader, bo: Reader) -> None:
    own, up, down = a_comment(thread, author=ana), a_comment(thread), a_comment(thread)
    a_vote(up, 1, reader=ana), a_vote(down, -1, reader=ana), a_vote(own, 1, reader=bo)
    a_vote(a_comment(thread), 0, reader=ana)
    muted, waiting = a_comment(thread, author=bo), a_comment(thread, author=ana, state=CommentState.HELD)
    a_comment(thread, author=a_reader(), state=CommentState.HELD)
    readers.mute(reader=ana, muted=bo)
    client.force_login(ana)
    response = client.get(f"/story/{thread.story_id}/mine.json")
    assert response["Cache-Control"] == "private, no-store"
    assert response.json() == {
        "votes": {str(up.pk): 1, str(down.pk): -1},
        "own": [own.pk, waiting.pk],
        "muted": [muted.pk],
    }


def test_nothing_for_nobody_and_nothing_of_drafts(client: Client, thread: Thread, ana: Reader) -> None:
    response = client.get(f"/story/{thread.story_id}/mine.json")
    assert (response.status_code, response.content) == (204, b"")
    client.force_login(ana)
    assert client.get("/story/987654/mine.json").status_code == 404
    assert client.post(f"/story/{thread.story_id}/mine.json").status_code == 405


@pytest.mark.parametrize("length", [5, 120])
def test_it_stays_small_and_takes_two_queries_however_long_the_thread_is(
    client: Client, thread: Thread, ana: Reader, django_assert_num_queries: Any, length: int
) -> None:
    author = a_reader()
    for n in range(length):
        comment = a_comment(thread, author=author)
        if n % 5 == 0:
            a_vote(comment, 1, reader=ana)
    client.force_login(ana)
    address = f"/story/{thread.story_id}/mine.json?page={1 + length // 100}"
    client.get(address)
    with django_assert_num_queries(2):
        response = client.get(address)
    assert 0 < len(response.json()["votes"]) <= 10
    assert len(response.content) < 1000
