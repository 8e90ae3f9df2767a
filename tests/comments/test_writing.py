"""Writing through the forms, without and with htmx: whatever is sent gets a clear answer, and no text is lost."""

from __future__ import annotations

import html as html_module
import json
import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from kakehashi.comments import actions, drafts
from kakehashi.comments.models import Comment, CommentState, Quote, Thread
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from tests.factories import PASSWORD, a_comment, a_reader, a_story

HTMX = {"HX-Request": "true"}


def address(story: StoryPage) -> str:
    return f"/story/{story.pk}/comment/"


def given_back(response: HttpResponse, field: str = "comment-text") -> str:
    """What stands in the form's text field, as a browser would read it."""
    found = re.search(rf'<textarea id="{field}"[^>]*>\n?(.*?)</textarea>', response.content.decode(), re.DOTALL)
    assert found is not None
    return html_module.unescape(found[1])


def sentence(response: HttpResponse) -> str:
    found = re.search(r'role="alert">(.*?)</p>', response.content.decode(), re.DOTALL)
    assert found is not None
    return html_module.unescape(found[1])


@pytest.fixture
def member(client: Client, ana: Reader) -> Client:
    client.force_login(ana)
    return client


class TestPosting:
    def test_without_htmx_it_leads_to_the_comment(self, member: Client, story: StoryPage) -> None:
        response = member.post(address(story), {"text": "I was there."})
        comment = Comment.objects.get()
        assert (response.status_code, response["Location"]) == (302, f"/comment/{comment.pk}/")
        assert member.get(response["Location"])["Location"] == f"{story.url}#c-{comment.pk}"
        assert comment.source == "I was there."
        assert f'id="c-{comment.pk}"' in member.get(story.url).content.decode()

    def test_with_htmx_the_discussion_comes_back_with_it(self, member: Client, story: StoryPage) -> None:
        response = member.post(address(story), {"text": "I was there."}, headers=HTMX)
        comment = Comment.objects.get()
        body = response.content.decode()
        assert response.status_code == 200
        assert response["HX-Retarget"] == "#comments"
        assert response["HX-Push-Url"] == f"{story.url}#c-{comment.pk}"
        assert json.loads(response["HX-Trigger-After-Settle"]) == {"say": "Your comment stands.", "posted": True}
        assert body.strip().startswith('<section id="comments"')
        assert re.search(rf'<article id="c-{comment.pk}"[^>]* tabindex="-1" autofocus>', body)
        assert body.count("autofocus") == 1
        assert given_back(response) == ""

    def test_answering_and_quoting(self, member: Client, story: StoryPage, thread: Thread) -> None:
        first = a_comment(thread)
        member.post(address(story), {"text": "> A fair point\n\nYes.", "parent": first.pk, "quote": first.pk})
        comment = Comment.objects.latest("pk")
        assert comment.parent == first
        assert Quote.objects.get().quoted == first

    def test_posting_twice_leads_to_the_same_comment(self, member: Client, story: StoryPage) -> None:
        places = {member.post(address(story), {"text": "Once."})["Location"] for _ in range(2)}
        assert len(places) == Comment.objects.count() == 1

    def test_a_comment_that_waits_is_said_to_wait(self, member: Client, story: StoryPage, thread: Thread) -> None:
        Thread.objects.update(state="held_first")
        response = member.post(address(story), {"text": "Please read me"}, headers=HTMX)
        assert json.loads(response["HX-Trigger-After-Settle"])["say"].startswith("Your comment waits for a moderator.")
        assert Comment.objects.get().state == CommentState.HELD
        assert "Please read me" not in Client().get(story.url).content.decode()


# Each with the status it gets; every text comes back as it was sent.
REFUSED = {
    "empty": ("", 422),
    "all whitespace": (" \t\n\u3000\u00a0", 422),
    "only controls": ("\x01\x7f\u202e\u200b", 422),
    "over-long": ("An honest word. " * 400, 422),
    "five megabytes": ("x" * 5_000_000, 422),
}
# Each becomes a comment: what may not be in it is taken out.
TAKEN = {
    "control and bidi characters": "evil\x00\x07 \u202etext\u2066 here\ufeff",
    "ten thousand combining marks": "z" + "\u0301" * 10_000 + "algo",
    "quotes nested 1,000 deep": ">" * 1_000 + " deep",
    "script": "<script>alert(1)</script> <svg onload=alert(1)> hello",
    "links": "[a](javascript:alert(1)) [b](data:text/html,x) <javascript:alert(1)> https://ok.example/",
    "lone carriage returns": "one\rtwo\r\nthree",
}


