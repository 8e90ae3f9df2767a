"""The pages of refusals stand while the database does not: each with the newsroom's name and its sentence, no query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from wagtail.models import Site

from kakehashi.lib.errors import TooMany
from kakehashi.server import views
from kakehashi.server.middleware import too_big, unreadable
from kakehashi.server.nameplate import nameplate
from kakehashi.server.refusals import error_response, unavailable
from kakehashi.server.trouble import Trouble
from kakehashi.stories.models import NewsroomSettings
from tests.factories import a_story

pytestmark = pytest.mark.django_db
TYPED = "Not to be typed twice"


def down(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    raise OperationalError("the server closed the connection")


def throttled(request: HttpRequest) -> HttpResponse:
    return error_response(request, TooMany("Try again later.", retry_at=timezone.now() + timedelta(seconds=9)))


def full(request: HttpRequest) -> HttpResponse:
    return unavailable(request, Trouble("full"), OperationalError())


PAGES = {
    400: (lambda request: unreadable(), "We could not read that"),
    403: (lambda request: views.forbidden(request, PermissionDenied()), "not open to you"),
    404: (views.not_found, "leads nowhere"),
    413: (lambda request: too_big(), "too much at once"),
    429: (throttled, "Try again later."),
    500: (views.server_error, "broke on our side"),
    503: (full, "cannot keep anything new"),
}


@pytest.fixture
def a_request(rf: RequestFactory) -> HttpRequest:
    return rf.post("/somewhere/", {"text": TYPED}, headers={"Origin": "http://testserver"})


@pytest.mark.parametrize("status", PAGES)
def test_each_page_stands_without_the_database(a_request: HttpRequest, status: int) -> None:
    page, sentence = PAGES[status]
    with connection.execute_wrapper(down):
        answer = page(a_request)
    assert answer.status_code == status
    assert sentence in answer.text
    assert '<a class="wordmark" href="/">Kakehashi</a>' in answer.text
    assert answer.text.count("<h1>") == answer.text.count("<main") == 1


def test_the_newsroom_keeps_its_name_and_the_reader_the_text(client: Client) -> None:
    story = a_story()
    NewsroomSettings.objects.create(site=Site.objects.get(), name="The Harbour Herald")
    nameplate.learn()
    try:
        with connection.execute_wrapper(down):
            answer = client.post(
                f"/story/{story.pk}/comment/", {"text": TYPED, "parent": "7"}, headers={"Origin": "http://testserver"}
            )
        assert answer.status_code == 503
        assert '<a class="wordmark" href="/">The Harbour Herald</a>' in answer.text
        assert f"\n{TYPED}</textarea>" in answer.text
        assert '<input type="hidden" name="parent" value="7">' in answer.text
        assert 'name="csrfmiddlewaretoken"' in answer.text
    finally:
        nameplate.forget()


def test_a_form_of_another_site_is_only_shown(client: Client) -> None:
    with connection.execute_wrapper(down):
        answer = client.post("/story/1/comment/", {"text": TYPED}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 503
    assert TYPED in answer.text
    assert "<form" not in answer.text


def test_a_password_never_comes_back(client: Client) -> None:
    with connection.execute_wrapper(down):
        sent = {"login": "ana@example.org", "password": "a secret of Ana's"}
        answer = client.post("/account/login/", sent, headers={"Origin": "http://testserver"})
    assert answer.status_code == 503
    assert "a secret" not in answer.text
    assert "<form" not in answer.text
