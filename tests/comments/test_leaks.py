"""Words that a reader may not read come out of no door, whatever is asked; and each test has words to leak."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from kakehashi.comments import actions
from kakehashi.comments.models import CommentState, Thread
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread

HTMX = {"HX-Request": "true"}
GONE = [CommentState.HELD, CommentState.REMOVED, CommentState.WITHDRAWN]


def data_of(client: Client, story: StoryPage) -> dict[str, Any]:
    """The structured data of the story's page."""
    html = client.get(story.url).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def refused(client: Client, story: StoryPage, **fields: object) -> HttpResponse:
    """The answer to a comment that is too short."""
    response = client.post(f"/story/{story.pk}/comment/", {"text": "x", **fields})
    assert response.status_code == 422
    return response


@pytest.mark.parametrize("field", ["parent", "quote"])
class TestRefusedAnswer:
    def test_what_it_answers_is_shown_only_while_it_can_be_read(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, field: str
    ) -> None:
        client.force_login(ana)
        for state in [CommentState.VISIBLE, *GONE]:
            words = f"Words that were {state}"
            other = a_comment(thread, state=state, source=words, author=a_reader(f"Author of what is {state}"))
            pages = [refused(client, story, **{field: other.pk}), client.get(f"/story/{story.pk}/comment/")]
            shown = [words in page.content.decode() for page in pages]
            assert shown == [state == CommentState.VISIBLE and field == "parent"] * 2
            named = [f"Author of what is {state}" in page.content.decode() for page in pages]
            assert named == shown

    def test_a_comment_of_another_story_is_not_shown(
        self, client: Client, story: StoryPage, ana: Reader, field: str
    ) -> None:
        client.force_login(ana)
        other = a_comment(a_thread(a_story()), source="Said elsewhere")
        assert "Said elsewhere" not in refused(client, story, **{field: other.pk}).content.decode()


class TestStructuredData:
    def test_names_no_comment_that_waits(
        self, client: Client, story: StoryPage, thread: Thread, moderator: Reader
    ) -> None:
        parent = a_comment(thread)
        a_comment(parent=parent)
        assert "parentItem" in data_of(client, story)["comment"][1]
        actions.set_comment_state(actor=moderator, comment=parent, state=CommentState.HELD)
        (answer,) = data_of(client, story)["comment"]
        assert "parentItem" not in answer

    def test_the_split_is_not_told_where_the_section_shows_the_net(self, client: Client, db: None) -> None:
        story = a_story(section=a_section("Calm", vote_display="net"))
        a_comment(a_thread(story), up=3, down=1)
        (comment,) = data_of(client, story)["comment"]
        assert not {"upvoteCount", "downvoteCount"} & set(comment)


@pytest.mark.parametrize("state", [CommentState.REMOVED, CommentState.WITHDRAWN])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_change_typed_while_the_comment_went_is_kept(
    client: Client, thread: Thread, ana: Reader, state: str, headers: dict[str, str]
) -> None:
    comment = a_comment(thread, author=ana)
    client.force_login(ana)
    comment.state = state
    comment.save()
    response = client.post(f"/comment/{comment.pk}/edit/", {"text": "What I typed meanwhile"}, headers=headers)
    assert response.status_code == 409
    assert "What I typed meanwhile" in response.content.decode()
    comment.refresh_from_db()
    assert comment.source != "What I typed meanwhile"
