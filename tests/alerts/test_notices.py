"""The bell and the page of notices: what a reader sees of them, and does with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.alerts import actions, notices
from kakehashi.alerts.actions.telling import Event
from kakehashi.alerts.models import Notice, NoticeKind
from kakehashi.comments import actions as comments
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader
from kakehashi.stories.models import Correction
from tests.factories import a_comment, a_reader, a_story

pytestmark = pytest.mark.django_db
PAGE = "/account/notices/"
MINUTE = timedelta(minutes=1)
Tell = Callable[..., Notice]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def thread(db: None) -> Thread:
    return comments.thread_for(a_story("The ferry is late again", slug="ferry"))


@pytest.fixture
def ana(db: None) -> Reader:
    return a_reader("Ana Lindqvist")


@pytest.fixture
def bo(db: None) -> Reader:
    return a_reader("Bo Marsh")


@pytest.fixture
def visitor(client: Client, ana: Reader) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def tell(thread: Thread, ana: Reader, bo: Reader, now: datetime) -> Tell:
    """`tell(kind, …)` writes a comment of Bo's and the notice of it for Ana."""

    def told(kind: str = NoticeKind.MENTION, *, subject: str = "", at: datetime = now, **fields: object) -> Notice:
        comment = fields.pop("comment", None) or a_comment(thread, author=bo, created_at=at, source="Words of Bo's.")
        assert isinstance(comment, Comment)
        event = Event(
            reader=ana.pk,
            kind=NoticeKind(kind),
            cause=f"comment:{comment.pk}",
            subject=subject or str(comment.pk),
            story=thread.story_id,
            comment=comment.pk,
            writer=comment.author_id,
            **fields,  # type: ignore[arg-type]
        )
        assert actions.tell(events=[event], now=at) == 1
        return Notice.objects.get(reader=ana, cause=event.cause)

    return told


