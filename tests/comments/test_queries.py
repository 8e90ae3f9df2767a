"""What pages of the discussion hold, and how many queries they take."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakehashi.comments import page, queries
from kakehashi.comments.models import Comment, CommentState, Quote, Thread
from kakehashi.comments.orders import Choice
from kakehashi.readers.models import CommentLayout, CommentOrder, Mute, Reader
from kakehashi.stories.models import StoryPage
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread, a_vote, changed

pytestmark = pytest.mark.django_db


def seen(story: StoryPage, reader: Reader | None = None, now: datetime | None = None, **choice: object) -> page.Visit:
    found = page.visit(story.pk, reader, Choice(**choice), now)
    assert found is not None
    return found


def listed(story: StoryPage, reader: Reader | None = None, **choice: object) -> list[int]:
    return [row.pk for row in seen(story, reader, **choice).listing.rows]


def pks(*comments: Comment) -> list[int]:
    return [comment.pk for comment in comments]


def count_queries(story: StoryPage, reader: Reader | None, choice: Choice) -> int:
    with CaptureQueriesContext(connection) as captured:
        found = page.visit(story.pk, reader, choice)
        assert found is not None
        assert found.articles().count(b"<article") == found.listing.total
    return len(captured)


@pytest.mark.parametrize("layout", CommentLayout.values)
@pytest.mark.parametrize("order", CommentOrder.values)
def test_a_page_takes_a_fixed_number_of_queries(
    story: StoryPage, thread: Thread, ana: Reader, order: str, layout: str
) -> None:
    """The story with its section and newsroom three, the comments five; unchanged, where it stands and what is one's own."""
    first, choice = a_comment(thread), Choice(order=order, layout=layout)
    for number in (1, 30):
        for _ in range(number - thread.comments.count()):
            comment = a_comment(parent=first)
            a_vote(comment, reader=ana)
            Quote.objects.create(comment=comment, quoted=first)
        page.forget()
        counted = [count_queries(story, reader, choice) for reader in (None, None, ana)]
        changed(first)
        assert [*counted, count_queries(story, ana, choice)] == [9, 1, 2, 7]


def test_orders(story: StoryPage, thread: Thread, now: datetime) -> None:
    a, b, c = (a_comment(thread, created_at=now + timedelta(minutes=n)) for n in range(3))
    Comment.objects.filter(pk=b.pk).update(popularity=0.9, common_ground=-0.1)
    assert listed(story) == pks(a, b, c)
    assert listed(story, order="newest") == pks(c, b, a)
    assert listed(story, order="popular") == pks(b, a, c)
    assert listed(story, order="common-ground") == pks(a, c, b)


def test_nested_orders(story: StoryPage, thread: Thread, now: datetime) -> None:
    a, b = (a_comment(thread, created_at=now + timedelta(minutes=n)) for n in range(2))
    a1 = a_comment(parent=a, created_at=now + timedelta(minutes=2))
    b1 = a_comment(parent=b, created_at=now + timedelta(minutes=3))
    a2 = a_comment(parent=a, created_at=now + timedelta(minutes=4))
    a11 = a_comment(parent=a1, created_at=now + timedelta(minutes=5))
    Comment.objects.filter(pk=b.pk).update(popularity=0.9, common_ground=-0.1)
    Comment.objects.filter(pk=b1.pk).update(common_ground=0.9)
    assert listed(story, layout="nested") == pks(a, a1, a11, a2, b, b1)
    assert listed(story, layout="nested", order="newest") == pks(b, b1, a, a1, a11, a2)
    assert listed(story, layout="nested", order="popular") == pks(b, b1, a, a1, a11, a2)
    assert listed(story, layout="nested", order="common-ground") == pks(a, a1, a11, a2, b, b1)


