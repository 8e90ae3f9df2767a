"""What pages of the discussion hold, and how many queries they take."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakehashi.comments import queries
from kakehashi.comments.models import Comment, CommentState, Quote, Thread
from kakehashi.comments.orders import Choice
from kakehashi.readers.models import CommentLayout, CommentOrder, Mute, Reader
from kakehashi.stories.models import StoryPage
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread, a_vote

pytestmark = pytest.mark.django_db


def listed(story: StoryPage, reader: Reader | None = None, **choice: object) -> list[Comment]:
    found = queries.discussion(story, reader=reader, choice=Choice(**choice))
    return [item.comment for item in found.comments]


def count_queries(story: StoryPage, reader: Reader | None, choice: Choice) -> int:
    story = StoryPage.objects.get(pk=story.pk)
    with CaptureQueriesContext(connection) as captured:
        found = queries.discussion(story, reader=reader, choice=choice)
        for item in found.comments:
            assert item.score
            assert item.answers is None or item.answers[1]
            assert isinstance(item.quotes, list)
            assert item.comment.writer
            assert item.comment.writer_url
    return len(captured)


@pytest.mark.parametrize("layout", CommentLayout.values)
@pytest.mark.parametrize("order", CommentOrder.values)
def test_a_page_takes_seven_queries_or_nine_with_a_reader(
    story: StoryPage, thread: Thread, ana: Reader, order: str, layout: str
) -> None:
    first = a_comment(thread)
    for number in (1, 30):
        for _ in range(number - thread.comments.count()):
            comment = a_comment(parent=first)
            a_vote(comment, reader=ana)
            Quote.objects.create(comment=comment, quoted=first)
        assert thread.comments.count() == number
        choice = Choice(order=order, layout=layout)
        assert count_queries(story, None, choice) == 7
        assert count_queries(story, ana, choice) == 9


def test_orders(story: StoryPage, thread: Thread, now: datetime) -> None:
    a, b, c = (a_comment(thread, created_at=now + timedelta(minutes=n)) for n in range(3))
    Comment.objects.filter(pk=b.pk).update(popularity=0.9)
    assert listed(story) == [a, b, c]
    assert listed(story, order="newest") == [c, b, a]
    assert listed(story, order="popular") == [b, a, c]


def test_nested_orders(story: StoryPage, thread: Thread, now: datetime) -> None:
    a, b = (a_comment(thread, created_at=now + timedelta(minutes=n)) for n in range(2))
    a1 = a_comment(parent=a, created_at=now + timedelta(minutes=2))
    b1 = a_comment(parent=b, created_at=now + timedelta(minutes=3))
    a2 = a_comment(parent=a, created_at=now + timedelta(minutes=4))
    a11 = a_comment(parent=a1, created_at=now + timedelta(minutes=5))
    Comment.objects.filter(pk=b.pk).update(popularity=0.9)
    assert listed(story, layout="nested") == [a, a1, a11, a2, b, b1]
    assert listed(story, layout="nested", order="newest") == [b, b1, a, a1, a11, a2]
    assert listed(story, layout="nested", order="popular") == [b, b1, a, a1, a11, a2]


# For each comment: which earlier one it answers (none if there is no such), its minute, its popularity.
TREES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 3), st.sampled_from([0.0, 0.2, 0.5])), min_size=1, max_size=10
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_every_comment_is_on_the_page_that_its_address_names(
    story: StoryPage, ana: Reader, now: datetime, tree: list[tuple[int, int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 3)
    Comment.objects.all().delete()
    thread = Thread.objects.get_or_create(story=story)[0]
    comments: list[Comment] = []
    for answers, minute, popularity in tree:
        parent = comments[answers] if answers < len(comments) else None
        created_at = now + timedelta(minutes=minute)
        comments.append(a_comment(thread, author=ana, parent=parent, created_at=created_at, popularity=popularity))
    for order in CommentOrder.values:
        for layout in CommentLayout.values:
            met: list[Comment] = []
            for page in range(1, -(-len(comments) // 3) + 1):
                found = listed(story, order=order, layout=layout, page=page)
                for listed_here in found:
                    comment = Comment.objects.select_related("root").get(pk=listed_here.pk)
                    assert queries.page_of(comment, Choice(order, layout), None) == page
                met += found
            assert sorted(comment.pk for comment in met) == sorted(comment.pk for comment in comments)


@pytest.mark.parametrize(("asked", "given_"), [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 2), (10**9, 2)])
def test_a_page_that_is_not_there(
    story: StoryPage, thread: Thread, ana: Reader, monkeypatch: pytest.MonkeyPatch, asked: int, given_: int
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 3)
    for _ in range(5):
        a_comment(thread, author=ana)
    found = queries.discussion(story, reader=None, choice=Choice(page=asked))
    assert (found.choice.page, found.pages, found.total) == (given_, 2, 5)


def test_who_sees_held_comments(story: StoryPage, thread: Thread, ana: Reader, bo: Reader, moderator: Reader) -> None:
    held = a_comment(thread, author=ana, state=CommentState.HELD)
    plain = a_comment(thread, author=bo)
    assert listed(story) == listed(story, bo) == [plain]
    assert listed(story, ana) == listed(story, moderator) == [held, plain]


def test_a_removed_comment_keeps_its_place_and_its_answers(story: StoryPage, thread: Thread, bo: Reader) -> None:
    gone = a_comment(thread, state=CommentState.REMOVED, source="Unspeakable")
    answer = a_comment(parent=gone)
    items = queries.discussion(story, reader=bo, choice=Choice()).comments
    assert [item.comment for item in items] == [gone, answer]
    assert not items[0].is_readable
    assert items[0].note == "A moderator has removed this comment."
    assert items[1].answers == (f"#c-{gone.pk}", "a comment that is gone")


def test_what_is_the_readers_own(story: StoryPage, thread: Thread, ana: Reader, bo: Reader) -> None:
    mine, theirs = a_comment(thread, author=ana), a_comment(thread, author=bo)
    a_vote(theirs, -1, reader=ana)
    a_vote(theirs, 1)
    Mute.objects.create(reader=ana, muted=bo)
    own, other = queries.discussion(story, reader=ana, choice=Choice()).comments
    assert (own.own_vote, own.can_vote, own.can_edit, own.can_withdraw, own.is_collapsed) == (
        0,
        False,
        True,
        True,
        False,
    )
    assert (other.own_vote, other.can_vote, other.can_edit, other.is_collapsed) == (-1, True, False, True)
    assert [item.own_vote for item in queries.discussion(story, reader=None, choice=Choice()).comments] == [0, 0]
    assert mine.pk == own.comment.pk


@pytest.mark.parametrize(("display", "score"), [("split", "2 ( +3 / -1 )"), ("net", "2"), ("hidden", "")])
def test_the_score_is_shown_as_the_section_wants(now: datetime, display: str, score: str) -> None:
    story = a_story(section=a_section("Votes", vote_display=display, votes_hidden_hours=6))
    a_comment(a_thread(story), up=3, down=1, created_at=now - timedelta(hours=5))
    [item] = queries.discussion(story, reader=None, choice=Choice(), now=now).comments
    assert item.score == score
    [item] = queries.discussion(story, reader=None, choice=Choice(), now=now + timedelta(hours=1)).comments
    assert item.score == ("2" if display == "net" else "2 ( +3 / -1 )")


def test_nothing_is_written_by_looking(story: StoryPage) -> None:
    found = queries.discussion(story, reader=None, choice=Choice())
    assert (found.comments, found.pages, found.count) == ([], 1, 0)
    assert not Thread.objects.exists()


def test_most_discussed(now: datetime) -> None:
    quiet = a_thread(a_story(), comment_count=99, last_comment_at=now - timedelta(days=60))
    lively = a_thread(a_story(), comment_count=3, last_comment_at=now - timedelta(days=1))
    livelier = a_thread(a_story(), comment_count=4, last_comment_at=now - timedelta(days=1))
    a_thread(a_story(), comment_count=0)
    a_thread(a_story(live=False), comment_count=50, last_comment_at=now)
    with CaptureQueriesContext(connection) as captured:
        found = queries.most_discussed(5, now=now)
    assert found == [livelier.story, lively.story, quiet.story]
    assert len(captured) == 3
    assert queries.most_discussed(1, now=now) == [livelier.story]


def test_counts_of_a_list_are_one_query() -> None:
    threads = [a_thread(comment_count=n) for n in range(3)]
    bare = a_story()
    with CaptureQueriesContext(connection) as captured:
        counts = queries.thread_counts([*(thread.story for thread in threads), bare])
    assert counts == {thread.story_id: n for n, thread in enumerate(threads)}
    assert len(captured) == 1


def test_member_comments_are_the_visible_ones_newest_first(ana: Reader, now: datetime) -> None:
    old = a_comment(author=ana, created_at=now - timedelta(days=2))
    new = a_comment(author=ana, created_at=now)
    a_comment(author=ana, state=CommentState.REMOVED)
    a_comment(author=ana, thread=a_thread(a_story(live=False)))
    a_comment()
    with CaptureQueriesContext(connection) as captured:
        page = queries.member_comments(ana)
        titles = [comment.thread.story.title for comment in page]
    assert list(page) == [new, old]
    assert titles == [new.thread.story.title, old.thread.story.title]
    assert len(captured) == 2


def test_a_muted_members_reader_is_not_told(story: StoryPage, thread: Thread) -> None:
    author = a_reader()
    comment = a_comment(thread, author=author)
    Mute.objects.create(reader=author, muted=a_reader())
    [item] = queries.discussion(story, reader=author, choice=Choice()).comments
    assert item.comment == comment
    assert not item.is_collapsed
