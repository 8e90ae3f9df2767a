"""No bytes whatever give a 500; every refusal has a sentence and the right shape."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from kakehashi.lib.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, TooMany
from kakehashi.server.middleware import BadInputMiddleware, error_response
from tests.factories import a_reader, a_story

pytestmark = pytest.mark.django_db

ODD_ADDRESSES = [
    "/%00",
    "/member/%00/",
    "/member/a%00b/",
    "/?q=%00",
    "/search/?q=%00",
    "/search/?q=%ff%fe",
    "/%ff%fe/",
    "/member/%ff%fe/",
    "/member/%ED%A0%80/",
    "/comment/99999999999999999999/",
    "/comment/99999999999999999999999999999999999999/",
    "/search/?q=a&page=1000000000000000000000000000000",
    "/search/?q=a&page=-1",
    "/search/?q=" + "a" * 20_000,
    "/?order=%F0%9F%8C%89&page=9999999999",
    "/media/" + "a" * 3000,
    "/media/../../etc/passwd",
    "/media/%2e%2e/secret-key",
    "/" + "a/" * 2000,
    "/static/%00",
    "/running/%00/",
    "/feed/%ff",
]


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_an_odd_address_never_breaks_the_site(client: Client, address: str) -> None:
    client.raise_request_exception = False
    assert client.get(address).status_code in {200, 301, 302, 400, 404}


@pytest.mark.parametrize("address", ["/%00", "/?page=%00"])
def test_a_nul_in_the_address_is_refused_with_a_sentence(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert "cannot make sense of" in answer.text


def test_a_page_of_one_reader_is_kept_by_no_proxy(client: Client) -> None:
    story = a_story()
    assert "Cache-Control" not in client.get(story.url).headers
    client.force_login(a_reader())
    for address in (story.url, "/search/", f"/story/{story.pk}/comments.rss"):
        assert client.get(address)["Cache-Control"] == "private, no-cache"
    assert "max-age=0" in Client().get("/account/login/")["Cache-Control"]


def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(repr((dict(request.POST.lists()), request.COOKIES)))


def through(request: HttpRequest) -> HttpResponse:
    return BadInputMiddleware(echo)(request)


def test_nuls_in_a_form_are_taken_out_and_the_rest_kept(rf: RequestFactory) -> None:
    answer = through(rf.post("/", {"text": "a\x00b", "na\x00me": ["c", "\x00"]}))
    assert answer.text == repr(({"text": ["ab"], "name": ["c", ""]}, {}))


def test_a_cookie_with_an_escaped_nul_counts_as_absent(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"Cookie": r'sessionid="a\000b"; kept=1'})
    assert through(request).text == repr(({}, {"kept": "1"}))


def test_a_session_cookie_with_an_escaped_nul_is_no_session(client: Client) -> None:
    assert client.get("/nowhere/", headers={"Cookie": r'sessionid="\000"'}).status_code == 404


def test_too_large_a_form_is_answered_413(rf: RequestFactory, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = through(rf.post("/", "text=" + "a" * 2000, content_type="application/x-www-form-urlencoded"))
    assert answer.status_code == 413
    assert "larger than this site takes" in answer.text


def test_too_many_fields_are_answered_400(rf: RequestFactory, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    answer = through(
        rf.post("/", "&".join(f"f{n}=1" for n in range(20)), content_type="application/x-www-form-urlencoded")
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\xff\xfe"),
        ("multipart/form-data; boundary=" + "x" * 500, b"--x"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"a=b"),
        ("application/x-www-form-urlencoded", b"text=\xff\xfe%ff%00&=&&;"),
        ("application/json", b"{"),
        ("text/plain; charset=nonsense", b"\xff"),
    ],
)
def test_malformed_forms_never_break_the_site(client: Client, content_type: str, body: bytes) -> None:
    client.raise_request_exception = False
    answer = client.generic("POST", "/account/login/", body, content_type=content_type)
    assert answer.status_code in {200, 400, 403}


@pytest.mark.parametrize("method", ["FROB", "TRACE", "CONNECT"])
def test_unknown_methods_are_answered_405(rf: RequestFactory, method: str) -> None:
    answer = through(rf.generic(method, "/"))
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]


def test_a_wrong_host_is_answered_400(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["news.example"]
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "cannot make sense of" in answer.text


@pytest.mark.parametrize("error", [OverflowError("too large"), DataError("out of range"), "a\ud800"])
def test_what_the_database_cannot_hold_is_answered_400(rf: RequestFactory, error: Exception | str) -> None:
    if isinstance(error, str):
        with pytest.raises(UnicodeEncodeError) as caught:
            error.encode()
        error = caught.value
    answer = BadInputMiddleware(echo).process_exception(rf.get("/"), error)
    assert answer is not None
    assert answer.status_code == 400


def test_faults_of_our_own_stay_faults(rf: RequestFactory) -> None:
    assert BadInputMiddleware(echo).process_exception(rf.get("/"), ValueError("ours")) is None


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Invalid("Too short."), 422, "invalid"),
        (NotAllowed("Not yours."), 403, "not-allowed"),
        (NotFound("Not here."), 404, "not-found"),
        (Conflict("Taken.", code="name-taken"), 409, "name-taken"),
    ],
)
def test_an_error_has_one_shape_in_json_fragment_and_page(
    rf: RequestFactory, error: DomainError, status: int, code: str
) -> None:
    json = error_response(rf.get("/", headers={"Accept": "application/json"}), error)
    assert json.status_code == status
    assert json.text == f'{{"error": {{"code": "{code}", "message": "{error.message}"}}}}'
    fragment = error_response(rf.get("/", headers={"HX-Request": "true"}), error)
    assert fragment.status_code == status
    assert f'role="alert">{error.message}</p>' in fragment.text
    assert "<html" not in fragment.text
    page = error_response(rf.get("/"), error)
    assert page.status_code == status
    assert error.message in page.text
    assert "</html>" in page.text


def test_a_limit_says_when_to_come_again(rf: RequestFactory) -> None:
    error = TooMany("One comment in ten seconds.", retry_at=timezone.now() + timedelta(seconds=8.6))
    answer = error_response(rf.get("/", headers={"Accept": "application/json"}), error)
    assert answer.status_code == 429
    assert answer["Retry-After"] in {"8", "9"}
    assert error.retry_at.isoformat() in answer.text


def test_absent_pages_answer_in_the_shape_that_was_asked_for(client: Client) -> None:
    assert "</html>" in client.get("/nowhere/").text
    assert client.get("/nowhere/", headers={"Accept": "application/json"}).json()["error"]["code"] == "not-found"
    assert "<html" not in client.get("/nowhere/", headers={"HX-Request": "true"}).text
