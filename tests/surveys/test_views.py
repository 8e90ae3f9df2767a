"""Surveys as readers meet them: page by page without scripts, in place with htmx, and every way in which it can go wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.lib.pages import shared
from kakehashi.surveys import actions
from kakehashi.surveys.models import Answer, Question, Response
from tests.factories import a_front, a_reader
from tests.surveys.makers import ALL_KINDS, FERRY, a_poll, a_survey, answered, form_of, found, in_days

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _front() -> None:
    a_front()


def fill(survey: Any, client: Client, **typed: Any) -> Any:
    page = client.get(survey.get_absolute_url())
    assert page.status_code == 200, page
    return client.post(survey.get_absolute_url(), form_of(page.text, **typed))


def test_a_survey_from_the_first_page_to_the_thanks() -> None:
    survey, client = a_survey(ALL_KINDS, introduction="Two minutes.", thanks="Tell a friend."), Client()
    q = [item.name for item in found(survey).sheet.items]
    first = client.get(survey.get_absolute_url())
    assert "Two minutes." in first.text
    assert "Page 1 of 2" in first.text
    assert "Why the ferry?" not in first.text
    typed = {q[0]: "1", q[1]: ["1", "3"], q[2]: "4", f"{q[3]}-1": "3", f"{q[3]}-2": "1", f"{q[3]}-3": "2", q[4]: "Fog"}
    second = client.post(survey.get_absolute_url(), form_of(first.text, **typed))
    assert second.status_code == 200
    assert "Why the ferry?" in second.text
    assert Response.objects.count() == 0
    done = client.post(survey.get_absolute_url(), form_of(second.text, **{q[5]: "It is slow."}))
    assert done["Location"] == f"{survey.get_absolute_url()}thanks/"
    assert done.cookies["kakehashi_survey"].value == str(survey.pk)
    assert "Tell a friend." in client.get(done["Location"]).text
    assert Answer.objects.count() == 9
    again = client.get(survey.get_absolute_url())
    assert "answered this survey already" in again.text
    assert "<form" not in again.text[again.text.index("<main") : again.text.index("</main>")]


def test_whoever_is_not_asked_the_rest_is_done_after_the_first_page() -> None:
    survey, client = a_survey(ALL_KINDS), Client()
    answer = fill(survey, client, **{found(survey).sheet.items[0].name: "2"})
    assert answer.status_code == 302
    assert Response.objects.count() == 1


def test_back_keeps_what_was_typed_on_both_pages() -> None:
    survey, client = a_survey(ALL_KINDS), Client()
    q = [item.name for item in found(survey).sheet.items]
    second = fill(survey, client, **{q[0]: "1", q[4]: "kept <b>"})
    back = client.post(survey.get_absolute_url(), form_of(second.text, go="back", **{q[5]: "half"}))
    assert "kept &lt;b&gt;</textarea>" in back.text
    again = client.post(survey.get_absolute_url(), form_of(back.text, **{q[0]: "1", q[4]: "kept"}))
    assert "half</textarea>" in again.text


def test_what_is_wrong_is_said_on_top_and_at_its_place_and_nothing_is_lost() -> None:
    survey, client = a_survey(ALL_KINDS), Client()
    q = [item.name for item in found(survey).sheet.items]
    page = fill(survey, client, **{q[1]: ["1", "2", "3"], q[4]: "x" * 51})
    assert page.status_code == 422
    text = page.text
    assert "3 answers need another look" in text
    for item in (q[0], q[1]):
        assert f'href="#{item}-1"' in text
    assert f'href="#{q[4]}"' in text
    assert f'aria-describedby="{q[4]}-help {q[4]}-error"' in text
    assert "x" * 51 + "</textarea>" in text
    assert text.count("checked") == 3
    assert Response.objects.count() == 0


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"page": "999999999999", "digest": "x"},
        {"page": "-1", "go": "sideways"},
        {"digest": ["a", "b"], "q1": ["1"] * 50},
        {"q99999999999999999999": "1", "page": "\ud800", "digest": "é"},
    ],
)
def test_hostile_forms_get_the_form_back(data: dict[str, Any]) -> None:
    survey = a_survey(ALL_KINDS)
    data = {name: "".join(v) if isinstance(v, str) and not v.isprintable() else v for name, v in data.items()}
    answer = Client().post(survey.get_absolute_url(), {k: v for k, v in data.items() if v != "\ud800"})
    assert answer.status_code == 422
    assert "Ferry or bridge?" in answer.text


def test_a_huge_text_comes_back_with_a_sentence() -> None:
    survey, client = a_survey([{"kind": "text", "text": "Say it"}]), Client()
    name = found(survey).sheet.items[0].name
    page = fill(survey, client, **{name: "long " * 100_000})
    assert page.status_code == 422
    assert "at most 1000" in page.text
    assert page.text.count("long ") == 100_000


@pytest.mark.parametrize("path", ["/surveys/0/", "/surveys/999999999999999999/", "/surveys/x/", "/polls/5/"])
def test_of_others_there_is_nothing(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_drafts_and_those_to_come_are_absent() -> None:
    for survey in (a_survey(is_published=False), a_survey(opens_at=in_days(1))):
        for below in ("", "thanks/", "results/"):
            assert Client().get(survey.get_absolute_url() + below).status_code == 404
    assert Client().get(f"/surveys/{a_poll().pk}/").status_code == 404
    assert Client().get(f"/polls/{a_survey().pk}/").status_code == 404


def test_closed_meanwhile_is_said_and_the_form_stays() -> None:
    survey, client = a_survey([{"kind": "text", "text": "Say it"}]), Client()
    page = client.get(survey.get_absolute_url())
    actions.close_survey(actor=a_reader(role="editor"), survey=survey, now=timezone.now())
    name = found(survey).sheet.items[0].name
    answer = client.post(survey.get_absolute_url(), form_of(page.text, **{name: "my words"}))
    assert answer.status_code == 409
    assert "closed in the meantime" in answer.text
    assert "my words</textarea>" in answer.text
    assert "This survey closed on" in client.get(survey.get_absolute_url()).text


def test_changed_meanwhile_is_said_and_what_fits_stays() -> None:
    survey, client = a_survey([FERRY, {"kind": "text", "text": "Say it"}]), Client()
    page = client.get(survey.get_absolute_url())
    name = found(survey).sheet.items[1].name
    Question.objects.filter(survey=survey, sort_order=0).update(text="Bridge or ferry?")
    answer = client.post(survey.get_absolute_url(), form_of(page.text, **{name: "my words"}))
    assert answer.status_code == 422
    assert "The questions changed while you were answering" in answer.text
    assert "Bridge or ferry?" in answer.text
    assert "my words</textarea>" in answer.text


def test_sent_twice_is_one_answer_and_thanks_twice() -> None:
    survey, client = a_survey(), Client()
    form = form_of(client.get(survey.get_absolute_url()).text, **{found(survey).sheet.items[0].name: "1"})
    answers = [client.post(survey.get_absolute_url(), form) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [f"{survey.get_absolute_url()}thanks/"] * 2
    assert Response.objects.count() == 1


def test_a_browser_without_cookies_is_told_so() -> None:
    survey = a_survey()
    form = form_of(Client().get(survey.get_absolute_url()).text, **{found(survey).sheet.items[0].name: "1"})
    answer = Client().post(survey.get_absolute_url(), form)
    assert answer.status_code == 422
    assert "kept no cookie" in answer.text
    assert "checked" in answer.text
    forged = Client()
    forged.cookies["kakehashi_browser"] = "made-up:1abc:signature"
    assert forged.post(survey.get_absolute_url(), form).status_code == 422


def test_a_survey_for_members_asks_to_log_in_and_leads_back() -> None:
    survey = a_survey(audience="members")
    page = Client().get(survey.get_absolute_url()).text
    assert f"/account/login/?next={survey.get_absolute_url()}" in page
    assert "Ferry or bridge?" not in page
    member = Client()
    member.force_login(a_reader())
    assert fill(survey, member, **{found(survey).sheet.items[0].name: "1"}).status_code == 302
    assert Response.objects.count() == 1


def test_with_htmx_the_form_comes_alone_and_the_end_leads_on() -> None:
    survey, client = a_survey(ALL_KINDS), Client()
    page = client.get(survey.get_absolute_url())
    wrong = client.post(survey.get_absolute_url(), form_of(page.text), headers={"HX-Request": "true"})
    assert wrong.status_code == 200
    assert wrong.text.lstrip().startswith("<form")
    typed = {found(survey).sheet.items[0].name: "2"}
    done = client.post(survey.get_absolute_url(), form_of(page.text, **typed), headers={"HX-Request": "true"})
    assert done["HX-Redirect"] == f"{survey.get_absolute_url()}thanks/"


def test_forms_are_for_one_reader_and_open_results_for_all() -> None:
    survey = a_survey(results="always")
    form = Client().get(survey.get_absolute_url())
    assert shared(form) is None
    assert "no-store" in form["Cache-Control"]
    assert shared(Client().get(f"{survey.get_absolute_url()}results/")) is not None


@pytest.mark.parametrize(
    ("results", "before", "answered_it", "after"),
    [
        ("never", 404, 404, 404),
        ("closed", "", "", "all"),
        ("answered", "", "all", "all"),
        ("always", "all", "all", "all"),
    ],
)
def test_results_are_shown_to_whom_the_editor_says(results: str, before: Any, answered_it: Any, after: Any) -> None:
    survey, client = a_survey(results=results), Client()
    answered(survey, 1, times=8)
    answered(survey, 2, times=8)
    answered(survey, 3, times=7)

    def look() -> Any:
        page = client.get(f"{survey.get_absolute_url()}results/")
        return page.status_code if page.status_code != 200 else "all" if "<svg" in page.text else ""

    assert look() == before
    fill(survey, client, **{found(survey).sheet.items[0].name: "1"})
    assert look() == answered_it
    actions.close_survey(actor=a_reader(role="editor"), survey=survey, now=timezone.now())
    assert look() == after


def test_not_now_leads_back_to_the_same_page_and_nowhere_else() -> None:
    survey, client = a_survey(), Client()
    address = f"{survey.get_absolute_url()}not-now/"
    answer = client.get(address, {"next": "/politics/"}, headers={"Referer": "http://testserver/politics/x/?page=2"})
    assert (answer.status_code, answer["Location"]) == (302, "/politics/x/?page=2")
    assert answer.cookies["kakehashi_survey"].value == str(survey.pk)
    assert client.get(address, {"next": "/politics/"})["Location"] == "/politics/"
    for bad in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "", "/" + "x" * 600):
        assert client.get(address, {"next": bad}, headers={"Referer": "https://elsewhere.example/a"})["Location"] == "/"


@pytest.mark.parametrize("number", [1, 30])
def test_a_survey_and_its_results_take_a_fixed_number_of_queries(number: int) -> None:
    survey = a_survey([FERRY | {"text": f"Question {n}"} for n in range(number)], results="always")
    client = Client()
    client.get(survey.get_absolute_url())
    with CaptureQueriesContext(connection) as seen:
        client.get(survey.get_absolute_url())
    # The survey, its questions, whether this browser has answered; the newsroom and its sections.
    assert len(seen) == 5
    answered(survey, 1, times=6)
    with CaptureQueriesContext(connection) as seen:
        client.get(f"{survey.get_absolute_url()}results/")
    assert len(seen) == 8
    with CaptureQueriesContext(connection) as seen:
        client.get(f"{survey.get_absolute_url()}results/")
    assert len(seen) == 4


@pytest.mark.parametrize("number", [1, 30])
def test_answering_takes_a_fixed_number_of_queries_for_any_number_of_questions(number: int) -> None:
    survey, client = a_survey([FERRY | {"text": f"Question {n}"} for n in range(number)]), Client()
    page = client.get(survey.get_absolute_url())
    typed = {item.name: "1" for item in found(survey).sheet.items}
    with CaptureQueriesContext(connection) as seen:
        client.post(survey.get_absolute_url(), form_of(page.text, **typed))
    assert len(seen) == 17
