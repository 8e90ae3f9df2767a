"""Comments that were written elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kakehashi.comments import actions, rules
from kakehashi.comments.actions import Totals
from kakehashi.comments.models import Mention, Quote, Thread
from kakehashi.lib import text
from kakehashi.lib.errors import Invalid
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_story, a_thread

LONG_AGO = datetime(2014, 5, 14, 23, 52, tzinfo=UTC)


def test_nothing_limits_an_import(now: datetime, ana: Reader) -> None:
    thread = a_thread(a_story(published_at=now - timedelta(days=4000)), state="closed")
    for _ in range(3):
        actions.import_comment(thread=thread, source="Word for word " * 1000, created_at=LONG_AGO, author=ana)
    thread.refresh_from_db()
    assert (thread.comment_count, thread.last_comment_at) == (3, LONG_AGO)


def test_figures_names_and_time_are_kept_as_found(thread: Thread) -> None:
    parent = actions.import_comment(thread=thread, source="First", created_at=LONG_AGO, author_name="englisc")
    comment = actions.import_comment(
        thread=thread,
        source="> First\n\nSecond",
        created_at=LONG_AGO,
        parent=parent,
        quoted=parent,
        archived=Totals(net=0, up=2, down=2),
    )
    comment.refresh_from_db()
    assert (comment.writer, parent.writer) == ("A reader", "englisc")
    assert (comment.created_at, comment.parent, comment.root, comment.depth) == (LONG_AGO, parent, parent, 1)
    assert (comment.net, comment.total_up, comment.total_down) == (0, 2, 2)
    assert comment.popularity == pytest.approx(rules.wilson(2, 2))
    assert Quote.objects.get().quoted == parent


def test_people_given_are_the_ones_meant(thread: Thread, bo: Reader) -> None:
    people = {text.fold("StormR"): text.Person(name="StormR", url="/comment/1/")}
    comment = actions.import_comment(
        thread=thread, source="@Storm R and @Bo 2€, hear", created_at=LONG_AGO, people=people
    )
    assert comment.html.count("mention") == 2
    assert [mention.reader for mention in Mention.objects.all()] == [bo]


@pytest.mark.parametrize("source", ["", " \n"])
def test_no_text_no_comment(thread: Thread, source: str) -> None:
    with pytest.raises(Invalid):
        actions.import_comment(thread=thread, source=source, created_at=LONG_AGO)


def test_a_parent_in_another_thread(thread: Thread) -> None:
    with pytest.raises(Invalid):
        actions.import_comment(thread=thread, source="Lost", created_at=LONG_AGO, parent=a_comment())
