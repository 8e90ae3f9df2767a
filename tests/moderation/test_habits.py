"""Checks of what somebody does: links, mentions, pace, repetition, the hidden field; and the standing they go by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState, Waits
from kakehashi.moderation import actions, rules, tasks
from kakehashi.moderation.models import Action, CheckResult
from kakehashi.readers.models import Reader, Role, Standing
from kakehashi.stories.models import NewsroomSettings
from tests.factories import a_comment, a_reader, a_story, a_thread
from tests.moderation.rows import a_ground, a_removal

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LONG = "The council has promised the same bridge at every election since the first ferry left."


def post(source: str, *, author: Reader | None = None, at: datetime = NOW, **fields: Any) -> Comment:
    thread = a_thread(a_story(published_at=NOW))
    return comment_actions.post_comment(author=author or a_reader(), source=source, thread=thread, now=at, **fields)


def said(comment: Comment) -> list[tuple[str, str]]:
    return list(CheckResult.objects.filter(comment=comment).order_by("pk").values_list("check_name", "verdict"))


class TestTheSameText:
    def test_ones_own_elsewhere_is_held(self) -> None:
        ana = a_reader()
        assert post(LONG, author=ana).is_visible
        again = post(LONG.replace("e", "3") + " !", author=ana, at=NOW + timedelta(hours=3))
        assert (again.state, again.waits_for, said(again)) == (CommentState.HELD, Waits.REPEATS, [("repeats", "held")])

    def test_of_several_accounts_the_second_is_told_and_the_third_held(self) -> None:
        found = [post(LONG, at=NOW + timedelta(hours=n)) for n in range(3)]
        assert [one.state for one in found] == ["visible", "visible", "held"]
        assert [said(one) for one in found] == [[], [("repeats", "suspect")], [("repeats", "held")]]

    def test_short_texts_withdrawn_ones_and_those_of_some_days_ago_do_not_count(self) -> None:
        ana = a_reader()
        assert all(post("Well said!", author=ana, at=NOW + timedelta(minutes=n)).is_visible for n in range(3))
        comment_actions.withdraw_comment(actor=ana, comment=post(LONG, author=ana, at=NOW + timedelta(hours=1)))
        assert post(LONG, author=ana, at=NOW + timedelta(hours=2)).is_visible
        assert post(LONG, author=ana, at=NOW + timedelta(days=3)).is_visible
        assert tasks.forget_digests(NOW + timedelta(days=4)) == 2
        assert Comment.objects.filter(digest__isnull=False).count() == 1

    def test_other_numbers_are_another_text(self) -> None:
        ana = a_reader()
        for number in (1, 11, 111):
            post(
                f"The committee has put off decision number {number} again.",
                author=ana,
                at=NOW + timedelta(minutes=number),
            )
        assert not CheckResult.objects.exists()

    def test_an_edit_is_no_way_around(self) -> None:
        ana = a_reader()
        post(LONG, author=ana)
        other = post("The ferry is late again.", author=ana, at=NOW + timedelta(minutes=1))
        at = NOW + timedelta(minutes=2)
        edited = comment_actions.edit_comment(actor=ana, comment=other, source=LONG + " Indeed.", now=at)
        # A slip put right is the comment itself.
        edited = comment_actions.edit_comment(actor=ana, comment=other, source=LONG + " Indeed!", now=at)
        assert (edited.state, said(edited)) == (CommentState.VISIBLE, [])
        edited = comment_actions.edit_comment(actor=ana, comment=other, source=LONG, now=at)
        assert (edited.state, edited.waits_for, said(edited)) == ("held", Waits.REPEATS, [("repeats", "held")])


def test_many_comments_within_minutes_are_held() -> None:
    ana = a_reader()
    found = [post(f"Number {n}, said quickly.", author=ana, at=NOW + timedelta(seconds=20 * n)) for n in range(6)]
    assert [one.state for one in found] == [*["visible"] * 5, "held"]
    assert (found[-1].waits_for, said(found[-1])) == (Waits.PACE, [("pace", "held")])


def test_many_mentions_are_held() -> None:
    names = [a_reader(f"Mate {letter}").name for letter in "abcdef"]
    assert post(" ".join(f"@{name}," for name in names[:5])).is_visible
    held = post(" ".join(f"@{name}," for name in names))
    assert (held.waits_for, said(held)) == (Waits.MENTIONS, [("mentions", "held")])


def test_links_of_members_nobody_knows_yet_are_held(settings: Settings) -> None:
    settings.BASE_URL = "https://news.example"
    free, new = NewsroomSettings(first_comments_held=0), a_reader(standing=Standing.NEW)
    assert post("Read https://example.org/study first.").is_visible
    held = post("Look at https://example.org/study again.", author=new, newsroom=free)
    assert (held.waits_for, said(held)) == (Waits.LINKS, [("links", "held")])
    assert post("Read the study first.", author=new, newsroom=free, at=NOW + timedelta(minutes=1)).is_visible
    ours = f"We had that before: {settings.BASE_URL}/politics/a-story/"
    assert post(ours, author=new, newsroom=free, at=NOW + timedelta(minutes=2)).is_visible
    theirs = f"Read {settings.BASE_URL}.org/study"
    assert not post(theirs, author=new, newsroom=free, at=NOW + timedelta(minutes=3)).is_visible


class TestHiddenField:
    def test_what_a_robot_fills_in_holds_and_says_nothing_to_it(self, client: Client) -> None:
        story = a_story()
        client.force_login(a_reader())
        address = f"/story/{story.pk}/comment/"
        form = client.get(address).text
        assert 'name="subject" tabindex="-1" autocomplete="off"' in form
        answer = client.post(address, {"text": "Buy at my shop", "subject": "Great offer"}, follow=True)
        comment = Comment.objects.get()
        assert (comment.state, comment.waits_for, said(comment)) == ("held", Waits.CHECK, [("hidden-field", "held")])
        assert "An automated check has put it aside" in answer.text
        assert "hidden field" not in answer.text

    def test_people_leave_it_empty(self, client: Client) -> None:
        story = a_story()
        client.force_login(a_reader())
        client.post(f"/story/{story.pk}/comment/", {"text": "A fair point.", "subject": ""})
        assert Comment.objects.get().is_visible


class TestStanding:
    def test_a_member_is_known_once_the_first_comments_are_published(self) -> None:
        ana, mo = a_reader(standing=Standing.NEW), a_reader(role=Role.MODERATOR)
        thread = a_thread(a_story(published_at=NOW))
        for n in range(2):
            at = NOW + timedelta(minutes=n)
            comment = comment_actions.post_comment(author=ana, source=f"Number {n}.", thread=thread, now=at)
            assert comment.waits_for == Waits.NEW
            actions.decide_comment(actor=mo, comment=comment, action=Action.VISIBLE, now=at)
            tasks.look_at_members(at)
            ana.refresh_from_db()
            assert ana.standing == (Standing.NEW, Standing.ESTABLISHED)[n]
        assert post("Number 3.", author=ana, at=NOW + timedelta(hours=1)).is_visible

    def test_where_none_are_held_members_become_known_by_themselves(self) -> None:
        ana = a_reader(standing=Standing.NEW)
        for n in range(2):
            a_comment(author=ana, created_at=NOW - timedelta(minutes=n))
        assert tasks.look_at_members(NOW) == 1
        assert tasks.look_at_members(NOW) == 0
        ana.refresh_from_db()
        assert ana.standing == Standing.ESTABLISHED

    def test_of_whom_much_was_removed_is_read_first_and_after_a_week_no_more(self) -> None:
        ana = a_reader()
        comments = [a_comment(author=ana, created_at=NOW - timedelta(days=1)) for _ in range(5)]
        for comment in comments[:2]:
            a_removal(comment, ground=a_ground(), now=NOW)
        tasks.look_at_members(NOW)
        ana.refresh_from_db()
        assert ana.standing == Standing.WATCHED
        assert post("May I?", author=ana).waits_for == Waits.RECORD
        assert tasks.look_at_watched(NOW + timedelta(days=1)) == 0
        assert tasks.look_at_watched(NOW + timedelta(days=8)) == 1
        ana.refresh_from_db()
        assert ana.standing == Standing.ESTABLISHED

    @pytest.mark.parametrize(
        ("before", "published", "written", "removed", "after"),
        [
            ("new", 1, 1, 0, "new"), ("new", 2, 2, 0, "established"), ("established", 0, 0, 0, "established"),
            ("established", 9, 10, 1, "established"), ("established", 8, 10, 2, "established"),
            ("established", 7, 10, 3, "watched"), ("new", 0, 2, 2, "watched"), ("watched", 1, 1, 0, "new"),
            ("watched", 5, 0, 0, "established"),
        ],
    )  # fmt: skip
    def test_the_rule(self, before: str, published: int, written: int, removed: int, after: str) -> None:
        found = rules.standing_of(before, published=published, needed=2, written=written, removed=removed)
        assert found == after


class TestReadersAreToldBefore:
    @pytest.mark.parametrize(
        ("standing", "says"),
        [("new", "reads the first comments of every new member"), ("watched", "were removed within the last days")],
    )
    def test_in_the_form(self, client: Client, standing: str, says: str) -> None:
        story = a_story()
        client.force_login(a_reader(standing=standing))
        assert says in client.get(story.get_absolute_url()).text
        assert says in client.get(f"/story/{story.pk}/comment/").text

    def test_who_need_not_wait_is_told_nothing(self, client: Client) -> None:
        story = a_story()
        client.force_login(a_reader())
        assert "before others see" not in client.get(story.get_absolute_url()).text

    def test_the_author_sees_why_it_waits_and_nobody_else(self, client: Client) -> None:
        ana = a_reader(standing=Standing.NEW)
        story = a_story()
        comment_actions.post_comment(author=ana, source="My first words here.", story=story)
        assert "My first words" not in client.get(story.get_absolute_url()).text
        client.force_login(ana)
        page = client.get(story.get_absolute_url()).text
        assert "Waits for a moderator: nobody else sees it yet. A moderator reads the first comments" in page
