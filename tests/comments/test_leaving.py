"""What becomes of the discussion when somebody leaves, through the account's own action."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kakehashi.comments import actions
from kakehashi.comments.models import Comment, CommentState, Mention, Thread
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_vote


def test_comments_stay_without_the_name(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    said = a_comment(thread, author=ana, source="The ferry was never on time.", author_name="Ana Lindqvist")
    answer = actions.post_comment(author=bo, story=thread.story, source="@Ana Lindqvist, it was in 1998.", now=now)
    assert Mention.objects.filter(comment=answer, reader=ana).count() == 1
    thread.refresh_from_db()
    before = thread.version

    readers.erase_reader(reader=ana, now=now)

    said.refresh_from_db()
    thread.refresh_from_db()
    assert (said.state, said.author_name, said.source) == ("visible", "", "The ferry was never on time.")
    assert thread.version > before
    assert thread.comment_count == 2
    assert not Mention.objects.exists()
    page = Client().get(thread.story.get_absolute_url()).content.decode()
    assert "The ferry was never on time." in page
    assert "Deleted member" in page


def test_comments_are_withdrawn_on_wish_but_not_what_was_removed(thread: Thread, ana: Reader, now: datetime) -> None:
    shown, held, removed = (
        a_comment(thread, author=ana, state=state)
        for state in (CommentState.VISIBLE, CommentState.HELD, CommentState.REMOVED)
    )
    others = a_comment(thread)
    readers.erase_reader(reader=ana, withdraw=True, now=now)
    states = dict(Comment.objects.values_list("pk", "state"))
    assert states == {
        shown.pk: CommentState.WITHDRAWN,
        held.pk: CommentState.WITHDRAWN,
        removed.pk: CommentState.REMOVED,
        others.pk: CommentState.VISIBLE,
    }
    thread.refresh_from_db()
    assert thread.comment_count == 1


def test_the_download_holds_comments_earlier_texts_and_votes(thread: Thread, ana: Reader, now: datetime) -> None:
    mine = actions.post_comment(author=ana, story=thread.story, source="First words.", now=now)
    actions.edit_comment(actor=ana, comment=mine, source="Second words.", now=now)
    others = a_comment(thread, source="Nobody else's words.")
    a_vote(others, -1, reader=ana, changed_at=now)
    data = readers.export_reader(reader=ana)
    [comment] = data["comments"]
    assert (comment["text"], comment["earlier_texts"]) == ("Second words.", ["First words."])
    assert comment["story"] == "The ferry is late again"
    assert data["votes"] == [{"comment": others.pk, "value": -1, "at": now.isoformat(), "is_discounted": False}]


@pytest.mark.parametrize("count", [1, 12])
def test_this_rooms_part_of_the_download_takes_a_fixed_number_of_queries(
    thread: Thread, ana: Reader, count: int
) -> None:
    for _comment in range(count):
        a_vote(a_comment(thread, author=ana), reader=ana)
    with CaptureQueriesContext(connection) as seen:
        assert all(list(part) for part in actions.export_discussion(reader=ana).values())
    assert len(seen) == 3
