"""The search page through its address."""

from __future__ import annotations

import pytest
from django.test import Client

from kakehashi.search import actions, fulltext
from kakehashi.search.queries import highlight
from tests.factories import a_comment, a_front, a_story

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    a_front()
    return client


def test_results_link_to_the_story_and_to_the_comment_in_its_place(page: Client) -> None:
    story = a_story("Lanterns on the pier")
    comment = a_comment(source="These lanterns are <b>lovely</b>")
    actions.index_stories()
    actions.index_comments()
    html = page.get("/search/", {"q": "lanterns"}).content.decode()
    assert story.url in html
    assert f'href="/comment/{comment.pk}/"' in html
    assert "2 results" in html
    assert "<b>lovely" not in html
    only = page.get("/search/", {"q": "lanterns", "kind": "comments"}).content.decode()
    assert "1 result" in only
    assert story.title not in only.replace(comment.thread.story.title, "")


@pytest.mark.parametrize("number", [1, 30])
def test_a_page_of_results_is_a_fixed_number_of_queries(
    page: Client, number: int, django_assert_max_num_queries: object
) -> None:
    for _ in range(number):
        a_comment(source="lanterns in the rain")
    actions.index_comments()
    page.get("/search/")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        response = page.get("/search/", {"q": "lanterns"})
    assert response.content.decode().count('class="search-hit"') == min(number, 20)


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x", "page": "-1"},
        {"q": "x", "page": "1000000000"},
        {"q": "x", "page": "9" * 40},
        {"q": "x", "page": "²"},
        {"q": "x", "kind": "nothing"},
        {"q": "x", "sort": "sideways"},
        {"q": '"unbalanced'},
        {"q": "\x00"},
        {"q": "*"},
        {"q": "%"},
        {},
    ],
)
def test_odd_requests_get_a_page(page: Client, query: dict[str, str]) -> None:
    assert page.get("/search/", query).status_code in {200, 400}


def test_a_page_too_far_is_the_last_one(page: Client) -> None:
    for _ in range(21):
        a_comment(source="lanterns in the rain")
    actions.index_comments()
    for number in ("1000000000", "9" * 40):
        html = page.get("/search/", {"q": "lanterns", "page": number}).content.decode()
        assert "Page 2 of 2" in html


def test_a_search_that_leaves_out_the_old_says_so(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        a_comment(source="lanterns in the rain")
    actions.index_comments()
    assert "of the newest" not in page.get("/search/", {"q": "lanterns"}).content.decode().lower()
    monkeypatch.setattr(fulltext.find, "__kwdefaults__", fulltext.find.__kwdefaults__ | {"most": 3})
    html = page.get("/search/", {"q": "lanterns"}).content.decode()
    assert "3 or more results" in html
    assert "The best of the newest" in html
    assert "Of the newest" in page.get("/search/", {"q": "lanterns", "sort": "newest"}).content.decode()


def test_an_overlong_query_is_told_so(page: Client) -> None:
    html = page.get("/search/", {"q": "bridge " * 100}).content.decode()
    assert f"{fulltext.LONGEST_QUERY} characters" in html


def test_the_words_are_marked_and_everything_else_escaped() -> None:
    assert highlight("A <b> bridge & a ferry", ["bridge"]) == "A &lt;b&gt; <mark>bridge</mark> &amp; a ferry"
    assert highlight("strasse Straße", ["straße"]).endswith("Straße")
    assert "<mark>" not in highlight("plain words", ["mark"])