# For each comment: which earlier one it answers (none if there is no such), its minute, its popularity and common ground.
TREES = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.integers(0, 3),
        st.fixed_dictionaries(
            {"popularity": st.sampled_from([0.0, 0.2, 0.5]), "common_ground": st.sampled_from([-0.1, 0.0, 0.3])}
        ),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_every_comment_is_on_the_page_that_its_address_names(
    story: StoryPage, ana: Reader, now: datetime, tree: list[tuple[int, int, dict[str, float]]], pages_of_three: None
) -> None:
    Comment.objects.all().delete()
    page.forget()
    thread = Thread.objects.get_or_create(story=story)[0]
    comments: list[Comment] = []
    for answers, minute, scores in tree:
        parent = comments[answers] if answers < len(comments) else None
        created_at = now + timedelta(minutes=minute)
        comments.append(a_comment(thread, author=ana, parent=parent, created_at=created_at, **scores))
    for order in CommentOrder.values:
        for layout in CommentLayout.values:
            met: list[int] = []
            for number in range(1, -(-len(comments) // 3) + 1):
                found = listed(story, order=order, layout=layout, page=number)
                for comment in Comment.objects.select_related("root").filter(pk__in=found):
                    assert queries.page_of(comment, Choice(order, layout), None, 3) == number
                met += found
            assert sorted(met) == sorted(comment.pk for comment in comments)


@pytest.mark.parametrize(("asked", "given_"), [(-1, 1), (0, 1), (1, 1), (2, 2), (3, 2), (10**9, 2)])
def test_a_page_that_is_not_there(
    story: StoryPage, thread: Thread, ana: Reader, pages_of_three: None, asked: int, given_: int
) -> None:
    for _ in range(5):
        a_comment(thread, author=ana)
    found = seen(story, page=asked).listing
    assert (found.choice.page, found.pages, found.total) == (given_, 2, 5)


def test_who_sees_held_comments(story: StoryPage, thread: Thread, ana: Reader, bo: Reader, moderator: Reader) -> None:
    held = a_comment(thread, author=ana, state=CommentState.HELD)
    plain = a_comment(thread, author=bo)
    assert listed(story) == listed(story, bo) == pks(plain)
    assert listed(story, ana) == listed(story, moderator) == pks(held, plain)


def test_a_removed_comment_keeps_its_place_and_its_answers(story: StoryPage, thread: Thread, bo: Reader) -> None:
    gone = a_comment(thread, state=CommentState.REMOVED, source="Unspeakable")
    answer = a_comment(parent=gone)
    assert listed(story, bo) == pks(gone, answer)
    html = seen(story, bo).articles().decode()
    assert "A moderator has removed this comment." in html
    assert "Unspeakable" not in html
    assert f'href="#c-{gone.pk}">in answer to a comment that is gone</a>' in html


def test_what_is_the_readers_own(story: StoryPage, thread: Thread, ana: Reader, bo: Reader) -> None:
    a_comment(thread, author=ana)
    theirs = a_comment(thread, author=bo)
    a_vote(theirs, -1, reader=ana)
    a_vote(theirs, 1)
    Mute.objects.create(reader=ana, muted=bo)
    own, other = seen(story, ana).articles().decode().split("</article>")[:2]
    signs = ('aria-pressed="true"', "/vote/", "/edit/", "/withdraw/", "<details")
    assert [sign in own for sign in signs] == [False, False, True, True, False]
    assert [sign in other for sign in signs] == [True, True, False, False, True]
    assert not any(sign in seen(story).articles().decode() for sign in signs)


@pytest.mark.parametrize(("display", "score"), [("split", "2 ( +3 / -1 )"), ("net", "2"), ("hidden", "")])
def test_the_score_is_shown_as_the_section_wants(now: datetime, display: str, score: str) -> None:
    story = a_story(section=a_section("Votes", vote_display=display, votes_hidden_hours=6))
    a_comment(a_thread(story), up=3, down=1, created_at=now - timedelta(hours=5))
    assert shown_score(seen(story, now=now)) == score
    assert shown_score(seen(story, now=now + timedelta(hours=1))) == ("2" if display == "net" else "2 ( +3 / -1 )")


def shown_score(found: page.Visit) -> str:
    """The score of the only comment, as readers and as machines that count votes get it."""
    [score] = re.findall(r'class="score">([^<]*)', found.articles().decode()) or [""]
    assert (b"upvoteCount" in found.page_html()) == ("+" in score)
    return score


def test_nothing_is_written_by_looking(story: StoryPage) -> None:
    found = seen(story)
    assert (found.listing.rows, found.listing.pages, found.standing.comments) == ([], 1, 0)
    assert b"Nobody has said anything yet." in found.page_html()
    assert not Thread.objects.exists()


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
        written = queries.member_comments(ana)
        titles = [comment.thread.story.title for comment in written]
    assert list(written) == [new, old]
    assert titles == [new.thread.story.title, old.thread.story.title]
    assert len(captured) == 2


def test_a_muted_members_reader_is_not_told(story: StoryPage, thread: Thread) -> None:
    author = a_reader()
    comment = a_comment(thread, author=author)
    Mute.objects.create(reader=author, muted=a_reader())
    assert listed(story, author) == [comment.pk]
    assert b"<details" not in seen(story, author).articles()
