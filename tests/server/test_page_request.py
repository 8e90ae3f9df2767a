"""Which requests may get what everybody gets: the pure part, and the making of a request by nobody."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.conf import settings as real_settings
from pytest_django import Settings

from kakehashi.lib.choices import Choices
from kakehashi.server.page_bytes import GZIP, IDENTITY, ZSTD, encoding_for, kept_headers, tags_of
from kakehashi.server.page_request import (
    Anybody,
    canonical_query,
    chosen,
    cookies_of,
    environ_of_nobody,
    is_plain_path,
    key_chosen,
    key_of,
    parts_of,
)

pytestmark = pytest.mark.once


class Headers:
    """As granian's: `get` shows the first of several headers of one name."""

    def __init__(self, *items: tuple[str, str]) -> None:
        self._items = [(name.lower(), value) for name, value in items]

    def get(self, key: str, default: str | None = None) -> str | None:
        return next((value for name, value in self._items if name == key), default)

    def items(self) -> list[tuple[str, str]]:
        return self._items


@dataclass
class Scope:
    """What the door reads of a request."""

    path: str = "/"
    query_string: str = ""
    method: str = "GET"
    authority: str | None = None
    headers: Headers = field(default_factory=lambda: Headers(("Host", "news.example")))


def is_anybodys(anybody: Anybody, scope: Scope, headers: Headers) -> bool:
    return anybody.sent(scope, headers, cookies_of(headers) if headers.get("cookie") is not None else None)


@pytest.fixture
def anybody(settings: Settings) -> Anybody:
    settings.ALLOWED_HOSTS = ["news.example", ".wide.example"]
    return Anybody()


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("order=newest", "order=newest"),
        ("page=2&order=popular", "order=popular&page=2"),
        ("order=common-ground", "order=common-ground"),
        ("order=newest&utm_source=x&fbclid=abc", "order=newest"),
        ("utm_source=x", ""),
        ("layout=nested&comment-order=latest", "comment-order=latest&layout=nested"),
        ("order=n%65west", "order=newest"),
        ("order=newest&order=newest", None),
        ("order=Newest", None),
        ("order=", None),
        ("order", None),
        ("page=0", None),
        ("page=01", None),
        ("page=٣", None),
        ("page=99999", None),
        ("page=-1", None),
        ("q=word", None),
        ("PAGE=2", None),
        ("page=2;order=newest", None),
        ("page=2&&", None),
        ("page=%ff", None),
        ("page=2%00", None),
        ("next=/", None),
        ("utm_source=" + "x" * 3000, None),
        ("&".join(f"utm_a={n}" for n in range(30)), None),
    ],
)
def test_a_query_is_known_word_for_word_or_not_at_all(query: str, canonical: str | None) -> None:
    assert canonical_query(query) == canonical


def test_a_path_with_a_question_mark_is_not_the_page_with_that_query() -> None:
    assert key_of("/a/", "page=2") == ("/a/", "page=2")
    assert key_of("/a/", "fbclid=1") == "/a/"
    assert key_of("/a/", "x=1") is None
    assert not is_plain_path("/a/?page=2")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "//",
        "//evil.example/",
        "/a//b",
        "/a/../b",
        "/a/..",
        "/a/./b",
        "/.",
        "/a\\b",
        "/a\x00",
        "/a\nb",
        "/a;b",
        "/a#b",
        "/a%2fb",
        "/a\ufffd",
        "/" + "a" * 600,
        "/account/login/",
        "/admin/",
    ],
)
def test_tricks_with_paths_are_left_to_django(path: str) -> None:
    assert not is_plain_path(path)


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/politics/a-story/", "/member/Ana B./", "/国際/橋/", "/a..b/"])
def test_plain_paths(path: str) -> None:
    assert is_plain_path(path)


