"""No page for readers holds a sentence that is not translated, in templates, forms, messages, refusals or mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from pytest_django import Settings

from kakehashi.comments import places
from kakehashi.comments.models import CommentState, Thread
from kakehashi.readers.models import Mute, Reader
from kakehashi.stories.models import NewsroomSettings, RunningStory, StoryPage
from tests.factories import PASSWORD, a_comment, a_reader, a_section, a_story, a_thread, a_vote
from tests.pseudo import CODE, Pseudo, forgotten, pseudo, untranslated

pytestmark = pytest.mark.django_db

# What no language writes otherwise.
NAMES = {"Kakehashi", "JSON", "JavaScript", "PIN", "HTML", "Atom", "RSS", "UTC", "Markdown", "example", "org"} | {"min"}
# The same in every language.
SAME = {"%(first)s, %(second)s", "Kakehashi", "kakehashi"}


@pytest.fixture
def language(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Pseudo]:
    settings.TIME_ZONE = "Asia/Seoul"
    with pseudo(monkeypatch, settings) as made:
        yield made
    places.forget()


@pytest.fixture
def paper(language: Pseudo) -> SimpleNamespace:
    """A newspaper that is written in Greek letters, so that whatever is in Latin ones is ours."""
    now = timezone.now()
    section = a_section("Πολιτική", slug="politics", introduction="Όσα γίνονται.")
    site = section.get_site()
    site.site_name = "Γέφυρα"
    site.save()
    newsroom = NewsroomSettings.for_site(site)
    newsroom.name, newsroom.motto, newsroom.copyright_holder = "Γέφυρα", "Νέα", "Γέφυρα"
    newsroom.save()
    running = RunningStory.objects.create(title="Το πλοίο", slug="ferry", summary="Από την αρχή.")
    story = a_story(
        "Γλάροι",
        section=section,
        slug="gulls",
        body="Ήρθαν οι γλάροι.",
        standfirst="Πολλοί.",
        byline="Άννα",
        dateline="Αθήνα",
        published_at=now - timedelta(hours=2),
        updated_at=now,
        running_story=running,
    )
    for number in range(3):
        a_story(f"Άλλο {number}", section=section, body="Λόγια.", running_story=running, published_at=now)
    thread = a_thread(story)
    ours, other = a_reader("Νέλλη", password=PASSWORD, email="ν@ν.ν"), a_reader("Ωρίων")
    first = a_comment(thread, author=other, source="Καλημέρα.")
    a_comment(thread, author=ours, source="Γεια.", parent=first)
    for state in (CommentState.REMOVED, CommentState.WITHDRAWN, CommentState.HELD):
        a_comment(thread, author=ours, source="Τίποτα.", state=state)
    muted = a_reader("Σιωπηλός")
    a_comment(thread, author=muted, source="Λοιπόν.", edited_at=now)
    Mute.objects.create(reader=ours, muted=muted)
    a_vote(first, reader=ours)
    return SimpleNamespace(story=story, thread=thread, first=first, ours=ours, other=other)


@pytest.fixture
def nobody() -> Client:
    client = Client(raise_request_exception=False)
    client.cookies["kakehashi_language"] = CODE
    return client


@pytest.fixture
def member(paper: SimpleNamespace) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(paper.ours)
    client.cookies["kakehashi_language"] = CODE
    return client


class Found(dict[str, list[str]]):
    """Forgotten words by where they were met."""

    def look(self, answer: Any, where: str) -> None:
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
            self.note(answer.text, where)

    def note(self, html: str, where: str) -> None:
        if words := forgotten(html) - NAMES:
            self[where] = sorted(words)


def addresses() -> list[str]:
    """Every address without a parameter that readers may open."""

    def walk(patterns: Any, before: str = "") -> Iterator[str]:
        for pattern in patterns:
            path = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield "/" + path
            else:
                yield from walk(pattern.url_patterns, path)

    apart = ("/admin/", "/documents/", "/_util/", "/moderation/")
    found = {path for path in walk(get_resolver().url_patterns) if not re.search(r"[<^(]", path)}
    return sorted(path for path in found if not path.startswith(apart))


def numbered(paper: SimpleNamespace) -> list[str]:
    story, first = paper.story, paper.first
    own = paper.thread.comments.filter(author=paper.ours, state=CommentState.VISIBLE).get()
    return [
        story.get_url() or "",
        f"{story.get_url()}?order=popular",
        f"{story.get_url()}?order=common-ground&layout=nested",
        f"{story.get_url()}?answer={first.pk}",
        "/politics/",
        "/running/ferry/",
        f"/story/{story.pk}/common-ground/",
        f"/story/{story.pk}/new/0.html",
        f"/comment/{own.pk}/edit/",
        f"/comment/{own.pk}/withdraw/",
        "/member/Νέλλη/",
        "/member/Σιωπηλός/",
        "/search/?q=Γλάροι",
        "/search/?q=Γεια",
        "/search/?q=ψψψ",
        f"/search/?q={'ψ' * 300}",
        "/nowhere/",
        "/language/?to=el&next=/politics/",
    ]


def test_there_is_something_to_find(nobody: Client, paper: SimpleNamespace) -> None:
    nobody.cookies.clear()
    assert {"Log in", "Skip to the content"} <= forgotten(nobody.get("/").text)


def test_pages_have_no_sentence_that_is_not_marked_or_has_no_words(
    nobody: Client, member: Client, paper: SimpleNamespace, language: Pseudo
) -> None:
    """Sentences of Django, Wagtail and allauth too, which our own catalogues may have to give."""
    assert len(addresses()) > 30
    found = Found()
    for client, who in ((nobody, "nobody"), (member, "member")):
        for path in ["/", *numbered(paper), *addresses()]:
            if path not in {"/account/logout/", "/account/export/"}:
                found.look(client.get(path), f"{who} at {path}")
    assert found == {}
    assert len(language.asked) > 250
    assert {code: sorted(untranslated(language.asked, code) - SAME) for code in ("ja", "ko")} == {"ja": [], "ko": []}


def test_refusals_are_marked(
    nobody: Client, member: Client, paper: SimpleNamespace, language: Pseudo, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, found = paper.story, Found()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["kakehashi_language"] = CODE
    found.look(strict.post("/account/login/"), "without a token")
    forms: list[tuple[Client, str, dict[str, str]]] = [
        (nobody, "/account/login/", {}),
        (nobody, "/account/login/", {"login": "α@α.α", "password": "ψψψψψψψψψψψ"}),
        (nobody, "/account/signup/", {}),
        (nobody, "/account/signup/", {"email": "ν@ν.ν", "username": "Ν", "password1": "1"}),
        (nobody, "/account/password/reset/", {"email": "ψ"}),
        (nobody, "/language/", {"language": "ψ"}),
        (member, f"/story/{story.pk}/comment/", {"text": ""}),
        (member, f"/story/{story.pk}/comment/", {"text": "Νέο σχόλιο."}),
        (member, f"/story/{story.pk}/comment/", {"text": "Νέο σχόλιο, πάλι."}),
        (member, f"/comment/{paper.first.pk}/vote/", {"value": "7"}),
        (member, "/account/name/", {"name": "Ω" * 99}),
        (member, "/account/preferences/", {"comment_order": "ψ"}),
        (member, "/account/leave/", {"password": "ψ"}),
        (member, "/account/password/change/", {"oldpassword": "ψ", "password1": "1"}),
        (member, "/account/email/", {"email": "ψ", "action_add": ""}),
    ]
    for client, path, form in forms:
        found.look(client.post(path, form), f"{path} {form}")
    Thread.objects.update(state="closed")
    found.look(member.get(story.get_url() or ""), "closed")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(StoryPage, "get_context", broken)
    places.forget()
    found.look(nobody.get(story.get_url() or ""), "broken")
    assert found == {}
    assert {code: sorted(untranslated(language.asked, code) - SAME) for code in ("ja", "ko")} == {"ja": [], "ko": []}


def test_mails_are_marked(paper: SimpleNamespace, language: Pseudo, mailoutbox: list[EmailMessage]) -> None:
    found = Found()
    Reader.objects.filter(pk=paper.ours.pk).update(language=CODE)
    Reader.objects.filter(pk=paper.ours.pk).update(email="nell@example.org")
    for path, form in (
        ("/account/password/reset/", {"email": "nell@example.org"}),
        ("/account/password/reset/", {"email": "nobody@example.org"}),
        ("/account/signup/", {"email": "new@example.org", "username": "Νέος", "password1": PASSWORD}),
        ("/account/signup/", {"email": "nell@example.org", "username": "Νέος πάλι", "password1": PASSWORD}),
    ):
        mailoutbox.clear()
        client = Client()
        client.cookies["kakehashi_language"] = CODE
        client.post(path, form)
        (mail,) = mailoutbox
        html = str(mail.alternatives[0].content)  # type: ignore[attr-defined]
        for text in (str(mail.subject), str(mail.body), html):
            plain = re.sub(r"https?://\S+|\S+@example\.org|\b[A-Z0-9]{4}-?[A-Z0-9]{4}\b", " ", text)
            found.note(plain, path)
    assert found == {}
    assert {code: sorted(untranslated(language.asked, code) - SAME) for code in ("ja", "ko")} == {"ja": [], "ko": []}
