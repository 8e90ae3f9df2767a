"""Surveys, polls, refusals and results speak the reader's language: nothing of ours is without words in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kakehashi.comments import places
from kakehashi.surveys import actions
from kakehashi.surveys.sheet import Given
from tests.factories import a_reader, a_section
from tests.pseudo import CODE, forgotten, pseudo
from tests.surveys.makers import a_poll, a_survey, answered, form_of, found

pytestmark = pytest.mark.django_db
TWO = "Ναι\nΌχι"
QUESTIONS: list[dict[str, Any]] = [
    {"kind": "single", "text": "Ένα;", "options": TWO, "is_required": True, "has_other": True},
    {"kind": "multiple", "text": "Δύο;", "options": TWO, "least": 1, "most": 2},
    {"kind": "scale", "text": "Τρία;", "low_label": "λίγο", "high_label": "πολύ"},
    {"kind": "ranking", "text": "Τέσσερα;", "options": TWO},
    {"kind": "text", "text": "Πέντε;", "max_length": 5},
    {"kind": "text", "text": "Έξι;", "if_number": 1, "if_answers": "Ναι"},
]


@pytest.fixture(autouse=True)
def _greek(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    with pseudo(monkeypatch, settings):
        site = a_section("Πολιτική", slug="politics").get_site()
        site.site_name = "Γέφυρα"
        site.save()
        yield
    places.forget()


def a_client() -> Client:
    client = Client()
    client.cookies["kakehashi_language"] = CODE
    return client


def words_of(page: str) -> set[str]:
    """Of the page itself; what stands around it is tested elsewhere."""
    return forgotten(page[page.index("<main") : page.index("</main>")])


def test_from_the_first_page_to_the_results() -> None:
    survey, client = a_survey(QUESTIONS, title="Γλάροι", results="answered", audience="browsers"), a_client()
    address, items = survey.get_absolute_url(), found(survey).sheet.items
    first = client.get(address)
    bad = {f"{items[3].name}-1": "1", items[2].name: "9", items[4].name: "ψψψψψψ", items[1].name: "9"}
    wrong = client.post(address, form_of(first.text, **bad))
    second = client.post(address, form_of(first.text, **{items[0].name: "1"}))
    done = client.post(address, form_of(second.text))
    for n in range(12):
        more = {items[2].pk: Given((n % 2 + 1,)), items[3].pk: Given((1, 2)), items[1].pk: Given((1, 2))}
        answered(survey, n % 2 + 1, more=more, who=f"β{n}")
    pages = [first, wrong, second, client.get(done["Location"]), client.get(address), client.get(f"{address}results/")]
    nobody = a_client()
    pages.append(nobody.get(f"{address}results/"))
    actions.close_survey(actor=a_reader(role="editor"), survey=survey, now=timezone.now())
    pages += [nobody.post(address, form_of(second.text)), nobody.get(address)]
    pages.append(nobody.get(a_survey(QUESTIONS, title="Γλάροι", audience="members").get_absolute_url()))
    assert [words_of(page.text) for page in pages] == [set()] * len(pages)


def test_polls() -> None:
    poll, client = a_poll({"kind": "single", "text": "Ένα;", "options": TWO}, results="answered"), a_client()
    name, digest = found(poll).sheet.items[0].name, found(poll).sheet.digest
    pages = [client.get(f"/polls/{poll.pk}/"), client.post(f"/polls/{poll.pk}/", {"digest": digest})]
    pages.append(client.get(f"/polls/{poll.pk}/results/"))
    pages.append(client.post(f"/polls/{poll.pk}/", {"digest": digest, name: "1"}, follow=True))
    pages.append(client.post(f"/polls/{poll.pk}/", {"digest": digest, name: "1"}, follow=True))
    members = a_poll({"kind": "single", "text": "Ένα;", "options": TWO}, audience="members")
    pages.append(client.get(f"/polls/{members.pk}/"))
    assert [words_of(page.text) for page in pages] == [set()] * len(pages)
