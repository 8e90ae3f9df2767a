"""The check by a service outside, the examples of docs/checks.md as they stand there, and what is done about checks
that do not work."""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from kakehashi.alerts import tasks as alerts
from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState, Revision, Thread, Waits
from kakehashi.lib.errors import Invalid, TooMany
from kakehashi.moderation import actions, queries, tasks
from kakehashi.moderation.checks import Draft, running
from kakehashi.moderation.models import Breakdown, CheckResult, Decision, Verdict, Waiting
from kakehashi.readers.models import FOREVER, Reader, Role
from kakehashi.stories.models import StoryPage
from tests.factories import a_reader, a_story, a_thread
from tests.lib.outside import Answering, http, outside
from tests.moderation.rows import a_moderator

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs" / "checks.md"
OUTSIDE = "kakehashi.moderation.checks.outside.check_outside"
SECRET = "the same secret as the site's"


def post(source: str = "The soup is good.", *, author: Reader | None = None, **fields: Any) -> Comment:
    thread = a_thread(a_story(published_at=NOW))
    return comment_actions.post_comment(author=author or a_reader(), source=source, thread=thread, now=NOW, **fields)


def example(name: str) -> types.ModuleType:
    """The block of docs/checks.md that begins with this file's name, as a module."""
    (code,) = re.findall(rf"```python\n(# {re.escape(name)}\n.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    module = types.ModuleType(name.removesuffix(".py"))
    exec(compile(code, name, "exec"), module.__dict__)
    return module


@pytest.fixture
def use(settings: Settings) -> Callable[[str], None]:
    """Ask this address."""

    def asked(url: str) -> None:
        settings.KAKEHASHI_COMMENT_CHECKS = [OUTSIDE]
        settings.KAKEHASHI_OUTSIDE_CHECK_URL, settings.KAKEHASHI_OUTSIDE_CHECK_SECRET = url, SECRET
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [url.split("/")[2]]

    return asked


@pytest.fixture
def service(use: Callable[[str], None]) -> Iterator[ThreadingHTTPServer]:
    """The documentation's service, listening."""
    found = example("service.py").Service
    found.log_message = lambda *_values: None
    with ThreadingHTTPServer(("127.0.0.1", 0), found) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        use(f"http://127.0.0.1:{server.server_address[1]}/look")
        yield server
        server.shutdown()


class TestDocumentation:
    def test_the_service_holds_what_it_says(self, service: ThreadingHTTPServer) -> None:
        assert post("The soup is good.").is_visible
        comment = post("My lottery numbers for you.")
        result = CheckResult.objects.get(comment=comment)
        assert (comment.state, result.check_name, result.reason, result.score) == (
            "held", "outside", "It speaks of lottery numbers.", 0.8,
        )  # fmt: skip

    def test_the_service_believes_nobody_else(self, service: ThreadingHTTPServer, settings: Settings) -> None:
        settings.KAKEHASHI_OUTSIDE_CHECK_SECRET = "another one"
        assert post().waits_for == Waits.BROKEN

    def test_the_check_of_ones_own(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "our_checks", example("our_checks.py"))
        settings.KAKEHASHI_COMMENT_CHECKS = ["our_checks.prices"]
        assert post("It costs $5.").is_visible
        comment = post("Tickets: $5, € 70 and £12!")
        assert CheckResult.objects.get(comment=comment).reason == "It names 3 prices."


def said(**answer: object) -> bytes:
    return http(json.dumps(answer).encode())


def drip(connection: socket.socket, _head: bytes) -> None:
    for letter in said(verdict="pass"):
        connection.send(bytes([letter]))
        time.sleep(0.05)


def hang(_connection: socket.socket, _head: bytes) -> None:
    time.sleep(3)


BROKEN: dict[str, Answering | bytes] = {
    "hangs": hang,
    "drips": drip,
    "says nothing": b"",
    "speaks no http": b"\x00\x01\x02 hello",
    "fails": http(b"{}", status="500 Internal Server Error"),
    "leads elsewhere": http(b"", "Location: http://127.0.0.1:9/", status="302 Found"),
    "is no json": http(b"<html>"),
    "is another type": http(b'{"verdict": "pass"}', type="text/html"),
    "is huge": http(b'{"verdict": "pass", "reason": "' + b"x" * 200_000 + b'"}'),
    "is deep": http(b"[" * 50_000),
    "is a list": http(b"[]"),
    "has no verdict": said(reason="?"),
    "has another verdict": said(verdict="burn"),
    "has an odd verdict": said(verdict=["pass"]),
    "has an odd score": said(verdict="pass", score="high"),
    "has a wild score": said(verdict="hold", score=7),
    "has an endless rule": said(verdict="hold", rule=1e999),
    "has a wild rule": said(verdict="hold", rule=-1),
    "refuses without a word": said(verdict="refuse"),
}


class TestAnswers:
    @pytest.mark.parametrize("name", BROKEN)
    def test_whatever_it_does_nothing_passes_unseen(
        self, use: Callable[[str], None], settings: Settings, name: str
    ) -> None:
        settings.KAKEHASHI_CHECK_SECONDS = 0.4
        began = time.monotonic()
        with outside(BROKEN[name]) as there:
            use(there.url)
            comment = post()
        assert time.monotonic() - began < 10
        assert (comment.state, comment.waits_for) == (CommentState.HELD, Waits.BROKEN)
        assert CheckResult.objects.get(comment=comment).verdict == Verdict.BROKEN
        assert queries.broken_checks().get().comments == 1

    def test_nobody_there(self, use: Callable[[str], None]) -> None:
        with outside(b"") as there:
            pass
        use(there.url)
        assert post().waits_for == Waits.BROKEN

    def test_a_private_address_that_nobody_allowed_is_not_asked(
        self, use: Callable[[str], None], settings: Settings
    ) -> None:
        with outside(said(verdict="pass")) as there:
            use(there.url)
            settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = []
            assert post().waits_for == Waits.BROKEN
            assert there.asked == []

    def test_it_may_refuse_with_a_sentence(self, use: Callable[[str], None]) -> None:
        with outside(said(verdict="refuse", reason="No lottery here, please.")) as there:
            use(there.url)
            with pytest.raises(Invalid, match="No lottery"):
                post()

    def test_suspect_is_published(self, use: Callable[[str], None]) -> None:
        with outside(said(verdict="suspect", reason="Odd.", rule=3)) as there:
            use(there.url)
            comment = post()
        assert comment.is_visible
        result = CheckResult.objects.get(comment=comment)
        assert (result.reason, result.rule_number) == ("Odd.", 3)

    def test_it_is_told_no_name_and_no_address(self, use: Callable[[str], None]) -> None:
        ana = a_reader("Ana Quill")
        with outside(said(verdict="pass")) as there:
            use(there.url)
            post("See https://example.org/x", author=ana)
            (asked,) = there.asked
        head, _, body = asked.partition(b"\r\n\r\n")
        assert head.startswith(b"POST / HTTP/1.1")
        told = json.loads(body)
        assert (told["text"], told["links"]) == ("See https://example.org/x", ["https://example.org/x"])
        assert told["author"] == {"id": ana.pk, "standing": "established"}
        assert b"Quill" not in asked
        assert ana.email.encode() not in asked

    def test_nobody_is_asked_about_what_is_refused_anyway(self, use: Callable[[str], None]) -> None:
        ana = a_reader()
        with outside(said(verdict="pass")) as there:
            use(there.url)
            post("First.", author=ana)
            with pytest.raises(TooMany):
                post("Second.", author=ana)
            assert len(there.asked) == 1


class TestBreakdowns:
    def test_the_staff_are_told_on_every_page_of_theirs(self, settings: Settings, client: Client) -> None:
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.failing"]
        comment = post()
        post()
        client.force_login(a_moderator())
        for address in ("/moderation/", "/moderation/decisions/", f"/moderation/comment/{comment.pk}/"):
            page = client.get(address).text
            assert "A check does not work" in page
            assert "ValueError: no such drawer" in page
            assert "2 comments held" in page
        assert "failing" in client.get("/moderation/checks/").text

    def test_every_moderator_gets_a_mail_a_day(self, settings: Settings, mailoutbox: list[EmailMessage]) -> None:
        moderator, _reader = a_moderator(), a_reader()
        for member in (moderator, _reader):
            EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.failing"]
        post()
        for hours in (0, 1, 5, 24):
            alerts.queue_news(NOW + timedelta(hours=hours))
            alerts.send_mails(NOW + timedelta(hours=hours))
        assert [(one.to, one.subject) for one in mailoutbox] == [
            ([moderator.email], "A check does not work: failing")
        ] * 2
        assert "ValueError: no such drawer" in mailoutbox[0].body
        assert "/moderation/" in mailoutbox[0].body
        # Who moderates no longer is not told what waits in the queue of mails.
        post()
        alerts.queue_news(NOW + timedelta(hours=48))
        Reader.objects.filter(pk=moderator.pk).update(role=Role.READER)
        alerts.send_mails(NOW + timedelta(hours=48))
        assert len(mailoutbox) == 2

    def test_it_is_tried_until_it_works(self, settings: Settings, client: Client) -> None:
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.failing"]
        post()
        assert tasks.try_broken_checks(NOW + timedelta(minutes=1)) == 0
        assert [one.check_name for one in queries.broken_checks()] == ["failing"]
        # Mended, or taken out of the settings.
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.salt"]
        assert tasks.try_broken_checks(NOW + timedelta(minutes=2)) == 1
        assert Breakdown.objects.get().ended_at == NOW + timedelta(minutes=2)
        client.force_login(a_moderator())
        assert "A check does not work" not in client.get("/moderation/").text

    def test_one_that_works_again_is_found_to_by_the_worker(
        self, use: Callable[[str], None], settings: Settings
    ) -> None:
        with outside(http(b"{}", status="503 Service Unavailable")) as there:
            use(there.url)
            post()
        with outside(said(verdict="pass")) as there:
            use(there.url)
            assert tasks.try_broken_checks(NOW) == 1
            assert b"lamps were lit" in there.asked[0]
        # The next time it breaks is another breakdown.
        post()
        assert Breakdown.objects.count() == 2

    def test_what_it_held_is_put_before_it_when_it_works_again(
        self, use: Callable[[str], None], settings: Settings
    ) -> None:
        with outside(http(b"{}", status="503 Service Unavailable")) as there:
            use(there.url)
            fine, judged, taken, elsewhere = (post() for _ in range(4))
        mo = a_moderator()
        Thread.objects.filter(pk=elsewhere.thread_id).update(state="held_first")
        Decision.objects.create(action="held", decided_at=NOW, comment=judged, actor=mo)
        actions.claim_comment(actor=mo, comment=taken, now=NOW)
        # The worker is another process, which has not seen it fail.
        running.forget()
        with outside(said(verdict="pass")) as there:
            use(there.url)
            later = NOW + timedelta(minutes=2)
            assert tasks.look_again(later) == 0
            assert tasks.try_broken_checks(later) == 1
            assert [tasks.look_again(later) for _ in range(2)] == [1, 0]
            assert len(there.asked) == 3
        states = [Comment.objects.get(pk=one.pk).state for one in (fine, judged, taken, elsewhere)]
        assert states == ["visible", "held", "held", "held"]
        assert Comment.objects.get(pk=elsewhere.pk).waits_for == Waits.THREAD
        decision = Decision.objects.get(comment=fine)
        assert (decision.action, decision.is_automated, decision.check_name) == ("visible", True, "outside")
        assert Thread.objects.get(pk=fine.thread_id).comment_count == 1
        assert not Waiting.objects.filter(comment=fine.pk).exists()

    @pytest.mark.parametrize(("answer", "waits_for"), [("hold", Waits.CHECK), ("refuse", Waits.CHECK)])
    def test_what_it_minds_then_stays(
        self, use: Callable[[str], None], settings: Settings, answer: str, waits_for: str
    ) -> None:
        with outside(http(b"{}", status="503 Service Unavailable")) as there:
            use(there.url)
            comment = post()
        with outside(said(verdict=answer, reason="It sells soup.")) as there:
            use(there.url)
            Breakdown.objects.update(ended_at=NOW)
            for _ in range(2):
                assert tasks.look_again(NOW) == 0
            assert len(there.asked) == 1
        comment.refresh_from_db()
        assert (comment.state, comment.waits_for) == ("held", waits_for)
        assert CheckResult.objects.filter(comment=comment).latest("pk").reason == "It sells soup."

    def test_one_that_breaks_again_is_asked_once_a_look_and_three_times_in_all(self, settings: Settings) -> None:
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.failing"]
        for _ in range(2):
            post()
        asked = []
        for _ in range(5):
            # It bears what it is tried with.
            Breakdown.objects.update(ended_at=NOW)
            running.forget()
            assert tasks.look_again(NOW) == 0
            asked.append(CheckResult.objects.count() - 2 - sum(asked))
        assert asked == [1, 1, 1, 1, 0]
        assert Breakdown.objects.filter(ended_at=None).count() == 0

    @pytest.mark.parametrize("what", ["edited", "withdrawn", "claimed"])
    def test_what_changes_while_it_is_asked_about_is_left_alone(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.failing"]
        comment, after, mo = post(), post(), a_moderator()
        Breakdown.objects.update(ended_at=NOW)
        told = []

        def meanwhile(draft: Draft) -> None:
            told.append(draft.comment_id)
            if what == "edited":
                Revision.objects.create(comment=comment, source=comment.source)
                Comment.objects.filter(pk=comment.pk).update(source="Worse words.")
            elif what == "withdrawn":
                Comment.objects.filter(pk=comment.pk).update(state="withdrawn")
            else:
                actions.claim_comment(actor=mo, comment=after, now=NOW)

        meanwhile.check_name, meanwhile.is_quick = "failing", True  # type: ignore[attr-defined]
        monkeypatch.setattr("tests.moderation.checks.failing", meanwhile)
        running.forget()
        published = tasks.look_again(NOW)
        states = [Comment.objects.get(pk=one.pk).state for one in (comment, after)]
        if what == "claimed":
            assert (published, told, states) == (1, [comment.pk], ["visible", "held"])
        else:
            kept = "held" if what == "edited" else what
            assert (published, told, states) == (1, [comment.pk, after.pk], [kept, "visible"])

    @pytest.mark.parametrize("what", ["closed", "banned", "gone", "offline", "held by another"])
    def test_who_could_not_write_there_now_waits_for_a_person(self, settings: Settings, what: str) -> None:
        settings.KAKEHASHI_COMMENT_CHECKS = ["tests.moderation.checks.failing"]
        comment = post()
        thread, author = Thread.objects.filter(pk=comment.thread_id), Reader.objects.filter(pk=comment.author_id)
        if what == "closed":
            thread.update(state="closed")
        elif what == "banned":
            author.update(suspended_until=FOREVER)
        elif what == "gone":
            author.update(is_active=False)
        elif what == "offline":
            StoryPage.objects.filter(thread=comment.thread_id).update(live=False)
        else:
            CheckResult.objects.create(comment=comment, check_name="words", verdict=Verdict.HELD)
        Breakdown.objects.update(ended_at=NOW)
        running.forget()
        before = CheckResult.objects.count()
        assert tasks.look_again(NOW) == 0
        assert CheckResult.objects.count() == before

    def test_every_check_of_ours_bears_being_tried(self) -> None:
        for check in running.configured():
            Breakdown.objects.create(check_name=check.name)
        assert tasks.try_broken_checks(NOW) == len(running.configured())
