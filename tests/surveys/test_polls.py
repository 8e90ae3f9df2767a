"""Polls inside stories: the same for everybody on kept pages, answered in place, results as the editor says."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.lib.pages import shared
from kakehashi.readers.models import Reader
from kakehashi.stories.actions import new_edition
from kakehashi.stories.models import StoryPage
from kakehashi.surveys import actions
from kakehashi.surveys.models import Response, Survey
from tests.factories import a_reader, a_story
from tests.surveys.makers import a_poll, answered, found

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def story_with(poll: Survey) -> StoryPage:
    story = a_story()
    story.body = [("paragraph", "<p>Before.</p>"), ("poll", poll), ("paragraph", "<p>After.</p>")]
    story.save()
    new_edition()
    return story


def part(page: str) -> str:
    return page[page.index('<section class="poll"') : page.index("</section>", page.index('<section class="poll"'))]


def member() -> tuple[Client, Reader]:
    client, reader = Client(), a_reader()
    client.force_login(reader)
    return client, reader


def test_on_a_page_for_everybody_the_form_fetches_a_token_first() -> None:
    poll = a_poll()
    page = Client().get(story_with(poll).get_absolute_url())
    assert shared(page) is not None
    html = part(page.text)
    assert 'method="get"' in html
    assert "csrfmiddlewaretoken" not in page.text
    assert html.count('type="radio"') == 3
    assert page.text.index("<p>Before.") < page.text.index('class="poll"') < page.text.index("<p>After.")


def test_without_scripts_the_answer_is_confirmed_on_the_polls_own_page() -> None:
    poll = a_poll(results="answered")
    story, client = story_with(poll), Client(enforce_csrf_checks=True)
    name = found(poll).sheet.items[0].name
    back = story.get_absolute_url()
    own = client.get(f"/polls/{poll.pk}/", {name: "2", "back": back, "send": "1"})
    html = part(own.text)
    assert 'method="post"' in html
    assert html.count("checked") == 1
    assert "load, submit" not in html
    data = {"csrfmiddlewaretoken": own.context["csrf_token"], "digest": own.context["digest"], name: "2", "back": back}
    done = client.post(f"/polls/{poll.pk}/", data)
    assert done.status_code == 302
    page = client.get(done["Location"]).text
    assert "Thank you for your answer." in page
    assert f'href="{back}#poll-{poll.pk}"' in page
    again = client.post(f"/polls/{poll.pk}/", data)
    assert "voted=0" in again["Location"]
    assert Response.objects.count() == 1


def test_with_htmx_what_was_chosen_goes_on_by_itself_and_results_come_in_place() -> None:
    poll = a_poll(results="answered")
    answered(poll, 2, times=9)
    answered(poll, 1, times=7)
    answered(poll, 3, times=6)
    client, name = Client(), found(poll).sheet.items[0].name
    form = client.get(f"/polls/{poll.pk}/", {name: "2", "send": "1"}, headers=HTMX)
    assert 'hx-trigger="load, submit"' in form.text
    assert "<html" not in form.text
    data = {"digest": form.context["digest"], name: "2"}
    done = client.post(f"/polls/{poll.pk}/", data, headers=HTMX)
    assert done.status_code == 200
    assert "Thank you for your answer." in done.text
    assert "<svg" in done.text
    assert "already" in client.get(f"/polls/{poll.pk}/", {name: "2"}, headers=HTMX).text


def test_nothing_chosen_is_said_in_place() -> None:
    poll, client = a_poll(), Client()
    answer = client.get(f"/polls/{poll.pk}/", {"send": "1"}, headers=HTMX)
    assert "Please choose an answer." in answer.text
    assert "load, submit" not in answer.text
    assert "choose an answer" not in client.get(f"/polls/{poll.pk}/").text
    assert client.post(f"/polls/{poll.pk}/", {}).status_code == 422


def test_members_answer_by_one_click_with_their_own_token() -> None:
    poll = a_poll(audience="members")
    client, _reader = member()
    page = client.get(story_with(poll).get_absolute_url())
    html = part(page.text)
    assert 'method="post"' in html
    assert "csrfmiddlewaretoken" in html
    data = {"digest": found(poll).sheet.digest, found(poll).sheet.items[0].name: "1"}
    assert "Thank you" in client.post(f"/polls/{poll.pk}/", data, headers=HTMX).text
    assert Response.objects.count() == 1
    assert "Log in to answer" in part(Client().get(f"/polls/{poll.pk}/").text)


def test_results_always_shown_are_one_click_away_and_for_all() -> None:
    poll = a_poll(results="always")
    assert "See results" in part(Client().get(story_with(poll).get_absolute_url()).text)
    page = Client().get(f"/polls/{poll.pk}/results/")
    assert shared(page) is not None
    assert "Too few have answered" in page.text
    answered(poll, 1, times=5)
    answered(poll, 2, times=6)
    answered(poll, 3, times=7)
    assert "<svg" in Client().get(f"/polls/{poll.pk}/results/", headers=HTMX).text


def test_results_that_are_not_shown_yet_are_not() -> None:
    poll = a_poll(results="closed")
    for chosen in (1, 2, 3):
        answered(poll, chosen, times=6)
    page = Client().get(f"/polls/{poll.pk}/results/").text
    assert "<svg" not in page
    assert "once the poll is closed" in page
    assert "See results" not in part(Client().get(story_with(poll).get_absolute_url()).text)


def test_a_closed_poll_shows_its_results_in_the_story_itself() -> None:
    poll = a_poll(results="closed")
    story = story_with(poll)
    for chosen in (1, 2, 3):
        answered(poll, chosen, times=6)
    assert "<svg" not in part(Client().get(story.get_absolute_url()).text)
    actions.close_survey(actor=a_reader(role="editor"), survey=poll, now=timezone.now())
    html = part(Client().get(story.get_absolute_url()).text)
    assert "Poll, closed" in html
    assert "33" in html
    assert "<form" not in html


def test_a_poll_that_is_gone_or_not_open_leaves_no_trace() -> None:
    draft = a_poll(is_published=False)
    story = story_with(draft)
    assert 'class="poll"' not in Client().get(story.get_absolute_url()).text
    draft.delete()
    new_edition()
    assert "After." in Client().get(story.get_absolute_url()).text


def test_a_poll_is_not_among_the_words_of_a_story() -> None:
    story = story_with(a_poll(title="A working title"))
    assert story.body_text(timezone.now()) == "Before.\n\nAfter."
    assert "working title" not in story.body_html(timezone.now())


@pytest.mark.parametrize("query", ["?back=https://elsewhere.example/", "?back=//x", "?q1=%00", "?q=1&q=2&page=x"])
def test_odd_addresses_get_the_poll(query: str) -> None:
    page = Client().get(f"/polls/{a_poll().pk}/{query}")
    assert page.status_code in {200, 400}
    assert 'name="back"' not in page.text


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_a_kept_story_with_a_poll_costs_no_query_more() -> None:
    plain, polled = a_story(), story_with(a_poll())
    client: Any = member()[0]
    for story in (plain, polled):
        client.get(story.get_absolute_url())
    assert queries_of(client, plain.get_absolute_url()) == queries_of(client, polled.get_absolute_url())
