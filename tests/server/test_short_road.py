"""The short road: the same answers as the long one, and only for those who are plainly logged in."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from kakehashi.comments import actions
from kakehashi.comments.models import Comment, Thread, Vote
from kakehashi.readers import actions as readers
from kakehashi.readers.models import Reader, Role, Session
from kakehashi.server import metrics
from kakehashi.server.django_door import Handler
from tests.factories import a_comment, a_reader, a_thread, a_vote

pytestmark = pytest.mark.django_db
HOST = "testserver"


@pytest.fixture(autouse=True)
def _keep_the_connection() -> Iterator[None]:
    """As Django's test client does: the test's transaction is in it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def handler() -> Handler:
    made = Handler()
    made.load_middleware()
    return made


@pytest.fixture
def ana() -> Reader:
    return a_reader("Ana Lindqvist")


@pytest.fixture
def thread() -> Thread:
    return a_thread()


@pytest.fixture
def key(client: Client, ana: Reader) -> str:
    """Ana's session."""
    client.force_login(ana)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def asked(path: str, key: str = "", **extra: Any) -> dict[str, Any]:
    path, _, query = path.partition("?")
    cookie = {"HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={key}"} if key else {}
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": HOST,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
        **cookie,
        **extra,
    }


def marks_of(thread: Thread) -> str:
    return f"/story/{thread.story_id}/mine.json"


def told(response: HttpResponseBase) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers but for the request's number and the random length of what is packed."""
    headers = {name.lower(): value for name, value in response.items() if name != "X-Request-ID"}
    body = response.content  # type: ignore[attr-defined]
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
        del headers["content-length"]
    response.close()
    return response.status_code, body, headers


