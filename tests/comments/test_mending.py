"""What is not as it should be is found, stretch by stretch, and mended so that everybody sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from kakehashi.comments import actions
from kakehashi.comments.actions import recounting, trees
from kakehashi.comments.models import DEEPEST, Comment, Thread
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_thread, a_vote

pytestmark = pytest.mark.django_db
END = 10**12


def a_tree(depth: int = DEEPEST + 3) -> list[Comment]:
    """Each answers the one before, as posted by readers."""
    thread = a_thread()
    made: list[Comment] = []
    now = timezone.now() - timedelta(days=1)
    for n in range(depth):
        parent = made[-1] if made else None
        made.append(
            actions.post_comment(
                author=a_reader(),
                source=f"Word {n} of many",
                thread=thread,
                parent=parent,
                now=now + timedelta(minutes=n),
            )
        )
    return made


def places(comments: list[Comment]) -> list[tuple[int | None, str, int]]:
    rows = Comment.objects.in_bulk([comment.pk for comment in comments])
    return [(rows[c.pk].root_id, rows[c.pk].path, rows[c.pk].depth) for c in comments]


def test_what_readers_post_stands_where_it_should() -> None:
    a_tree()
    a_comment(parent=a_comment())
    assert trees.find_misplaced(0, END) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": ""},
        {"path": "9" * 80},
        {"path": "0000000001"},
        {"depth": 7},
        {"depth": 0},
        {"root": None},
    ],
)
@pytest.mark.parametrize("level", [0, 1, 2, 9])
def test_a_wrong_place_is_found_and_mended_with_all_below_it(wrong: dict[str, object], level: int) -> None:
    tree = a_tree()
    other = a_tree(3)
    before, version = places(tree), Thread.objects.get(pk=tree[0].thread_id).version
    Comment.objects.filter(pk=tree[level].pk).update(**wrong)
    if places(tree) == before:
        return
    found = trees.find_misplaced(0, END)
    assert (tree[level].pk, tree[level].thread_id) in found
    assert trees.replace_misplaced(first=0, last=END) >= 1
    assert places(tree) == before
    assert trees.find_misplaced(0, END) == []
    thread = Thread.objects.get(pk=tree[0].thread_id)
    assert thread.version > version
    assert version < Comment.objects.get(pk=tree[level].pk).version <= thread.version
    assert {tree[0].thread_id} == {thread for _comment, thread in found}
    assert Thread.objects.get(pk=other[0].thread_id).version == 3


def test_everything_wrong_at_once_is_mended() -> None:
    trees_made = [a_tree(), a_tree(), a_tree(2)]
    before = [places(tree) for tree in trees_made]
    Comment.objects.update(path="1" * 80, depth=3, root=None)
    assert trees.replace_misplaced(first=0, last=END) == sum(map(len, trees_made))
    assert [places(tree) for tree in trees_made] == before


def test_an_answer_to_nothing_that_can_be_answered_stands_alone() -> None:
    tree, other = a_tree(4), a_tree(2)
    loop, elsewhere = tree[1], tree[3]
    Comment.objects.filter(pk=loop.pk).update(parent=tree[2])
    Comment.objects.filter(pk=elsewhere.pk).update(parent=other[0])
    trees.replace_misplaced(first=0, last=END)
    assert trees.find_misplaced(0, END) == []
    assert places([loop, elsewhere]) == [(loop.pk, "", 0), (elsewhere.pk, "", 0)]
    assert Comment.objects.get(pk=tree[2].pk).root_id == loop.pk
    assert places([tree[0]]) == [(tree[0].pk, "", 0)]


def test_what_is_left_behind_by_a_deleted_comment_keeps_its_place() -> None:
    tree = a_tree(4)
    before = places(tree[2:])
    Comment.objects.filter(pk=tree[2].pk).update(parent=None)
    assert trees.find_misplaced(0, END) == []
    assert places(tree[2:]) == before


def test_a_stretch_at_a_time_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = a_tree(5)
    Comment.objects.filter(pk__in=[tree[1].pk, tree[4].pk]).update(up=7)
    Comment.objects.filter(pk=tree[2].pk).update(popularity=0.9)
    Thread.objects.filter(pk=tree[0].thread_id).update(comment_count=1)
    a_vote(tree[3])
    monkeypatch.setattr(recounting, "STRETCH", 2)
    found: dict[int, int] = {}
    for first, last in recounting.ranges(Comment):
        assert last - first < 2
        for thread, n in recounting.find_miscounted_comments(first, last).items():
            found[thread] = found.get(thread, 0) + n
    assert found == {tree[0].thread_id: 4}
    assert actions.find_miscounted() == [tree[0].thread_id]


def test_a_thread_behind_its_comments_catches_up(ana_thread: Thread) -> None:
    ahead = a_comment(ana_thread, version=ana_thread.version + 5)
    assert recounting.find_behind(0, END) == [ana_thread.pk]
    recounting.catch_up(thread_id=ana_thread.pk)
    ana_thread.refresh_from_db()
    assert ana_thread.version == ahead.version + 1
    assert recounting.find_behind(0, END) == []
    recounting.catch_up(thread_id=ana_thread.pk)
    assert Thread.objects.get(pk=ana_thread.pk).version == ana_thread.version


@pytest.fixture
def ana_thread() -> Thread:
    thread = a_thread()
    author: Reader = a_reader("Ana of the quay")
    actions.post_comment(author=author, source="A word or two", thread=thread)
    thread.refresh_from_db()
    return thread