class TestBadInput:
    @pytest.mark.parametrize("name", REFUSED)
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
    def test_refused_with_the_text_given_back(
        self, member: Client, story: StoryPage, name: str, headers: dict[str, str]
    ) -> None:
        typed, status = REFUSED[name]
        response = member.post(address(story), {"text": typed}, headers=headers)
        assert response.status_code == status
        assert given_back(response) == typed
        assert sentence(response)
        assert 'aria-invalid="true"' in response.content.decode()
        assert not Comment.objects.exists()

    @pytest.mark.parametrize("name", TAKEN)
    def test_taken_and_made_harmless(self, member: Client, story: StoryPage, name: str) -> None:
        response = member.post(address(story), {"text": TAKEN[name]})
        assert response.status_code == 302
        page = member.get(story.url).content.decode()
        block = page[page.index('class="e-content"') : page.index("<footer>", page.index('class="e-content"'))]
        for harm in (
            "<script",
            "<svg",
            "onload=alert(1)>",
            'href="javascript',
            'href="data',
            "\x00",
            "\u202e",
            "\u2066",
        ):
            assert harm not in block
        assert block.count("\u0301") < 100

    @pytest.mark.parametrize("text", [b"caf\xe9 \xff\xfe", b"\xed\xa0\x80 surrogate", b"\xf0\x9f half an emoji"])
    def test_invalid_utf_8(self, member: Client, story: StoryPage, text: bytes) -> None:
        body = b"text=" + b"".join(b"%%%02X" % byte for byte in text)
        response = member.post(address(story), body, content_type="application/x-www-form-urlencoded")
        assert response.status_code in {302, 400}
        assert Comment.objects.count() == (1 if response.status_code == 302 else 0)

    @pytest.mark.parametrize("parent", ["abc", "-1", "0", "9" * 400, "987654", "1.5"])
    def test_a_parent_that_is_not_there(self, member: Client, story: StoryPage, parent: str) -> None:
        for field in ("parent", "quote"):
            response = member.post(address(story), {"text": "Whom do I answer?", field: parent})
            assert response.status_code == 422
            assert given_back(response) == "Whom do I answer?"
            assert "is not here" in sentence(response)

    def test_a_parent_in_another_thread(self, member: Client, story: StoryPage) -> None:
        response = member.post(address(story), {"text": "Wrong door", "parent": a_comment().pk})
        assert response.status_code == 422
        assert "another discussion" in sentence(response)
        assert 'id="comment-parent" value=""' in response.content.decode()

    def test_a_story_that_is_not_there(self, member: Client) -> None:
        for pk in (987_654, a_story(live=False).pk, 10**30):
            assert member.post(f"/story/{pk}/comment/", {"text": "Hello?"}).status_code == 404

    def test_without_token_the_text_is_given_back(self, ana: Reader, story: StoryPage) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(ana)
        for token in ({}, {"csrfmiddlewaretoken": "x" * 64}):
            response = client.post(address(story), {"text": "Not <lost>", **token})
            assert response.status_code == 403
            assert "Not &lt;lost&gt;" in response.content.decode()
        assert not Comment.objects.exists()

    def test_other_methods(self, member: Client, story: StoryPage) -> None:
        assert member.put(address(story)).status_code == 405