@pytest.mark.parametrize("query", ["", "?order=newest", "?order=popular&layout=nested&page=2", "?page=nonsense&x=1"])
@pytest.mark.parametrize("packed", ["", "gzip"])
def test_both_roads_give_the_same_answer(
    handler: Handler, thread: Thread, ana: Reader, key: str, query: str, packed: str
) -> None:
    muted = a_reader()
    for n in range(40):
        a_vote(a_comment(thread, author=muted if n % 4 == 0 else None), 1, reader=ana)
    a_comment(thread, author=ana)
    readers.mute(reader=ana, muted=muted)
    environ = asked(marks_of(thread) + query, key, HTTP_ACCEPT_ENCODING=packed)
    short = handler.short_road.answer(dict(environ))
    assert short is not None
    assert short.headers["X-Request-ID"]
    long = handler.get_response(handler.request_class(dict(environ)))
    assert told(short) == told(long)
    assert short.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in short.headers["Vary"]


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_COOKIE": ""},
        {"HTTP_COOKIE": "sessionid=" + "a" * 32},
        {"HTTP_COOKIE": "sessionid="},
        {"HTTP_COOKIE": 'sessionid="\\000"'},
        {"HTTP_COOKIE": "csrftoken=sessionid"},
        {"REQUEST_METHOD": "HEAD"},
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "DELETE"},
        {"REQUEST_METHOD": "get"},
        {"HTTP_HOST": "elsewhere.example"},
        {"HTTP_HOST": f"{HOST}:80/@elsewhere.example"},
        {"CONTENT_LENGTH": "3"},
        {"QUERY_STRING": "order=%00"},
        {"PATH_INFO": "/story/1234567890123456789/mine.json"},
        {"PATH_INFO": "/story/987654321/mine.json"},
        {"PATH_INFO": "/story/1/mine.json\n"},
        {"PATH_INFO": "/story/1/../1/mine.json"},
        {"PATH_INFO": "/story/1/mine.json/"},
        {"PATH_INFO": "/admin/mine.json"},
    ],
)
def test_whatever_is_not_plainly_in_order_takes_the_long_road(
    handler: Handler, thread: Thread, key: str, extra: dict[str, str], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = [HOST]
    strict = Handler()
    assert strict.short_road.answer(asked(marks_of(thread), key)) is not None
    assert strict.short_road.answer(asked(marks_of(thread), key) | extra) is None


def test_a_session_that_is_over_takes_the_long_road(handler: Handler, thread: Thread, key: str) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert handler.short_road.answer(asked(marks_of(thread), key)) is None
    assert handler.respond(asked(marks_of(thread), key)).status_code == 204


def test_nobody_who_may_not_be_logged_in_any_more_takes_it(
    handler: Handler, thread: Thread, ana: Reader, key: str, client: Client
) -> None:
    assert handler.short_road.answer(asked(marks_of(thread), key)) is not None
    Reader.objects.filter(pk=ana.pk).update(is_active=False)
    assert handler.short_road.answer(asked(marks_of(thread), key)) is None
    Reader.objects.filter(pk=ana.pk).update(is_active=True)
    ana.set_password("another lantern at the harbour")
    ana.save()
    assert handler.short_road.answer(asked(marks_of(thread), key)) is None
    client.force_login(ana)
    key = client.cookies["sessionid"].value
    assert handler.short_road.answer(asked(marks_of(thread), key)) is not None
    Session.objects.update(session_data="e30:1vWXYZ:" + "A" * 43)
    assert handler.short_road.answer(asked(marks_of(thread), key)) is None


def test_a_session_signed_with_a_key_that_the_site_has_given_up_is_none(
    handler: Handler, thread: Thread, key: str, settings: Any
) -> None:
    assert handler.short_road.answer(asked(marks_of(thread), key)) is not None
    settings.SECRET_KEY = "a new key, for the old one was seen"
    assert handler.respond(asked(marks_of(thread), key)).status_code == 204


def test_somebody_suspended_still_reads(handler: Handler, thread: Thread, ana: Reader, key: str) -> None:
    Reader.objects.filter(pk=ana.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    assert handler.short_road.answer(asked(marks_of(thread), key)) is not None


def test_a_vote_a_comment_a_mute_and_a_new_role_show_at_once(
    handler: Handler, thread: Thread, ana: Reader, key: str
) -> None:
    bo = a_reader()
    first, second = a_comment(thread, author=bo), a_comment(thread)

    def seen() -> Any:

        response = handler.short_road.answer(asked(marks_of(thread), key))
        assert response is not None
        return json.loads(response.content)

    assert seen() == {"votes": {}, "own": [], "muted": []}
    actions.cast_vote(reader=ana, comment=second, value=-1)
    assert seen()["votes"] == {str(second.pk): -1}
    actions.cast_vote(reader=ana, comment=second, value=0)
    assert seen()["votes"] == {}
    readers.mute(reader=ana, muted=bo)
    assert seen()["muted"] == [first.pk]
    readers.unmute(reader=ana, muted=bo)
    assert seen()["muted"] == []
    written = actions.post_comment(author=ana, thread=thread, source="The ferry left at nine, as it should.")
    assert seen()["own"] == [written.pk]
    Reader.objects.filter(pk=ana.pk).update(role=Role.MODERATOR)
    assert seen()["own"] == [written.pk]


def test_nothing_is_another_readers(handler: Handler, thread: Thread, ana: Reader, key: str, client: Client) -> None:
    comment = a_comment(thread)
    a_vote(comment, 1, reader=ana)
    first = handler.respond(asked(marks_of(thread), key))
    client.force_login(a_reader())
    second = handler.respond(asked(marks_of(thread), client.cookies["sessionid"].value))
    assert b'"%d":1' % comment.pk in told(first)[1]
    assert told(second)[1] == b'{"votes":{},"own":[],"muted":[]}'


def test_it_takes_two_queries_and_is_counted(
    thread: Thread, ana: Reader, key: str, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.KAKEHASHI_METRICS_TOKEN = "a token"
    handler = Handler()
    handler.respond(asked(marks_of(thread), key)).close()
    counted = metrics.requests.labels("own-marks", "GET", "200")._value
    before = counted.get()
    with django_assert_num_queries(2):
        assert handler.short_road.answer(asked(marks_of(thread), key)) is not None
    assert counted.get() == before + 1


# Writing

TOKEN = "t" * 32
FORM = "application/x-www-form-urlencoded"


def sent(path: str, key: str, body: str, **extra: Any) -> dict[str, Any]:
    """A form as a browser sends it, with its token."""
    data = f"csrfmiddlewaretoken={TOKEN}&{body}".encode()
    cookie = f"{settings.SESSION_COOKIE_NAME}={key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    form = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": FORM, "CONTENT_LENGTH": str(len(data)), "HTTP_COOKIE": cookie}
    return asked(path) | form | {"HTTP_ORIGIN": f"http://{HOST}", "wsgi.input": BytesIO(data)} | extra


def ballot(comment: Comment, key: str, value: str = "1", **extra: Any) -> dict[str, Any]:
    return sent(f"/comment/{comment.pk}/vote/", key, f"value={value}", **extra)


def letter(thread: Thread, key: str, text: str, **extra: Any) -> dict[str, Any]:
    return sent(f"/story/{thread.story_id}/comment/", key, f"text={text}", **extra)


def by_the_long_road(handler: Handler, environ: dict[str, Any]) -> HttpResponseBase:
    return handler.get_response(handler.request_class(environ))


@pytest.mark.parametrize("htmx", ["", "true"])
def test_a_vote_is_the_same_by_both_roads(handler: Handler, thread: Thread, ana: Reader, key: str, htmx: str) -> None:
    comment = a_comment(thread)
    how = {"HTTP_HX_REQUEST": htmx} if htmx else {}
    short = handler.short_road.answer(ballot(comment, key, "-1", **how))
    assert short is not None
    assert Comment.objects.get().down == 1
    actions.cast_vote(reader=ana, comment=comment, value=0)
    long = by_the_long_road(handler, ballot(comment, key, "-1", **how))
    assert told(short) == told(long)
    assert Comment.objects.get().down == Vote.objects.filter(reader=ana, value=-1).count() == 1


def test_a_comment_is_written_once_and_its_address_given(
    handler: Handler, thread: Thread, ana: Reader, key: str
) -> None:
    text = "The+ferry+left+%00at+nine,%0A%0Aand+was+late."
    for _ in range(2):
        answer = handler.short_road.answer(letter(thread, key, text))
        assert answer is not None
        assert answer.status_code == 302
    comment = Comment.objects.get()
    assert comment.source == "The ferry left at nine,\n\nand was late."
    assert answer.headers["Location"] == f"/comment/{comment.pk}/"
    assert (comment.author, Thread.objects.get().comment_count) == (ana, 1)


def test_a_comment_by_htmx_comes_back_with_the_discussion(handler: Handler, thread: Thread, key: str) -> None:
    answer = handler.short_road.answer(letter(thread, key, "It+was+late.", HTTP_HX_REQUEST="true"))
    assert answer is not None
    assert b"It was late." in answer.content
    assert answer.headers["HX-Retarget"] == "#comments"


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_COOKIE": "csrftoken=" + TOKEN},
        {"HTTP_ORIGIN": "https://elsewhere.example"},
        {"HTTP_ORIGIN": "null"},
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_TYPE": "application/json"},
        {"REQUEST_METHOD": "GET"},
        {"REQUEST_METHOD": "PUT"},
        {"HTTP_HOST": "elsewhere.example"},
        {"wsgi.input": BytesIO(b"csrfmiddlewaretoken=" + b"x" * 32 + b"&value=1")},
        {"wsgi.input": BytesIO(b"value=1"), "CONTENT_LENGTH": "7"},
    ],
)
def test_no_form_passes_without_its_token_or_from_elsewhere(
    thread: Thread, key: str, extra: dict[str, Any], settings: Any
) -> None:
    settings.ALLOWED_HOSTS = [HOST]
    handler = Handler()
    handler.load_middleware()
    comment = a_comment(thread)
    assert handler.short_road.answer(ballot(comment, key) | extra) is None
    answer = handler.respond(ballot(comment, key) | extra)
    assert answer.status_code in (302, 400, 403, 405)
    assert not Vote.objects.exists()