def seen(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def on_the_bell(reader: Reader) -> int:
    reader.refresh_from_db()
    return reader.unread_notices


class TestBell:
    @pytest.mark.parametrize("unread", [0, 1, 3, 99, 100, 4000])
    def test_it_says_how_many_on_every_page(self, visitor: Client, ana: Reader, thread: Thread, unread: int) -> None:
        Reader.objects.filter(pk=ana.pk).update(unread_notices=unread)
        words = {0: ">Notices<", 1: ">1 unread notice<", 100: ">More than 99 unread notices<"}
        said = words.get(min(unread, 100), f">{unread} unread notices<")
        paths = ["/", "/politics/", thread.story.get_absolute_url(), "/account/", "/search/", ana.get_absolute_url()]
        for path in paths * 2:
            html = seen(visitor, path)
            assert said in html, path
            assert html.count('class="bell"') == 1
            assert ('<b aria-hidden="true">99+</b>' in html) is (unread > 99)
            assert ('<b aria-hidden="true">' in html) is (unread > 0)

    def test_each_sees_the_own_number_on_kept_pages(self, thread: Thread, ana: Reader, bo: Reader) -> None:
        Reader.objects.filter(pk=ana.pk).update(unread_notices=3)
        Reader.objects.filter(pk=bo.pk).update(unread_notices=5)
        for path in ("/", "/politics/", thread.story.get_absolute_url()):
            for reader, number in ((ana, 3), (bo, 5), (ana, 3)):
                client = Client()
                client.force_login(reader)
                assert f"{number} unread notices" in seen(client, path)

    def test_nobody_in_particular_has_none(self, client: Client, thread: Thread) -> None:
        for path in ("/", thread.story.get_absolute_url(), "/account/login/"):
            assert 'class="bell"' not in seen(client, path)

    @pytest.mark.parametrize("length", [1, 30])
    def test_it_costs_no_query(self, visitor: Client, thread: Thread, tell: Tell, length: int) -> None:
        for _ in range(length):
            tell()
        # Who is logged in, whether the newspaper has changed; on a story also what is one's own.
        for path, most in (("/", 2), ("/politics/", 2), (thread.story.get_absolute_url(), 3)):
            seen(visitor, path)
            with CaptureQueriesContext(connection) as queries:
                assert f"{length} unread" in seen(visitor, path)
            assert len(queries) == most, path


class TestPage:
    def test_it_is_for_members(self, client: Client) -> None:
        for path in (PAGE, f"{PAGE}1/open/", f"{PAGE}read/"):
            response = client.get(path)
            assert response.status_code == 302
            assert response["Location"].startswith("/account/login/?next=")

    def test_each_kind_says_what_happened(
        self, visitor: Client, ana: Reader, thread: Thread, tell: Tell, now: datetime
    ) -> None:
        for kind in (NoticeKind.ANSWER, NoticeKind.QUOTE, NoticeKind.MENTION, NoticeKind.THREAD):
            tell(kind)
        Correction.objects.create(story=thread.story, corrected_at=now, text="It was <Tuesday>.")
        cause = f"correction:{thread.story_id}:{now.timestamp():.0f}"
        Notice.objects.create(reader=ana, kind="correction", cause=cause, heap="c", story=thread.story)
        mine = a_comment(thread, author=ana, source="My own words.", state=CommentState.REMOVED)
        for outcome in ("removed", "held", "visible"):
            Notice.objects.create(
                reader=ana,
                kind="decision",
                cause=outcome,
                heap=outcome,
                story=thread.story,
                comment=mine,
                outcome=outcome,
            )
        html = seen(visitor)
        for words in (
            "Bo Marsh answered your comment",
            "Bo Marsh quoted your comment",
            "Bo Marsh mentioned you",
            "Bo Marsh wrote in a discussion that you follow",
            "A story that you commented on was corrected",
            "It was &lt;Tuesday&gt;.",
            "Your comment was removed",
            "Your comment waits for a moderator",
            "Your comment was approved and is shown to everybody",
            "Words of Bo&#x27;s.",
            "The ferry is late again",
            "Today",
        ):
            assert words in html, words
        # A removed comment is nobody's to read.
        assert "My own words." not in html

    def test_answers_to_one_comment_lie_on_one_heap(self, visitor: Client, ana: Reader, tell: Tell) -> None:
        for _ in range(3):
            tell(NoticeKind.ANSWER, subject="0")
        tell(NoticeKind.ANSWER, subject="-8")
        html = seen(visitor)
        assert "3 answers to your comment" in html
        assert html.count("answered your comment</button>") == 1
        assert html.count('class="notice-item') == 2
        assert on_the_bell(ana) == 2

    def test_what_is_written_is_read_anew(self, visitor: Client, tell: Tell) -> None:
        told = tell()
        assert "Words of Bo&#x27;s." in seen(visitor)
        Comment.objects.filter(pk=told.comment_id).update(plain="<b>Other</b> words.")
        assert "&lt;b&gt;Other&lt;/b&gt; words." in seen(visitor)
        for state in ("held", "removed", "withdrawn"):
            Comment.objects.filter(pk=told.comment_id).update(state=state)
            assert "words." not in seen(visitor)

    def test_a_former_name_a_long_comment_and_odd_signs(
        self, visitor: Client, bo: Reader, thread: Thread, tell: Tell, now: datetime
    ) -> None:
        tell(comment=a_comment(thread, author=bo, source="長い " * 900))
        readers.change_name(reader=bo, name="Bo & Ø 2€", now=now)
        html = seen(visitor)
        assert "Bo &amp; Ø 2€ mentioned you" in html
        assert "長い…" in html.replace(" …", "…")
        assert html.count("長い") < 100
        readers.erase_reader(reader=bo, now=now)
        assert "Deleted member mentioned you" in seen(visitor)

    def test_stories_that_are_gone_take_their_notices_along(self, visitor: Client, thread: Thread, tell: Tell) -> None:
        tell()
        thread.story.unpublish()
        html = seen(visitor)
        assert "All quiet." in html
        assert ">Notices<" in html

    def test_nothing_is_read_by_looking(self, visitor: Client, ana: Reader, tell: Tell) -> None:
        told = tell()
        seen(visitor)
        visitor.get(f"{PAGE}{told.pk}/open/")
        visitor.get(f"{PAGE}read/?until={told.pk}")
        assert on_the_bell(ana) == 1

    def test_the_bell_is_mended_where_it_was_wrong(self, visitor: Client, ana: Reader, tell: Tell) -> None:
        tell()
        Reader.objects.filter(pk=ana.pk).update(unread_notices=17)
        assert "1 unread notice<" in seen(visitor)
        assert on_the_bell(ana) == 1

    def test_older_ones_come_by_pages_and_none_twice(self, visitor: Client, tell: Tell) -> None:
        told = [tell().pk for _ in range(2 * notices.PAGE + 1)]
        path, found = PAGE, list[str]()
        for left in (2, 1, 0):
            html = seen(visitor, path)
            found += [part.partition("/open/")[0] for part in html.split('formaction="/account/notices/')[1:]]
            assert ('rel="next"' in html) is bool(left)
            path = PAGE + "?before=" + html.partition("?before=")[2].partition('"')[0]
            # Newer ones move nothing.
            tell()
        assert [int(pk) for pk in found] == told[::-1]

    def test_one_kind_alone(self, visitor: Client, tell: Tell) -> None:
        for _ in range(notices.PAGE + 1):
            tell(NoticeKind.ANSWER)
        tell(NoticeKind.MENTION)
        html = seen(visitor, f"{PAGE}?kind=mention")
        assert html.count('class="notice-item') == 1
        assert 'href="?kind=mention" aria-current="page"' in html
        assert "kind=answer&amp;before=" in seen(visitor, f"{PAGE}?kind=answer")
        assert "There is nothing here." in seen(visitor, f"{PAGE}?kind=quote")

    @pytest.mark.parametrize(
        "query",
        [
            "kind=nonsense",
            "kind=",
            "kind=answer&kind=mention",
            "before=x",
            "before=-1",
            "before=" + "9" * 40,
            "before=٣",
            "before=" + "9" * 18,
            "kind=%00",
            "before=%00",
            "kind=%F0%9F",
        ],
    )
    def test_odd_addresses_are_answered(self, visitor: Client, tell: Tell, query: str) -> None:
        tell()
        assert visitor.get(f"{PAGE}?{query}").status_code in (200, 400)

    @pytest.mark.parametrize("kinds", [[NoticeKind.MENTION], list(NoticeKind)])
    def test_it_takes_as_many_queries_for_thirty_as_for_one(
        self, visitor: Client, ana: Reader, thread: Thread, tell: Tell, kinds: list[str]
    ) -> None:
        asked = []
        for length in (1, 29):
            for n in range(length):
                told = tell()
                Notice.objects.filter(pk=told.pk).update(kind=kinds[n % len(kinds)])
            seen(visitor)
            with CaptureQueriesContext(connection) as queries:
                seen(visitor)
            asked.append(len(queries))
        # Corrections are read only where there are any.
        assert asked[1] == asked[0] + (len(kinds) > 1)
        assert asked[0] <= 8


class TestReading:
    def test_opening_leads_to_the_comment_and_marks_it(
        self, visitor: Client, ana: Reader, thread: Thread, tell: Tell
    ) -> None:
        told, other = tell(), tell()
        response = visitor.post(f"{PAGE}{told.pk}/open/", follow=True)
        assert response.redirect_chain[0][0] == f"/comment/{told.comment_id}/"
        assert response.redirect_chain[-1][0].endswith(f"#c-{told.comment_id}")
        assert list(Notice.objects.unread().values_list("pk", flat=True)) == [other.pk]
        assert on_the_bell(ana) == 1

    def test_a_heap_leads_to_the_first_unread_and_is_read_up_to_where_it_was_seen(
        self, visitor: Client, ana: Reader, tell: Tell
    ) -> None:
        first, second, third = (tell(NoticeKind.ANSWER, subject="0") for _ in range(3))
        response = visitor.post(f"{PAGE}{second.pk}/open/")
        assert response["Location"] == f"/comment/{first.comment_id}/"
        assert list(Notice.objects.unread().values_list("pk", flat=True)) == [third.pk]
        assert on_the_bell(ana) == 1
        assert visitor.post(f"{PAGE}{third.pk}/open/")["Location"] == f"/comment/{third.comment_id}/"
        assert visitor.post(f"{PAGE}{third.pk}/open/")["Location"] == f"/comment/{third.comment_id}/"
        assert on_the_bell(ana) == 0

    def test_a_correction_leads_to_its_story(self, visitor: Client, ana: Reader, thread: Thread) -> None:
        told = Notice.objects.create(reader=ana, kind="correction", cause="c", heap="c", story=thread.story)
        assert visitor.post(f"{PAGE}{told.pk}/open/")["Location"] == thread.story.get_absolute_url()

    def test_what_is_gone_says_so(self, visitor: Client, ana: Reader, thread: Thread, tell: Tell) -> None:
        told = tell()
        Comment.objects.filter(pk=told.comment_id).update(state=CommentState.HELD)
        response = visitor.post(f"{PAGE}{told.pk}/open/", follow=True)
        assert "What this notice was about is not here any more." in response.content.decode()
        told = Notice.objects.create(reader=ana, kind="correction", cause="c", heap="c", story=thread.story)
        thread.story.unpublish()
        assert visitor.post(f"{PAGE}{told.pk}/open/")["Location"] == PAGE

    def test_one_and_all_marked_as_read(self, visitor: Client, ana: Reader, tell: Tell) -> None:
        told = [tell() for _ in range(3)] + [tell(NoticeKind.ANSWER)]
        response = visitor.post(f"{PAGE}read/", {"notice": told[0].pk, "kind": "mention", "before": told[2].pk})
        assert response["Location"] == f"{PAGE}?kind=mention&before={told[2].pk}"
        assert on_the_bell(ana) == 3
        visitor.post(f"{PAGE}read/", {"until": told[1].pk})
        assert on_the_bell(ana) == 2
        visitor.post(f"{PAGE}read/", {"until": told[3].pk, "kind": "mention"})
        assert on_the_bell(ana) == 1
        response = visitor.post(f"{PAGE}read/", {"until": told[3].pk}, follow=True)
        assert "All of these are marked as read." in response.content.decode()
        assert on_the_bell(ana) == 0

    def test_others_notices_are_not_there(self, visitor: Client, tell: Tell, thread: Thread) -> None:
        other = a_reader()
        theirs = Notice.objects.create(
            reader=other, kind="mention", cause="x", heap="x", story=thread.story, comment=a_comment(thread)
        )
        assert "All quiet." in seen(visitor)
        for pk in (theirs.pk, theirs.pk + 1, 0, 10**17):
            assert visitor.post(f"{PAGE}{pk}/open/").status_code == 404
            assert visitor.post(f"{PAGE}read/", {"notice": pk}).status_code == 404
        visitor.post(f"{PAGE}read/", {"until": 10**17})
        assert Notice.objects.unread().count() == 1

    @pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "9" * 50, "٣", "\x00"])
    def test_odd_numbers_change_nothing(self, visitor: Client, ana: Reader, tell: Tell, number: str) -> None:
        tell()
        for name in ("notice", "until"):
            response = visitor.post(f"{PAGE}read/", {name: number, "kind": "<b>", "before": number})
            assert response.status_code in (302, 400)
        assert on_the_bell(ana) == 1
        assert visitor.post(f"{PAGE}{'9' * 30}/open/").status_code == 404

    def test_it_asks_for_the_token(self, ana: Reader, tell: Tell) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(ana)
        told = tell()
        assert client.post(f"{PAGE}{told.pk}/open/").status_code == 403
        assert on_the_bell(ana) == 1
