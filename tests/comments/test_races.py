"""Two requests at once, on real connections: whoever loses the race finds what the winner wrote."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone, translation

from kakehashi.comments import actions
from kakehashi.comments.actions import Place
from kakehashi.comments.models import Comment, Revision, Thread, Vote
from kakehashi.lib import together
from kakehashi.lib.errors import Conflict, DomainError
from kakehashi.readers.actions import change_name
from kakehashi.readers.models import Reader
from tests.factories import a_comment, a_reader, a_story

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _a_file(django_db_serialized_rollback: None, transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """SQLite as on a site: a file that several connections open. In memory they would share one cache and fail."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = str(tmp_path / "site.sqlite3")
    with sqlite3.connect(file) as copy:
        in_memory.backup(copy)
    copy.close()
    connection.settings_dict["NAME"], connection.connection = file, None
    yield
    connection.close()
    connection.settings_dict["NAME"], connection.connection = name, in_memory


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls in threads that start together; their results, or the refusals they got, in order."""
    start = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(i: int, call: Callable[[], object]) -> None:
        try:
            start.wait(timeout=30)
            results[i] = call()
        except Exception as error:
            results[i] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    unexpected = [result for result in results if isinstance(result, Exception) and not isinstance(result, DomainError)]
    assert unexpected == []
    return results


def test_two_identical_posts_are_one_comment() -> None:
    story, ana = a_story(), a_reader()
    posts = at_once(*[lambda: actions.post_comment(author=ana, story=story, source="Only once")] * 6)
    assert len({post.pk for post in posts if isinstance(post, Comment)}) == 1
    assert [isinstance(post, Comment) for post in posts] == [True] * 6
    assert Thread.objects.get(story=story).comment_count == Comment.objects.count() == 1


def test_two_different_posts_of_one_reader_meet_the_limit() -> None:
    story, ana = a_story(), a_reader()
    texts = [f"Text number {i}" for i in range(4)]
    posts = at_once(*[lambda text=text: actions.post_comment(author=ana, story=story, source=text) for text in texts])
    assert sum(isinstance(post, Comment) for post in posts) == Comment.objects.count() == 1


def test_posts_of_many_readers_are_all_counted() -> None:
    story = a_story()
    readers = [a_reader() for _ in range(6)]
    posts = at_once(
        *[lambda reader=reader: actions.post_comment(author=reader, story=story, source="Me too") for reader in readers]
    )
    assert all(isinstance(post, Comment) for post in posts)
    thread = Thread.objects.get(story=story)
    assert (thread.comment_count, thread.version) == (6, 6)


def test_votes_of_many_readers_are_all_counted() -> None:
    comment = a_comment()
    readers: list[Reader] = [a_reader() for _ in range(6)]
    at_once(*[lambda reader=reader: actions.cast_vote(reader=reader, comment=comment, value=1) for reader in readers])
    comment.refresh_from_db()
    assert comment.up == Vote.objects.filter(value=1).count() == 6
    assert comment.thread.__class__.objects.get(pk=comment.thread_id).version == 6


def test_one_reader_clicking_twice_votes_once() -> None:
    comment, bo = a_comment(), a_reader()
    tallies = at_once(*[lambda: actions.cast_vote(reader=bo, comment=comment, value=-1)] * 6)
    assert tallies == [actions.Tally(net=-1, up=0, down=1, own=-1)] * 6
    assert Vote.objects.count() == 1


def test_two_edits_at_once_keep_both_texts() -> None:
    ana = a_reader()
    comment = a_comment(author=ana, source="Before", created_at=timezone.now() - timedelta(minutes=1))
    edits = ["After one", "After two"]
    at_once(*[lambda text=text: actions.edit_comment(actor=ana, comment=comment, source=text) for text in edits])
    comment.refresh_from_db()
    kept = set(Revision.objects.values_list("source", flat=True)) | {comment.source}
    assert kept == {"Before", "After one", "After two"}


def test_sixteen_readers_who_turn_their_votes_on_one_comment_are_counted_to_the_last() -> None:
    comment = a_comment()
    readers = [a_reader() for _ in range(16)]

    def turn(n: int) -> None:
        for value in ((1, -1, 0, 1), (-1, 1, 1, -1), (0, 1, -1, 0))[n % 3]:
            actions.cast_vote(reader=readers[n], comment=comment, value=value)

    at_once(*[lambda n=n: turn(n) for n in range(16)])
    comment.refresh_from_db()
    values = list(Vote.objects.filter(comment=comment).values_list("value", flat=True))
    assert (comment.up, comment.down) == (values.count(1), values.count(-1)) == (6, 5)
    assert actions.find_miscounted() == []
    changes = 6 * 4 + 5 * 3 + 5 * 3
    thread = Thread.objects.get(pk=comment.thread_id)
    assert thread.version == comment.version == changes


def test_one_reader_in_sixteen_windows_keeps_to_the_limits() -> None:
    author, bo = a_reader(), a_reader()
    comments = [a_comment(author=author) for _ in range(16)]
    downs = at_once(
        *[lambda comment=comment: actions.cast_vote(reader=bo, comment=comment, value=-1) for comment in comments]
    )
    assert sum(isinstance(tally, actions.Tally) for tally in downs) == Vote.objects.filter(value=-1).count() == 6
    now = timezone.now()
    Vote.objects.bulk_create(Vote(comment=a_comment(), reader=bo, value=1, changed_at=now) for _ in range(50))
    others = [a_comment() for _ in range(16)]
    ups = at_once(*[lambda other=other: actions.cast_vote(reader=bo, comment=other, value=1) for other in others])
    assert sum(isinstance(tally, actions.Tally) for tally in ups) == 4
    counted = Comment.objects.filter(pk__in=[other.pk for other in others]).values_list("up", flat=True)
    assert sum(counted) == 4


def test_one_who_renames_while_others_answer_and_vote_never_deadlocks() -> None:
    comment = a_comment()
    readers = [a_reader() for _ in range(6)]
    assert comment.author is not None
    at_once(
        lambda: change_name(reader=comment.author, name="Ana of the Ferry"),
        *[lambda reader=reader: actions.cast_vote(reader=reader, comment=comment, value=1) for reader in readers],
        *[
            lambda reader=reader: actions.post_comment(
                author=reader, thread=comment.thread, source="@Ana of the Ferry, yes", parent=comment
            )
            for reader in readers
        ],
    )
    assert actions.find_miscounted() == []
    thread = Thread.objects.get(pk=comment.thread_id)
    assert (thread.version, thread.comment_count) == (13, 7)


def test_what_cannot_be_written_spoils_nothing_beside_it() -> None:
    """On SQLite, writes of several threads go to disk in one transaction."""
    comments = [a_comment() for _ in range(8)]

    def write(n: int) -> int:
        Comment.objects.filter(pk=comments[n].pk).update(plain=f"by {n}")
        if n % 2:
            raise Conflict(f"not {n}")
        return n

    results = at_once(*[lambda n=n: together.write(lambda: write(n)) for n in range(8)])
    assert [r if isinstance(r, int) else str(r) for r in results] == [0, "not 1", 2, "not 3", 4, "not 5", 6, "not 7"]
    kept = [Comment.objects.get(pk=comment.pk).plain.startswith("by ") for comment in comments]
    assert kept == [True, False] * 4


def test_posting_voting_and_moderating_at_once_never_deadlock() -> None:
    moderator = a_reader(role="moderator")
    comment = a_comment()
    readers = [a_reader() for _ in range(4)]
    at_once(
        *[lambda reader=reader: actions.cast_vote(reader=reader, comment=comment, value=1) for reader in readers],
        *[
            lambda reader=reader: actions.post_comment(
                author=reader, thread=comment.thread, source="An answer", parent=comment
            )
            for reader in readers
        ],
        lambda: actions.set_comment_state(actor=moderator, comment=comment, state="held"),
        lambda: actions.withdraw_comment(actor=comment.author, comment=comment),
    )
    comment.refresh_from_db()
    assert comment.up == Vote.objects.filter(comment=comment, value=1).count()
    thread = Thread.objects.get(pk=comment.thread_id)
    assert thread.comment_count == Comment.objects.visible().count()


def test_the_ranking_places_comments_while_readers_vote_and_write() -> None:
    story = a_story()
    threads = [actions.thread_for(story), actions.thread_for(a_story())]
    comments = [a_comment(thread) for thread in threads for _ in range(3)]
    readers = [a_reader() for _ in range(4)]
    places = [Place(comment.pk, n / 10 + 0.1, "9/9,5/6") for n, comment in enumerate(comments)]
    results = at_once(
        *[lambda reader=reader: actions.cast_vote(reader=reader, comment=comments[0], value=1) for reader in readers],
        lambda: actions.place_by_common_ground(places=places),
        *[
            lambda reader=reader: actions.post_comment(author=reader, story=story, source="So be it")
            for reader in readers
        ],
    )
    assert results[4] == len(places)
    kept = Comment.objects.filter(pk__in=[comment.pk for comment in comments]).order_by("pk")
    assert list(kept.values_list("pk", "common_ground", "agreement")) == [tuple(place) for place in places]
    comments[0].refresh_from_db()
    assert comments[0].up == len(readers)
    # Four votes, four comments, one placing; and where nobody wrote, the placing alone.
    assert [Thread.objects.get(pk=thread.pk).version for thread in threads] == [9, 1]


def test_voting_discounting_and_counting_again_at_the_same_moment(thread: Thread) -> None:
    """Three turn their votes, and somebody discounts and counts again: nothing is lost or counted twice."""
    now, readers = timezone.now(), [a_reader() for _ in range(3)]
    comments = [a_comment(thread) for _ in range(2)]
    for reader in readers:
        for comment in comments:
            actions.cast_vote(reader=reader, comment=comment, value=1, now=now)
    votes = list(Vote.objects.values_list("pk", flat=True))

    def turn(reader: Reader) -> None:
        for n in range(12):
            value = (1, -1, 0)[n % 3]
            actions.cast_vote(reader=reader, comment=comments[n % 2], value=value, now=now + timedelta(days=n))

    def discount() -> None:
        for n in range(12):
            actions.discount_votes(votes=votes, is_discounted=n % 2 == 0, now=now)

    at_once(*[lambda reader=reader: turn(reader) for reader in readers], discount)  # type: ignore[misc]
    assert actions.find_miscounted() == []


def test_whoever_writes_for_others_refuses_in_their_language() -> None:
    def told() -> str:
        time.sleep(0.02)
        return translation.get_language()

    def asked(language: str) -> str:
        with translation.override(language):
            return together.write(told)

    languages = ["en", "ja", "ko"] * 2
    assert at_once(*[lambda language=language: asked(language) for language in languages]) == languages