class TestTextIsKept:
    def test_when_the_thread_closed_while_typing(self, member: Client, story: StoryPage, thread: Thread) -> None:
        Thread.objects.update(state="closed")
        response = member.post(address(story), {"text": "I took my time."})
        assert response.status_code == 409
        assert given_back(response) == "I took my time."
        assert "has closed" in sentence(response)
        page = member.get(story.url)
        assert given_back(page, "kept-text") == "I took my time."

    def test_when_a_limit_is_reached(self, member: Client, story: StoryPage) -> None:
        member.post(address(story), {"text": "The first"})
        response = member.post(address(story), {"text": "The second"})
        assert response.status_code == 429
        assert 1 <= int(response["Retry-After"]) <= 10
        assert re.search(r"try again in \d+ seconds?", sentence(response))
        assert given_back(response) == "The second"
        assert given_back(member.get(story.url)) == "The second"

    def test_when_suspended(self, member: Client, ana: Reader, story: StoryPage) -> None:
        Reader.objects.filter(pk=ana.pk).update(suspended_until=timezone.now() + timedelta(days=1))
        response = member.post(address(story), {"text": "But"})
        assert (response.status_code, given_back(response)) == (403, "But")

    def test_when_the_answered_comment_went_away(self, member: Client, story: StoryPage, thread: Thread) -> None:
        parent = a_comment(thread, state=CommentState.REMOVED)
        response = member.post(address(story), {"text": "You are right", "parent": parent.pk})
        assert response.status_code == 409
        assert given_back(response) == "You are right"
        response = member.post(address(story), {"text": "You are right", "parent": ""})
        assert response.status_code == 302

    def test_until_it_is_posted(self, member: Client, story: StoryPage, thread: Thread) -> None:
        other = a_story()
        actions.thread_for(other)
        member.post(address(story), {"text": "x"})
        member.post(address(other), {"text": "y"})
        assert given_back(member.get(story.url)) == "x"
        assert given_back(member.get(other.url)) == "y"
        member.post(address(story), {"text": "x and more"})
        assert given_back(member.get(story.url)) == ""
        assert given_back(member.get(other.url)) == "y"

    def test_of_the_last_few_stories(self, member: Client) -> None:
        stories = [a_story() for _ in range(drafts.MOST + 1)]
        for story in stories:
            member.post(address(story), {"text": "x"})
        kept = [given_back(member.get(story.url)) for story in stories]
        assert kept == [""] + ["x"] * drafts.MOST

    def test_a_quote_is_put_before_it_and_only_once(self, member: Client, story: StoryPage, thread: Thread) -> None:
        comment = a_comment(thread, source="Words")
        member.post(address(story), {"text": "x"})
        quoting = f"{story.url}?quote={comment.pk}"
        assert given_back(member.get(quoting)) == "> Words\n\nx"
        member.post(address(story), {"text": "> Words\n\nx" + "y" * 6000, "quote": comment.pk})
        assert given_back(member.get(quoting)).startswith("> Words\n\nxy")


class TestLogIn:
    """The session ran out while somebody was typing; the log-in is the real one."""

    def log_in(self, client: Client, address: str, reader: Reader) -> HttpResponse:
        return client.post(address, {"login": reader.email, "password": PASSWORD})

    def reader(self) -> Reader:
        from allauth.account.models import EmailAddress

        reader = a_reader("Long Thinker", password=PASSWORD)
        EmailAddress.objects.create(user=reader, email=reader.email, verified=True, primary=True)
        return reader

    def test_the_text_survives(self, client: Client, story: StoryPage, thread: Thread) -> None:
        parent = a_comment(thread)
        response = client.post(address(story), {"text": "A long thought", "parent": parent.pk, "quote": parent.pk})
        assert response.status_code == 302
        assert response["Location"] == f"/account/login/?next={story.url}%23reply"
        assert not Comment.objects.filter(source="A long thought").exists()
        response = self.log_in(client, response["Location"], self.reader())
        assert (response.status_code, response["Location"]) == (302, f"{story.url}#reply")
        page = client.get(response["Location"])
        assert given_back(page) == "A long thought"
        assert f'id="comment-parent" value="{parent.pk}"' in page.content.decode()
        assert f'id="comment-quote" value="{parent.pk}"' in page.content.decode()

    def test_a_change_typed_before_the_session_ended_waits_in_its_form(self, client: Client, story: StoryPage) -> None:
        reader = self.reader()
        comment = actions.post_comment(author=reader, story=story, source="The ferri left.")
        response = client.post(f"/comment/{comment.pk}/edit/", {"text": "The ferry left."})
        response = self.log_in(client, response["Location"], reader)
        assert response["Location"] == f"/comment/{comment.pk}/edit/"
        assert ">\nThe ferry left.</textarea>" in client.get(response["Location"]).text
        assert ">\nThe ferri left.</textarea>" in client.get(response["Location"]).text

    def test_with_htmx_the_whole_page_goes_to_log_in(self, client: Client, story: StoryPage) -> None:
        response = client.post(address(story), {"text": "A thought"}, headers=HTMX)
        assert response["HX-Redirect"] == f"/account/login/?next={story.url}%23reply"
        self.log_in(client, "/account/login/", self.reader())
        assert given_back(client.get(story.url)) == "A thought"

    def test_a_text_too_long_to_keep_is_shown(self, client: Client, story: StoryPage) -> None:
        typed = "x" * (drafts.LONGEST + 1)
        response = client.post(address(story), {"text": typed})
        assert (response.status_code, given_back(response)) == (403, typed)
        assert "no longer logged in" in sentence(response)

    def test_nothing_typed_nothing_kept(self, client: Client, story: StoryPage) -> None:
        assert client.post(address(story), {"text": ""})["Location"].startswith("/account/login/")
        assert "comment-drafts" not in client.session

    def test_the_form_alone_wants_a_member(self, client: Client, story: StoryPage) -> None:
        assert client.get(address(story))["Location"] == f"/account/login/?next={address(story)}"


