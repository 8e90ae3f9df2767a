"""How a page comes into memory: what views say of their answers, and what is refused whatever they say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kakehashi.comments.models import Thread
from kakehashi.lib import pages
from kakehashi.server.django_door import Handler
from kakehashi.server.page_bytes import GZIP, IDENTITY
from kakehashi.server.page_making import NotMade, NotShared, PageMaker, seconds_to_midnight
from tests.factories import a_comment, a_reader, a_story, a_thread

# Every answer that is closed looks after the connections to the database.
pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HALF_A_DAY = 12 * 3600.0


class OneAnswer(Handler):
    """Django's handler around a single view."""

    def __init__(self, view: Callable[[WSGIRequest], HttpResponse]) -> None:
        super().__init__()
        self.view = view

    def respond(self, environ: dict[str, Any]) -> HttpResponseBase:
        return self.view(WSGIRequest(environ))


def maker(view: Callable[[WSGIRequest], HttpResponse]) -> PageMaker:
    return PageMaker(OneAnswer(view), now=lambda: NOON)


def shared(body: str = "<p>All</p>", **what: Any) -> HttpResponse:
    response = HttpResponse(body)
    pages.share(response, **what)
    return response


def test_a_page_comes_with_what_its_view_said() -> None:
    made = maker(lambda request: shared(request.get_full_path(), tags=["thread:3"])).make(
        ("/a/", "page=2"), [GZIP], None
    )
    assert made.answer.body == b"/a/?page=2"
    assert made.answer.wanted == [IDENTITY, GZIP]
    assert (made.tags, made.fresh_for, made.lasts) == ({"thread:3": None}, 60.0, HALF_A_DAY)
    made = maker(lambda _: shared(tags={"thread:3": 9}, fresh_for=timedelta(seconds=5))).make("/", [], None)
    assert (made.tags, made.fresh_for, made.lasts) == ({"thread:3": 9}, 5.0, HALF_A_DAY)
    made = maker(lambda _: shared(lasts=timedelta(seconds=7))).make("/", [], None)
    assert (made.fresh_for, made.lasts) == (7.0, 7.0)


def test_only_pages_come_in() -> None:
    for status in (204, 301, 302, 403, 404):

        def other(_: WSGIRequest, status: int = status) -> HttpResponse:
            response = shared()
            response.status_code = status
            return response

        with pytest.raises(NotShared):
            maker(other).make("/", [], None)
    with pytest.raises(NotShared):
        maker(lambda _: HttpResponse("mine")).make("/", [], None)
    with pytest.raises(NotMade):
        maker(lambda _: HttpResponse(status=503)).make("/", [], None)


def with_cookie(response: HttpResponse) -> None:
    response.set_cookie("csrftoken", "x")


def with_header(name: str, value: str) -> Callable[[HttpResponse], None]:
    def change(response: HttpResponse) -> None:
        response[name] = value

    return change


def with_token(response: HttpResponse) -> None:
    response.content = b'<input type="hidden" name="csrfmiddlewaretoken" value="x">'


@pytest.mark.parametrize(
    "change",
    [with_cookie, with_token, with_header("Cache-Control", "private"), with_header("Vary", "*")],
)
def test_a_view_that_says_too_much_is_not_believed_and_told_of(
    change: Callable[[HttpResponse], None], caplog: pytest.LogCaptureFixture
) -> None:
    def view(_: WSGIRequest) -> HttpResponse:
        response = shared()
        change(response)
        return response

    with caplog.at_level(logging.ERROR), pytest.raises(NotShared):
        maker(view).make("/", [], None)
    assert "says that it is for everybody, but" in caplog.text


def test_the_short_way_and_what_comes_of_its_failure() -> None:
    bodies = iter([b"second"])
    make = maker(lambda _: shared("first", tags={"thread:1": 1}, again=lambda: next(bodies))).make
    first = make("/", [], None)
    second = make("/", [], first)
    assert (second.answer.body, second.is_whole, second.tags) == (b"second", False, {"thread:1": None})
    third = make("/", [], second)
    assert (third.answer.body, third.is_whole) == (b"first", True)


def test_midnight_is_the_sites(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Europe/Berlin"):
        assert seconds_to_midnight(NOON) == 11 * 3600
        # The nights in which clocks are changed.
        assert seconds_to_midnight(datetime(2026, 3, 28, 23, tzinfo=UTC)) == 23 * 3600
        assert seconds_to_midnight(datetime(2026, 10, 24, 22, tzinfo=UTC)) == 25 * 3600


def test_what_our_views_say(client: Client) -> None:
    thread = a_thread(a_story())
    a_comment(thread, author=a_reader("Ana Shares"))
    Thread.objects.filter(pk=thread.pk).update(version=5)
    seconds = {"/": 5, "/politics/": 5, "/member/Ana%20Shares/": 1, "/feed/": 60, "/robots.txt": 60, "/sitemap.xml": 60}
    for path, fresh_for in seconds.items():
        said = pages.shared(client.get(path))
        assert said is not None, path
        assert said.fresh_for.total_seconds() == fresh_for
    said = pages.shared(client.get(f"/story/{thread.story_id}/comments.rss"))
    assert said is not None
    assert said.tags == {f"thread:{thread.pk}": 5}
    for path in ("/search/", "/account/login/", "/nowhere/"):
        assert pages.shared(client.get(path)) is None


def test_a_feed_lasts_until_the_first_licence_ends(client: Client) -> None:
    now = timezone.now()
    for seconds in (-10, 30, 45):
        a_story(body="<p>Text</p>", licence_ends_at=now + timedelta(seconds=seconds))
    said = pages.shared(client.get("/feed/"))
    assert said is not None
    assert 0 < said.lasts.total_seconds() <= 30
