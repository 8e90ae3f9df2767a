"""The story page as it is put together: what is shared holds nobody's own, and what is somebody's own is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import PageViewRestriction, Site

from kakehashi.comments import actions, listings, page, places, scenes
from kakehashi.comments.models import CommentState, Quote, Thread
from kakehashi.comments.orders import Choice
from kakehashi.lib import pages
from kakehashi.readers.models import Mute, Reader, Role
from kakehashi.stories.actions import new_edition
from kakehashi.stories.models import NewsroomSettings, StoryPage
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread, a_vote, changed

TOKEN = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")\w{64}')


@pytest.fixture
def bodies(story: StoryPage) -> Callable[..., bytes]:
    """The story page for each reader, by a client of their own, with tokens blanked."""

    def body(reader: Reader | None = None, query: str = "") -> bytes:
        client = Client()
        if reader is not None:
            client.force_login(reader)
        response = client.get(f"{story.url}{query}")
        assert response.status_code == 200
        tokens = set(TOKEN.findall(response.content))
        assert len(tokens) == (1 if reader is not None else 0)
        return TOKEN.sub(b"", response.content)

    return body


def shared_text() -> bytes:
    return b"\n".join([*scenes.shared_texts(), *listings.shared_texts()])


class TestWhatIsShared:
    def test_two_members_pages_differ_in_their_own_parts_alone(
        self, thread: Thread, ana: Reader, bo: Reader, bodies: Callable[..., bytes]
    ) -> None:
        others = [a_comment(thread, author=a_reader()) for _ in range(5)]
        assert bodies(ana).replace(b"Ana%20Lindqvist", b"").replace(b"Ana Lindqvist", b"") == bodies(bo).replace(
            b"Bo%202%E2%82%AC", b""
        ).replace("Bo 2€".encode(), b"")
        a_vote(others[1], 1, reader=ana)
        Mute.objects.create(reader=bo, muted=others[3].author)
        differing = [
            number
            for number, (one, two) in enumerate(
                zip(bodies(ana).split(b"<article"), bodies(bo).split(b"<article"), strict=True)
            )
            if one != two and b"Ana Lindqvist" not in one
        ]
        # The story's own article comes before the comments.
        assert differing == [1 + 2, 1 + 4]

    def test_it_holds_no_name_no_token_and_no_text_of_whoever_looked(
        self, client: Client, story: StoryPage, thread: Thread, moderator: Reader
    ) -> None:
        names = ["Curious Visitor", moderator.name]
        visitor, answered = a_reader(names[0]), a_comment(thread, author=a_reader("Quoted"), source="Said before")
        held = a_comment(thread, author=visitor, state=CommentState.HELD, source="Unseen words of mine")
        tokens: set[bytes] = set()
        for reader in (visitor, moderator):
            client.force_login(reader)
            for query in ("", "?order=newest&layout=nested", f"?quote={answered.pk}"):
                content = client.get(f"{story.url}{query}").content
                assert reader.name.encode() in content
                tokens |= set(TOKEN.findall(content))
        assert b"Unseen words of mine" in content
        kept = shared_text()
        assert b"Said before" in kept
        assert len(tokens) == 6
        assert not any(token in kept for token in tokens)
        assert moderator.name.encode() not in kept
        assert b"&gt; Said before" not in kept
        # A moderator's pages, shared by moderators, hold what waits; nobody else's do.
        assert held.html.encode() in kept
        places.forget()
        client.force_login(visitor)
        assert held.html.encode() in client.get(story.url).content
        assert b"Unseen words of mine" not in shared_text()
        assert b"Curious Visitor" not in shared_text()

    def test_a_message_is_shown_to_one_reader_once(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, bodies: Callable[..., bytes]
    ) -> None:
        client.force_login(ana)
        client.post("/account/logout/")
        first = client.get(story.url)
        assert b'class="messages' in first.content
        assert pages.shared(first) is None
        again = client.get(story.url)
        assert b'class="messages' not in again.content
        assert b'class="messages' not in bodies()


class TestWhatIsOnesOwn:
    def test_a_vote_edit_and_withdrawal_show_at_once_to_everybody(
        self, thread: Thread, ana: Reader, bo: Reader, bodies: Callable[..., bytes], now: datetime
    ) -> None:
        comment = actions.post_comment(author=ana, thread=thread, source="First words")
        assert all(b"First words" in bodies(reader) for reader in (None, ana, bo))
        actions.cast_vote(reader=bo, comment=comment, value=1)
        assert all(b"1 ( +1 / -0 )" in bodies(reader) for reader in (None, ana, bo))
        actions.edit_comment(actor=ana, comment=comment, source="Second words")
        assert all(b"Second words" in bodies(reader) for reader in (None, ana, bo))
        actions.withdraw_comment(actor=ana, comment=comment)
        assert not any(b"Second words" in bodies(reader) for reader in (None, ana, bo))

    def test_a_link_to_a_neighbour_becomes_one_to_its_page_when_it_moves_away(
        self, thread: Thread, bodies: Callable[..., bytes], pages_of_three: None
    ) -> None:
        first = a_comment(thread)
        middle = [a_comment(thread), a_comment(parent=first)]
        assert f'href="#c-{first.pk}"'.encode() in bodies(query="?order=newest")
        changed(a_comment(thread, created_at=middle[-1].created_at + timedelta(seconds=1)))
        assert f'href="/comment/{first.pk}/">in answer'.encode() in bodies(query="?order=newest")

    def test_what_waits_changes_its_authors_page_alone(
        self, thread: Thread, ana: Reader, bo: Reader, bodies: Callable[..., bytes]
    ) -> None:
        waiting = a_comment(thread, author=ana, state=CommentState.HELD, source="Patience")
        a_comment(parent=waiting, author=bo)
        assert b"Patience" not in bodies(bo) + bodies()
        mine = bodies(ana)
        assert b"Patience" in mine
        assert f'href="#c-{waiting.pk}">in answer to Ana Lindqvist'.encode() in mine
        assert b"in answer to" not in bodies(bo)

    def test_a_suspended_member_reads_and_withdraws_but_does_not_vote(
        self, thread: Thread, ana: Reader, bodies: Callable[..., bytes]
    ) -> None:
        a_comment(thread, author=ana)
        a_comment(thread)
        Reader.objects.filter(pk=ana.pk).update(suspended_until=timezone.now() + timedelta(days=1))
        html = bodies(ana)
        assert [sign in html for sign in (b"/vote/", b"?answer=", b"/withdraw/", b"Your account is suspended")] == [
            False,
            False,
            True,
            True,
        ]


class TestSharing:
    def shared(self, client: Client, address: str) -> pages.Shared | None:
        response = client.get(address)
        assert response.status_code == 200
        return pages.shared(response)

    def test_only_what_nobody_in_particular_sees_is_for_everybody(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        a_comment(thread)
        thread.refresh_from_db()
        found = self.shared(client, story.url)
        assert found is not None
        assert found.tags == {f"thread:{thread.pk}": thread.version}
        assert found.again is not None
        before = client.get(story.url).content
        assert found.again() == before
        changed(a_comment(thread, source="And then this"))
        assert b"And then this" in found.again()
        client.force_login(ana)
        assert self.shared(client, story.url) is None

    def test_it_lasts_until_the_thread_closes_a_licence_ends_or_a_score_appears(
        self, client: Client, now: datetime, db: None
    ) -> None:
        section = a_section("Quiet", vote_display="hidden", votes_hidden_hours=6)
        soon = now + timedelta(seconds=40)
        closing = a_story(published_at=soon - timedelta(days=30), section=section)
        licensed = a_story(licence_ends_at=soon, section=section)
        hidden = a_story(section=section)
        a_comment(a_thread(hidden), created_at=soon - timedelta(hours=6))
        plain = a_story(section=section)
        a_thread(plain)
        for story in (closing, licensed, hidden):
            found = self.shared(client, story.url)
            assert found is not None
            assert timedelta(seconds=20) < found.lasts <= timedelta(seconds=40), story
        found = self.shared(client, plain.url)
        assert found is not None
        assert found.lasts == pages.LONGEST

    def test_a_story_nobody_has_written_about_is_looked_at_again_soon(self, client: Client, story: StoryPage) -> None:
        found = self.shared(client, story.url)
        assert found is not None
        assert (found.tags, found.fresh_for) == ({}, timedelta(seconds=1))

    def test_a_story_behind_a_door_is_nobodys_to_share(self, client: Client, story: StoryPage, ana: Reader) -> None:
        assert self.shared(client, story.url) is not None
        PageViewRestriction.objects.create(page=story, restriction_type=PageViewRestriction.LOGIN)
        new_edition()
        assert client.get(story.url).status_code == 302
        client.force_login(ana)
        for _ in range(2):
            response = client.get(story.url)
            assert response.status_code == 200, response["Location"]
            assert pages.shared(response) is None
            assert "private" in response["Cache-Control"]
        client.logout()
        assert client.get(story.url).status_code == 302


class TestEdition:
    def test_a_story_that_was_taken_off_is_gone_and_a_new_headline_is_there(
        self, client: Client, story: StoryPage, ana: Reader
    ) -> None:
        client.force_login(ana)
        for _ in range(2):
            assert b"The ferry is late again" in client.get(story.url).content
        StoryPage.objects.filter(pk=story.pk).update(title="The ferry is on time")
        new_edition()
        assert b"The ferry is on time" in client.get(story.url).content
        StoryPage.objects.filter(pk=story.pk).update(live=False)
        assert client.get(story.url).status_code == 404

    def test_a_page_holds_as_many_comments_as_the_newsroom_says(
        self, client: Client, story: StoryPage, thread: Thread
    ) -> None:
        author = a_reader()
        for _ in range(12):
            a_comment(thread, author=author)
        NewsroomSettings.objects.create(site=Site.objects.get(is_default_site=True), comments_per_page=10)
        assert client.get(story.url).content.count(b'class="comment h-entry') == 10
        NewsroomSettings.objects.update(comments_per_page=1000)
        new_edition()
        assert client.get(story.url).content.count(b'class="comment h-entry') == 12


@pytest.mark.parametrize(("role", "first", "changed_", "still"), [
    ("", 25, 6, 1),
    (Role.READER, 27, 8, 3),
    (Role.EDITOR, 27, 8, 3),
])  # fmt: skip
def test_a_fixed_number_of_queries(
    client: Client, story: StoryPage, thread: Thread, role: str, first: int, changed_: int, still: int
) -> None:
    """Whatever the number of comments: the first look, one after a change, one when nothing has changed."""
    reader = a_reader(role=role) if role else None
    if reader is not None:
        client.force_login(reader)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(story.url).status_code == 200
        return len(captured)

    NewsroomSettings.objects.create(site=Site.objects.get(is_default_site=True), comments_per_page=1000)
    author, comment = a_reader(), a_comment(thread)
    count()
    for number in (1, 30, 200):
        for _ in range(number - thread.comments.count()):
            answer = a_comment(parent=comment, author=author)
        if number > 1:
            Quote.objects.create(comment=answer, quoted=comment)
            if reader is not None:
                a_vote(answer, reader=reader)
        places.forget()
        counted = [count()]
        changed(comment)
        counted += [count(), count()]
        assert counted == [first, changed_, still], number


def test_a_page_of_a_thousand_comments(story: StoryPage, thread: Thread) -> None:
    NewsroomSettings.objects.create(site=Site.objects.get(is_default_site=True), comments_per_page=1000)
    author = a_reader()
    first = a_comment(thread, author=author)
    rows = [type(first)(thread=thread, author=author, source="x", html=f"<p>{n}</p>", plain="x") for n in range(999)]
    type(first).objects.bulk_create(rows)
    found = page.visit(story.pk, None, Choice())
    assert found is not None
    assert found.page_html().count(b'class="comment h-entry') == 1000