class TestOwnPageOfTheForm:
    def test_it_holds_headline_comment_and_form(self, member: Client, story: StoryPage, thread: Thread) -> None:
        comment = a_comment(thread, source="What I answer", author=a_reader("Bo"))
        html = member.get(f"{address(story)}?answer={comment.pk}").content.decode()
        assert story.title in html
        assert "<p>What I answer</p>" in html
        assert f'<a href="{story.url}#comments">' in html
        assert f'action="{address(story)}"' in html


class TestEditing:
    def test_without_htmx(self, member: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, author=ana, source="Furst")
        page = member.get(f"/comment/{comment.pk}/edit/")
        assert given_back(page, f"edit-{comment.pk}") == "Furst"
        response = member.post(f"/comment/{comment.pk}/edit/", {"text": "First"})
        assert response["Location"] == f"{thread.story.url}#c-{comment.pk}"
        comment.refresh_from_db()
        assert comment.source == "First"

    def test_with_htmx(self, member: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, author=ana, source="Furst")
        form = member.get(f"/comment/{comment.pk}/edit/", headers=HTMX)
        assert form.content.decode().strip().startswith(f'<article id="c-{comment.pk}"')
        response = member.post(f"/comment/{comment.pk}/edit/", {"text": "First"}, headers=HTMX)
        assert response["HX-Retarget"] == f"#c-{comment.pk}"
        assert "<p>First</p>" in response.content.decode()
        assert '<span class="edited">edited</span>' in response.content.decode()
        back = member.get(f"/comment/{comment.pk}/", headers=HTMX)
        assert back.content.decode().strip().startswith(f'<article id="c-{comment.pk}" class="comment h-entry"')

    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
    def test_too_late_gives_the_text_back(
        self, member: Client, thread: Thread, ana: Reader, headers: dict[str, str]
    ) -> None:
        comment = a_comment(thread, author=ana, created_at=timezone.now() - timedelta(minutes=6))
        response = member.post(f"/comment/{comment.pk}/edit/", {"text": "Slow & steady"}, headers=headers)
        assert response.status_code == 409
        assert given_back(response, f"edit-{comment.pk}") == "Slow & steady"
        assert "five minutes" in sentence(response)

    def test_of_others_is_no_page(self, member: Client, thread: Thread) -> None:
        comment = a_comment(thread)
        assert member.get(f"/comment/{comment.pk}/edit/")["Location"] == f"/comment/{comment.pk}/"
        assert member.post(f"/comment/{comment.pk}/edit/", {"text": "Mine now"}).status_code == 404

    def test_wants_a_member(self, client: Client, thread: Thread) -> None:
        comment = a_comment(thread)
        response = client.get(f"/comment/{comment.pk}/edit/")
        assert response["Location"] == f"/account/login/?next=/comment/{comment.pk}/edit/"


class TestWithdrawing:
    def test_it_asks_once(self, member: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, author=ana)
        assert "Withdraw your comment?" in member.get(f"/comment/{comment.pk}/withdraw/").content.decode()
        response = member.post(f"/comment/{comment.pk}/withdraw/")
        assert response["Location"] == f"{thread.story.url}#c-{comment.pk}"
        comment.refresh_from_db()
        assert comment.state == CommentState.WITHDRAWN

    def test_with_htmx_the_tombstone_comes_back(self, member: Client, thread: Thread, ana: Reader) -> None:
        comment = a_comment(thread, author=ana, source="Regret")
        response = member.post(f"/comment/{comment.pk}/withdraw/", headers=HTMX)
        assert "Its author has withdrawn this comment." in response.content.decode()
        assert "Regret" not in response.content.decode()

    def test_of_others(self, member: Client, thread: Thread) -> None:
        comment = a_comment(thread)
        assert member.post(f"/comment/{comment.pk}/withdraw/").status_code == 404
        assert member.get(f"/comment/{comment.pk}/withdraw/").status_code == 302