@pytest.mark.parametrize(
    "header",
    [
        ("Cookie", "sessionid=abc"),
        ("Cookie", "a=1; sessionid=abc"),
        ("Cookie", "a=1;sessionid =abc"),
        ("Cookie", 'a="; sessionid=abc'),
        ("Cookie", "\tsessionid\t=\tabc"),
        ("Cookie", "sessionid"),
        ("Cookie", "messages=abc"),
        ("Authorization", "Basic YTpi"),
        ("HX-Request", "true"),
    ],
)
def test_whoever_says_who_they_are_is_somebody(anybody: Anybody, header: tuple[str, str]) -> None:
    headers = Headers(("Host", "news.example"), header)
    assert not is_anybodys(anybody, Scope(headers=headers), headers)


@pytest.mark.parametrize(
    ("cookies", "choices"),
    [
        ("kakehashi_language=ja", ("ja", "")),
        ("a=1;kakehashi_language=ko ; kakehashi_survey=7", ("ko", "7")),
        ("kakehashi_survey=7", ("", "7")),
        ("kakehashi_language=ko; kakehashi_language=ja", ("ja", "")),
        # The site's own, and what it does not offer.
        ("kakehashi_language=en", ("", "")),
        ("kakehashi_language=fr", ("", "")),
        ("kakehashi_language=JA", ("", "")),
        ("kakehashi_language=", ("", "")),
        ("kakehashi_language", ("", "")),
        ("kakehashi_language=ja-x", ("", "")),
        ("kakehashi_language=ja kakehashi_survey=7", ("", "")),
        ('kakehashi_language="ja"', ("", "")),
        ("kakehashi_language=j\u0430", ("", "")),
        ("xkakehashi_language=ja", ("", "")),
        ("kakehashi_languages=ja", ("", "")),
        ('a="; kakehashi_language=ja', ("ja", "")),
        # Another survey than the one that is shown, or no number.
        ("kakehashi_survey=8", ("", "")),
        ("kakehashi_survey=07", ("", "")),
        ("kakehashi_survey=7.0", ("", "")),
        ("kakehashi_survey=-7", ("", "")),
        ("kakehashi_survey=\u0667", ("", "")),
        ("kakehashi_survey=" + "7" * 5000, ("", "")),
        ("kakehashi_survey=0", ("", "")),
    ],
)
def test_two_cookies_choose_among_shared_pages(cookies: str, choices: tuple[str, str]) -> None:
    assert chosen(cookies, 7) == choices


def test_while_no_survey_is_shown_its_cookie_is_nothing() -> None:
    for number in ("0", "7"):
        assert chosen(f"kakehashi_survey={number}", 0) == ("", "")


def test_a_choice_is_part_of_a_pages_name(settings: Settings) -> None:
    settings.STATIC_URL = "/static/"
    korean = Choices("ko")
    assert key_chosen("/a/", Choices()) == "/a/"
    assert key_chosen("/a/", korean) == ("/a/", "", korean)
    assert key_chosen(("/a/", "page=2"), korean) == ("/a/", "page=2", korean)
    assert key_chosen(None, korean) is None
    assert key_chosen("/static/site.css", korean) == "/static/site.css"
    for key in ("/a/", ("/a/", "page=2"), ("/a/", "", korean)):
        path, query, choices = parts_of(key)
        assert key_chosen(key_of(path, query), choices) == key


def test_nobody_sends_the_cookies_of_the_choice_and_no_others() -> None:
    assert environ_of_nobody("/", "", Choices("ko", "7"))["HTTP_COOKIE"] == "kakehashi_language=ko; kakehashi_survey=7"
    assert environ_of_nobody("/", "", Choices("ko"))["HTTP_COOKIE"] == "kakehashi_language=ko"
    assert "HTTP_COOKIE" not in environ_of_nobody("/", "")


def test_a_session_in_a_second_cookie_header_is_seen(anybody: Anybody) -> None:
    headers = Headers(("Host", "news.example"), ("Cookie", "a=1"), ("Cookie", "sessionid=abc"))
    assert not is_anybodys(anybody, Scope(headers=headers), headers)


