"""The banner above every page: leads to the survey, goes away for those who answered or put it away, and costs nothing."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.lib.pages import shared
from kakehashi.surveys import actions
from kakehashi.surveys.models import Survey
from tests.factories import a_reader, a_section, a_story
from tests.surveys.makers import a_survey, in_days

pytestmark = pytest.mark.django_db
WORDS = "Make your voice heard"


@pytest.fixture
def pages() -> list[str]:
    story = a_story(section=a_section())
    return [
        "/",
        a_section().get_absolute_url(),
        story.get_absolute_url(),
        "/search/",
        "/common-ground/",
        "/account/login/",
    ]


@pytest.fixture
def survey(pages: list[str]) -> Survey:
    survey = a_survey(has_banner=True, banner_text=WORDS, closes_at=in_days(1))
    actions.turn_pages(now=timezone.now())
    return survey


def a_member() -> Client:
    client = Client()
    client.force_login(a_reader())
    return client


def test_it_stands_above_every_page_of_everybody(survey: Survey, pages: list[str]) -> None:
    for client in (Client(), a_member()):
        for page in pages:
            for _again in range(2):
                text = client.get(page, follow=True).text
                assert text.count(WORDS) == 1, page
                assert text.index(WORDS) < text.index('class="masthead"')
        assert f'href="{survey.get_absolute_url()}"' in text


def test_it_is_gone_where_it_was_put_away(survey: Survey, pages: list[str]) -> None:
    for client in (Client(), a_member()):
        for page in pages:
            client.get(page)
        client.get(f"{survey.get_absolute_url()}not-now/")
        assert [page for page in pages if WORDS in client.get(page, follow=True).text] == []
    # And for everybody else it is still there.
    assert WORDS in Client().get(pages[2]).text
    assert WORDS in a_member().get(pages[0]).text


def test_another_survey_is_shown_again(survey: Survey, pages: list[str]) -> None:
    client = Client()
    client.cookies["kakehashi_survey"] = str(survey.pk + 1)
    assert WORDS in client.get(pages[2]).text


def test_whoever_answered_elsewhere_loses_it_at_the_survey(survey: Survey, pages: list[str]) -> None:
    client = a_member()
    members = a_survey(audience="members", has_banner=True, banner_text="Members, please")
    actions.turn_pages(now=timezone.now())
    assert "Members, please" in client.get(pages[0]).text
    sheet_of = members.questions.first()
    assert sheet_of is not None
    other = client.get(members.get_absolute_url())
    from tests.surveys.makers import form_of

    client.post(members.get_absolute_url(), form_of(other.text, **{f"q{sheet_of.pk}": "1"}))
    del client.cookies["kakehashi_survey"]
    client.get(members.get_absolute_url())
    assert "Members, please" not in client.get(pages[0]).text


def test_pages_with_it_are_still_the_same_for_everybody(survey: Survey, pages: list[str]) -> None:
    for page in pages[:3]:
        answer = Client().get(page)
        assert shared(answer) is not None
        assert "csrfmiddlewaretoken" not in answer.text


def test_pages_made_again_keep_to_their_kind(survey: Survey, pages: list[str]) -> None:
    without = Client()
    without.cookies["kakehashi_survey"] = str(survey.pk)
    for client, is_there in ((Client(), True), (without, False)):
        kept = shared(client.get(pages[2]))
        assert kept is not None
        assert kept.again is not None
        assert (WORDS.encode() in kept.again()) is is_there


def test_it_closes_within_a_look_of_the_worker(survey: Survey, pages: list[str]) -> None:
    member = a_member()
    member.get(pages[0])
    actions.turn_pages(now=in_days(1.1))
    for client in (Client(), member):
        assert [page for page in pages if WORDS in client.get(page, follow=True).text] == []


def test_it_costs_no_query(survey: Survey, pages: list[str]) -> None:
    def cost() -> list[int]:
        numbers = []
        for client in (Client(), member):
            for page in pages[:3]:
                client.get(page)
                with CaptureQueriesContext(connection) as seen:
                    client.get(page)
                numbers.append(len(seen))
        return numbers

    member = a_member()
    with_it = cost()
    actions.turn_pages(now=in_days(1.1))
    assert cost() == with_it
