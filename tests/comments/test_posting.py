"""Posting, editing and withdrawing, through the actions."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kakehashi.comments import actions
from kakehashi.comments.models import DEEPEST, Comment, CommentState, Mention, Quote, Revision, Thread, ThreadState
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from kakehashi.readers.models import FormerName, Reader
from kakehashi.stories.models import NewsroomSettings, StoryPage
from tests.factories import a_comment, a_front, a_reader, a_story


def later(now: datetime, **delta: float) -> datetime:
    return now + timedelta(**delta)


def newsroom(**fields: int) -> NewsroomSettings:
    a_front()
    from wagtail.models import Site

    return NewsroomSettings.objects.update_or_create(site=Site.objects.get(is_default_site=True), defaults=fields)[0]


def test_a_comment_is_rendered_and_counted(story: StoryPage, ana: Reader, now: datetime) -> None:
    comment = actions.post_comment(author=ana, story=story, source="  A **fair** point.\r\n", now=now)
    comment.refresh_from_db()
    assert comment.source == "A **fair** point."
    assert comment.html == "<p>A <strong>fair</strong> point.</p>"
    assert comment.plain == "A fair point."
    assert (comment.author, comment.created_at, comment.state) == (ana, now, "visible")
    assert (comment.root_id, comment.path, comment.depth) == (comment.pk, "", 0)
    thread = Thread.objects.get(story=story)
    assert (thread.comment_count, thread.version, thread.last_comment_at) == (1, 1, now)


def test_answers_stand_below_what_they_answer_and_never_too_deep(thread: Thread, now: datetime) -> None:
    above = actions.post_comment(author=a_reader(), thread=thread, source="The first word", now=now)
    root = above
    for level in range(1, DEEPEST + 3):
        comment = actions.post_comment(author=a_reader(), thread=thread, source="And one more", parent=above, now=now)
        comment.refresh_from_db()
        assert comment.root_id == root.pk
        assert comment.parent_id == above.pk
        assert comment.depth == min(level, DEEPEST)
        assert len(comment.path) == 10 * min(level, DEEPEST)
        above = comment


@pytest.mark.parametrize("source", ["", "   \n\t ", "\u200b\u200b", "\x00\x01", "x"])
def test_what_holds_no_text_is_refused(story: StoryPage, ana: Reader, source: str) -> None:
    with pytest.raises(Invalid):
        actions.post_comment(author=ana, story=story, source=source)
    assert not Comment.objects.exists()


def test_length_is_counted_in_characters(story: StoryPage, ana: Reader, now: datetime) -> None:
    newsroom(comment_min=3, comment_max=10)
    with pytest.raises(Invalid, match="at least 3"):
        actions.post_comment(author=ana, story=story, source="漢字", now=now)
    with pytest.raises(Invalid, match="has 11 characters; at most 10"):
        actions.post_comment(author=ana, story=story, source="漢" * 11, now=now)
    actions.post_comment(author=ana, story=story, source="漢" * 10, now=now)


def test_a_body_of_five_megabytes_is_refused_at_once(story: StoryPage, ana: Reader) -> None:
    with pytest.raises(Invalid, match="5,000,000 characters"):
        actions.post_comment(author=ana, story=story, source="x" * 5_000_000)


def test_the_same_text_twice_in_a_row_is_one_comment(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
    first = actions.post_comment(author=ana, thread=thread, source="The same words", now=now)
    again = actions.post_comment(author=ana, thread=thread, source="The same words \n", now=later(now, seconds=2))
    assert again == first
    actions.post_comment(author=bo, thread=thread, source="The same words", now=later(now, seconds=3))
    after = actions.post_comment(author=ana, thread=thread, source="The same words", now=later(now, minutes=6))
    assert after != first
    assert Comment.objects.count() == 3


def test_other_words_between_make_it_a_second_comment(thread: Thread, ana: Reader, now: datetime) -> None:
    first = actions.post_comment(author=ana, thread=thread, source="No.", now=now)
    actions.post_comment(author=ana, thread=thread, source="Well, perhaps.", now=later(now, seconds=20))
    assert actions.post_comment(author=ana, thread=thread, source="No.", now=later(now, seconds=40)) != first


def test_what_was_withdrawn_can_be_said_again(thread: Thread, ana: Reader, now: datetime) -> None:
    first = actions.post_comment(author=ana, thread=thread, source="On second thought", now=now)
    actions.withdraw_comment(actor=ana, comment=first, now=now)
    assert actions.post_comment(author=ana, thread=thread, source=first.source, now=later(now, seconds=11)) != first


def test_one_comment_in_ten_seconds_and_twenty_an_hour(thread: Thread, ana: Reader, now: datetime) -> None:
    actions.post_comment(author=ana, thread=thread, source="Comment 0", now=now)
    with pytest.raises(TooMany, match="in 1 second") as caught:
        actions.post_comment(author=ana, thread=thread, source="Too quick", now=later(now, seconds=9))
    assert caught.value.retry_at == later(now, seconds=10)
    for i in range(1, 20):
        actions.post_comment(author=ana, thread=thread, source=f"Comment {i}", now=later(now, seconds=10 * i))
    with pytest.raises(TooMany, match="20 comments within an hour") as caught:
        actions.post_comment(author=ana, thread=thread, source="The 21st", now=later(now, minutes=30))
    assert caught.value.retry_at == later(now, hours=1)
    actions.post_comment(author=ana, thread=thread, source="The 21st", now=later(now, hours=1))


def test_a_suspended_reader_cannot_write(story: StoryPage, now: datetime) -> None:
    reader = a_reader(suspended_until=later(now, hours=1))
    with pytest.raises(NotAllowed):
        actions.post_comment(author=reader, story=story, source="Let me in", now=now)
    actions.post_comment(author=reader, story=story, source="Let me in", now=later(now, hours=1))


def test_suspension_is_read_afresh(story: StoryPage, ana: Reader, now: datetime) -> None:
    Reader.objects.filter(pk=ana.pk).update(suspended_until=later(now, hours=1))
    with pytest.raises(NotAllowed):
        actions.post_comment(author=ana, story=story, source="My copy says I may", now=now)


@pytest.mark.parametrize(("days", "age", "is_open"), [(30, 29, True), (30, 30, False), (0, 4000, True), (7, 8, False)])
def test_threads_close_by_themselves(ana: Reader, now: datetime, days: int, age: int, is_open: bool) -> None:
    newsroom(close_after_days=days)
    story = a_story(published_at=later(now, days=-age))
    if is_open:
        actions.post_comment(author=ana, story=story, source="Still time", now=now)
    else:
        with pytest.raises(Conflict) as caught:
            actions.post_comment(author=ana, story=story, source="Too late", now=now)
        assert caught.value.code == "closed"


def test_a_thread_closed_by_its_state_is_closed_at_once(thread: Thread, ana: Reader, moderator: Reader) -> None:
    actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.CLOSED)
    with pytest.raises(Conflict):
        actions.post_comment(author=ana, thread=thread, source="While I was typing")


def test_a_story_that_is_not_live_takes_no_comments(ana: Reader) -> None:
    with pytest.raises(NotFound):
        actions.post_comment(author=ana, story=a_story(live=False), source="Into the void")


def test_where_moderators_read_first_comments_wait(thread: Thread, ana: Reader, moderator: Reader) -> None:
    actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.HELD_FIRST)
    assert actions.post_comment(author=ana, thread=thread, source="Please read me").state == CommentState.HELD
    assert actions.post_comment(author=moderator, thread=thread, source="I have").state == CommentState.VISIBLE
    thread.refresh_from_db()
    assert thread.comment_count == 1


def test_a_parent_in_another_thread_is_refused(thread: Thread, ana: Reader) -> None:
    elsewhere = a_comment()
    for where in ({"parent": elsewhere}, {"quoted": elsewhere}):
        with pytest.raises(Invalid):
            actions.post_comment(author=ana, thread=thread, source="Wrong door", **where)


@pytest.mark.parametrize("state", [CommentState.HELD, CommentState.REMOVED, CommentState.WITHDRAWN])
def test_what_is_gone_cannot_be_answered(thread: Thread, ana: Reader, state: str) -> None:
    with pytest.raises(Conflict) as caught:
        actions.post_comment(author=ana, thread=thread, source="But", parent=a_comment(thread, state=state))
    assert caught.value.code == "parent-gone"


def test_a_quote_is_linked_to_its_comment(thread: Thread, ana: Reader) -> None:
    quoted = a_comment(thread, source="Ferries sink")
    comment = actions.post_comment(author=ana, thread=thread, source="> Ferries sink\n\nSome.", quoted=quoted)
    assert Quote.objects.get().comment == comment
    assert Quote.objects.get().quoted == quoted


class TestMentions:
    def test_names_with_spaces_and_signs(self, thread: Thread, ana: Reader, bo: Reader) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="@bo 2€ and @BO2€, listen")
        assert comment.html.count('<a class="mention" href="/member/Bo%202%E2%82%AC/">') == 2
        assert [mention.reader for mention in Mention.objects.all()] == [bo]

    def test_nobody_is_told_of_an_own_mention(self, thread: Thread, ana: Reader) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="@Ana Lindqvist said so")
        assert "mention" in comment.html
        assert not Mention.objects.exists()

    def test_a_former_name_still_finds_its_reader(self, thread: Thread, ana: Reader, bo: Reader) -> None:
        FormerName.objects.create(reader=bo, name="Bosse", name_key="bosse")
        comment = actions.post_comment(author=ana, thread=thread, source="@Bosse, is that you?")
        assert 'href="/member/Bo%202%E2%82%AC/"' in comment.html
        assert Mention.objects.get().reader == bo

    def test_longest_name_wins(self, thread: Thread, ana: Reader) -> None:
        a_reader("Storm")
        longer = a_reader("Storm R")
        actions.post_comment(author=ana, thread=thread, source="@Storm R is right")
        assert Mention.objects.get().reader == longer

    def test_who_takes_part_comes_before_a_longer_name_elsewhere(self, thread: Thread, ana: Reader) -> None:
        here = a_reader("Storm")
        a_reader("Storm R")
        a_comment(thread, author=here)
        actions.post_comment(author=ana, thread=thread, source="@Storm R is right")
        assert Mention.objects.get().reader == here

    def test_two_mentions_do_not_shadow_each_other(self, thread: Thread, ana: Reader) -> None:
        here, elsewhere = a_reader("Storm"), a_reader("Stormbringer")
        a_comment(thread, author=here)
        actions.post_comment(author=ana, thread=thread, source="@Storm! Ask @Stormbringer.")
        assert set(Mention.objects.values_list("reader", flat=True)) == {here.pk, elsewhere.pk}

    def test_somebody_imported_without_account(self, thread: Thread, ana: Reader, now: datetime) -> None:
        old = actions.import_comment(thread=thread, source="I was here", created_at=now, author_name="Old Salt")
        comment = actions.post_comment(author=ana, thread=thread, source="@OldSalt, still here?")
        assert f'href="/comment/{old.pk}/"' in comment.html
        assert not Mention.objects.exists()

    def test_ten_thousand_mentions_are_one_comment_of_few_queries(self, thread: Thread, ana: Reader) -> None:
        newsroom(comment_max=200_000)
        with CaptureQueriesContext(connection) as captured:
            actions.post_comment(author=ana, thread=thread, source="@Bo 2€ " * 10_000)
        assert len(captured) <= 14


class TestEditing:
    def test_within_five_minutes_and_every_revision_is_kept(self, thread: Thread, ana: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="Furst", now=now)
        actions.edit_comment(actor=ana, comment=comment, source="First", now=later(now, minutes=1))
        edited = actions.edit_comment(actor=ana, comment=comment, source="First!", now=later(now, minutes=4.9))
        assert (edited.source, edited.html, edited.plain) == ("First!", "<p>First!</p>", "First!")
        assert edited.edited_at == later(now, minutes=4.9)
        assert list(Revision.objects.order_by("pk").values_list("source", flat=True)) == ["Furst", "First"]
        with pytest.raises(Conflict) as caught:
            actions.edit_comment(actor=ana, comment=comment, source="Last", now=later(now, minutes=5))
        assert caught.value.code == "edit-window-over"
        thread.refresh_from_db()
        assert thread.version == 3

    def test_the_same_text_makes_no_revision(self, thread: Thread, ana: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="As it is", now=now)
        assert actions.edit_comment(actor=ana, comment=comment, source="As it is ", now=now).edited_at is None
        assert not Revision.objects.exists()

    def test_mentions_follow_the_text(self, thread: Thread, ana: Reader, bo: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="@Bo 2€ hello", now=now)
        actions.edit_comment(actor=ana, comment=comment, source="hello, nobody", now=now)
        assert not Mention.objects.exists()

    def test_only_the_author(self, thread: Thread, ana: Reader, bo: Reader, moderator: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="Mine", now=now)
        for other in (bo, moderator):
            with pytest.raises(NotFound):
                actions.edit_comment(actor=other, comment=comment, source="Ours", now=now)

    def test_bad_text_changes_nothing(self, thread: Thread, ana: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="Fine", now=now)
        with pytest.raises(Invalid):
            actions.edit_comment(actor=ana, comment=comment, source=" ", now=now)
        comment.refresh_from_db()
        assert comment.source == "Fine"

    @pytest.mark.parametrize("state", [CommentState.REMOVED, CommentState.WITHDRAWN])
    def test_what_is_gone_cannot_be_edited(self, thread: Thread, ana: Reader, now: datetime, state: str) -> None:
        comment = a_comment(thread, author=ana, state=state, created_at=now)
        with pytest.raises(Conflict):
            actions.edit_comment(actor=ana, comment=comment, source="Back again", now=now)

    def test_where_moderators_read_first_an_edited_comment_waits_again(
        self, thread: Thread, ana: Reader, moderator: Reader, now: datetime
    ) -> None:
        actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.HELD_FIRST)
        comment = actions.post_comment(author=ana, thread=thread, source="Harmless", now=now)
        actions.set_comment_state(actor=moderator, comment=comment, state=CommentState.VISIBLE)
        edited = actions.edit_comment(actor=ana, comment=comment, source="Less harmless", now=now)
        assert edited.state == CommentState.HELD
        thread.refresh_from_db()
        assert thread.comment_count == 0

    def test_not_in_a_closed_thread(self, thread: Thread, ana: Reader, moderator: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="Before", now=now)
        actions.set_thread_state(actor=moderator, thread=thread, state=ThreadState.CLOSED)
        with pytest.raises(Conflict):
            actions.edit_comment(actor=ana, comment=comment, source="After", now=now)


class TestWithdrawing:
    def test_at_any_time_and_the_source_stays(self, thread: Thread, ana: Reader, now: datetime) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="I was wrong", now=now)
        gone = actions.withdraw_comment(actor=ana, comment=comment, now=later(now, days=900))
        assert (gone.state, gone.source) == (CommentState.WITHDRAWN, "I was wrong")
        assert actions.withdraw_comment(actor=ana, comment=comment, now=later(now, days=901)).state_changed_at == later(
            now, days=900
        )
        thread.refresh_from_db()
        assert (thread.comment_count, thread.last_comment_at, thread.version) == (0, None, 2)

    def test_only_the_author(self, thread: Thread, ana: Reader, bo: Reader) -> None:
        with pytest.raises(NotFound):
            actions.withdraw_comment(actor=bo, comment=a_comment(thread, author=ana))

    def test_a_removed_comment_stays_removed(self, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, author=ana, state=CommentState.REMOVED)
        with pytest.raises(NotAllowed):
            actions.withdraw_comment(actor=ana, comment=comment)