@pytest.mark.parametrize(
    "host", ["news.example", "NEWS.example", "news.example:8000", "a.wide.example", "news.example."]
)
def test_the_sites_own_names(anybody: Anybody, host: str) -> None:
    headers = Headers(("Host", host), ("Cookie", "csrftoken=abc; theme=dark"))
    assert is_anybodys(anybody, Scope(headers=headers), headers)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "news.example@evil.example", "news.example,evil.example", "news.example/x", "a b", "é"]
)
def test_other_names_are_left_to_django(anybody: Anybody, host: str) -> None:
    headers = Headers(("Host", host), ("X-Forwarded-Host", "news.example"))
    assert not is_anybodys(anybody, Scope(headers=headers), headers)


def test_an_absolute_address_must_name_the_same_host(anybody: Anybody) -> None:
    named, nameless = Headers(("Host", "news.example")), Headers()
    assert not is_anybodys(anybody, Scope(authority="evil.example"), named)
    assert is_anybodys(anybody, Scope(authority="news.example"), named)
    assert is_anybodys(anybody, Scope(authority="news.example"), nameless)
    assert not is_anybodys(anybody, Scope(authority="evil.example"), nameless)
    assert not is_anybodys(anybody, Scope(), nameless)


def test_nobody_asks_with_path_and_query_and_nothing_else(settings: Settings) -> None:
    settings.BASE_URL = "https://news.example:8443"
    environ = environ_of_nobody("/橋/", "page=2")
    assert {name for name in environ if name.startswith("HTTP_")} == {"HTTP_HOST"}
    assert (environ["HTTP_HOST"], environ["wsgi.url_scheme"]) == ("news.example:8443", "https")
    assert (environ["REQUEST_METHOD"], environ["QUERY_STRING"]) == ("GET", "page=2")
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/橋/"
    assert real_settings.SESSION_COOKIE_NAME not in str(environ)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", IDENTITY),
        ("gzip", GZIP),
        ("gzip, deflate, br, zstd", ZSTD),
        ("gzip;q=1.0, zstd;q=0.5", GZIP),
        ("GZIP", GZIP),
        ("x-gzip", GZIP),
        ("gzip;q=0", IDENTITY),
        ("gzip;q=0, *", IDENTITY),
        ("*", GZIP),
        ("*;q=0", IDENTITY),
        ("identity, gzip;q=0.5", IDENTITY),
        ("identity;q=0.5, gzip;q=0.9", GZIP),
        ("gzip;q=nonsense", IDENTITY),
        ("gzip;q=7", IDENTITY),
        ("gzip;q=nan", IDENTITY),
        ("br", IDENTITY),
        ("gzip;level=9;q=0.3", GZIP),
        ("zstd;q=0.001", ZSTD),
        (",;,=", IDENTITY),
    ],
)
def test_the_encoding_that_the_reader_likes_best(accepted: str, encoding: int) -> None:
    assert encoding_for(accepted) == encoding


def test_tags_of_a_reader() -> None:
    assert tags_of('W/"a", "b" ,"c"') == {'"a"', '"b"', '"c"'}


@pytest.mark.parametrize(
    "header",
    [
        ("Set-Cookie", "csrftoken=abc"),
        ("Cache-Control", "private, no-cache"),
        ("Cache-Control", "no-store"),
        ("Vary", "*"),
        ("Content-Encoding", "gzip"),
    ],
)
def test_an_answer_for_one_reader_is_refused_whatever_the_view_says(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="is not"):
        kept_headers([("Content-Type", "text/html"), header])


def test_headers_are_kept_but_those_about_one_body_and_one_request() -> None:
    found = [
        ("Content-Type", "text/html"),
        ("Content-Length", "3"),
        ("X-Frame-Options", "DENY"),
        ("Vary", "Cookie, X-A"),
    ]
    kept, vary = kept_headers([*found, ("X-Request-ID", "1")])
    assert kept == [("content-type", "text/html"), ("x-frame-options", "DENY")]
    assert vary == "Accept-Encoding, Cookie, X-A"