def test_a_token_of_a_cookie_that_did_not_come_is_none(handler: Handler, thread: Thread, key: str) -> None:
    comment = a_comment(thread)
    assert handler.short_road.answer(ballot(comment, key, HTTP_COOKIE=f"sessionid={key}")) is None
    assert handler.respond(ballot(comment, key, HTTP_COOKIE=f"sessionid={key}")).status_code == 403


@pytest.mark.parametrize("value", ["7", ""])
def test_a_refusal_is_the_long_roads(handler: Handler, thread: Thread, ana: Reader, key: str, value: str) -> None:
    """With the form read anew: what the short road has read of it is not gone."""
    assert handler.respond(ballot(a_comment(thread), key, value)).status_code == 422
    assert handler.respond(ballot(a_comment(thread, author=ana), key)).status_code == 403
    assert not Vote.objects.exists()


def test_somebody_suspended_neither_votes_nor_writes(handler: Handler, thread: Thread, ana: Reader, key: str) -> None:
    Reader.objects.filter(pk=ana.pk).update(suspended_until=timezone.now() + timedelta(days=1))
    comment = a_comment(thread)
    assert handler.respond(ballot(comment, key)).status_code == 403
    refused = handler.respond(letter(thread, key, "But+I+want+to."))
    assert refused.status_code == 403
    assert b"But I want to." in refused.content
    assert (Vote.objects.count(), Comment.objects.count()) == (0, 1)


def test_limits_hold(handler: Handler, thread: Thread, key: str) -> None:
    assert handler.respond(letter(thread, key, "The+first+of+two.")).status_code == 302
    second = handler.respond(letter(thread, key, "The+second+of+two."))
    assert second.status_code == 429
    assert int(second.headers["Retry-After"]) > 0
    assert b"The second of two." in second.content
    assert Comment.objects.count() == 1


def test_what_a_proxy_said_is_still_there_on_the_long_road(handler: Handler, thread: Thread, settings: Any) -> None:
    environ = asked(marks_of(thread), "a" * 32, HTTP_X_FORWARDED_FOR="203.0.113.7", HTTP_X_REQUEST_ID="abcdefgh12")
    before = dict(environ)
    assert handler.short_road.answer(environ) is None
    assert {name: environ[name] for name in before} == before
