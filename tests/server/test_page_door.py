"""The page cache over the wire: what is answered from memory, and that nothing personal can ever get into it."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from backports import zstd
from pytest_django import Settings

from kakehashi.server.rsgi import Site
from tests.processes import ProcessSite
from tests.server.visitor import Visitor, ask, furnish, member

pytestmark = [pytest.mark.slow]

MORE = """
import json
from datetime import timedelta
from django.utils import timezone
from kakehashi.stories import actions
running = actions.ensure_running_story(title="The long bridge")
section = actions.ensure_section(title="Memory")
actions.publish_story(section=section, headline="Piers", running_story=running)
print(">>>" + json.dumps([]))
"""
GAMES = 31
SECURITY = {
    "content-security-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
}


@dataclass(frozen=True)
class Place:
    address: str
    room: Any

    def raw(self, head: str, *lines: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
        """One request written by hand. (status, headers by lower-case name, body)."""
        netloc = urlsplit(self.address)
        named = [f"Host: {netloc.netloc if host is None else host}"] if host != "" else []
        text = "\r\n".join([f"{head} HTTP/1.1", *named, "Connection: close", *lines, "", ""])
        with socket.create_connection((netloc.hostname, netloc.port), timeout=60) as connection:
            connection.sendall(text.encode("latin-1"))
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        before, _, body = answer.partition(b"\r\n\r\n")
        status, *fields = before.decode("latin-1").split("\r\n")
        pairs = [field.split(": ", 1) for field in fields]
        return int(status.split()[1]), {name.lower(): value for name, value in pairs}, body


@pytest.fixture(scope="module")
def place(process_site: ProcessSite) -> Iterator[Place]:
    room = furnish(process_site, "Memory", {"Ana Memory": "reader", "Bo Memory": "reader"}, stories=GAMES + 1)
    ask(process_site, MORE)
    with process_site.serve("--workers", "1", "--no-worker") as address:
        yield Place(address, room)


def is_from_memory(headers: dict[str, str]) -> bool:
    return "s-maxage" in headers.get("cache-control", "")


PAGES = [
    "/",
    "/memory/",
    "/memory/?page=1",
    "/running/the-long-bridge/",
    "/feed/",
    "/feed/atom/",
    "/feed/section/memory/",
    "/member/Bo%20Memory/",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap-stories.xml",
    "/sitemap-places.xml",
    "/sitemap-running.xml",
]


def test_pages_for_everybody_are_answered_from_memory(place: Place) -> None:
    story = place.room["stories"][0]
    feeds = [f"/story/{story[0]}/comments.rss", f"/story/{story[0]}/comments.atom"]
    for path in [*PAGES, *feeds, story[1], f"{story[1]}?order=newest", f"{story[1]}?layout=nested&order=popular"]:
        status, plain_headers, plain = place.raw(f"GET {path}")
        assert (status, is_from_memory(plain_headers)) == (200, True), path
        assert {"Accept-Encoding", "Cookie"} <= set(plain_headers["vary"].split(", "))
        for name, unpack in (("gzip", gzip.decompress), ("zstd", zstd.decompress)):
            status, headers, body = place.raw(f"GET {path}", f"Accept-Encoding: {name}")
            assert headers.get("content-encoding", "") == (name if len(plain) > 255 else ""), path
            body = unpack(body) if len(plain) > 255 else body
            assert (headers["etag"] == plain_headers["etag"]) == (len(plain) <= 255)
            assert body == plain, path
        tag = headers["etag"]
        status, unchanged, body = place.raw(f"GET {path}", "Accept-Encoding: zstd", f"If-None-Match: {tag}")
        assert (status, body, unchanged["etag"]) == (304, b"", tag)
        status, head, body = place.raw(f"HEAD {path}")
        assert (status, body, head["content-length"]) == (200, b"", str(len(plain)))


def test_static_files_are_kept_for_good(place: Place) -> None:
    found = re.search(rb'"(/static/kakehashi/site[^"]+\.css)"', place.raw("GET /")[2])
    assert found
    path = found[1].decode()
    _, own, styles = place.raw(f"GET {path}", "Cookie: sessionid=x")
    for _ in range(2):
        status, headers, body = place.raw(f"GET {path}", "Accept-Encoding: zstd")
        assert (status, zstd.decompress(body)) == (200, styles)
        assert headers["etag"].endswith('-zstd"')
        for name in ("cache-control", "vary", "content-type", "access-control-allow-origin", "x-content-type-options"):
            assert headers[name] == own[name], name
    assert "immutable" in headers["cache-control"]
    packed = place.raw(f"GET {path}", "Accept-Encoding: gzip")[2]
    assert (gzip.decompress(packed), len(packed)) == (styles, len(gzip.compress(styles, 9)))
    assert not is_from_memory(place.raw("GET /static/nowhere.css")[1])


def test_headers_that_protect_readers_are_those_of_django(place: Place) -> None:
    _, kept, _ = place.raw("GET /")
    _, own, _ = place.raw("GET /", "Cookie: sessionid=nobodys")
    assert is_from_memory(kept)
    assert not is_from_memory(own)
    assert own["cache-control"] == "private, no-cache"
    assert set(own) >= SECURITY
    for name in SECURITY:
        assert sorted(kept[name].split("; ")) == sorted(own[name].split("; ")), name
    assert "set-cookie" not in kept


def test_a_reader_who_is_logged_in_gets_the_own_page_and_leaves_no_trace(place: Place) -> None:
    ana = Visitor(place.address, {"sessionid": place.room["sessions"]["Ana Memory"]})
    for path in [*PAGES[:4], *(path for _, path in place.room["stories"])]:
        assert "Ana Memory" not in Visitor(place.address).get(path).text
        assert "Ana Memory" in ana.get(path).text
        assert "Ana Memory" not in Visitor(place.address).get(path).text


def games(session: str) -> list[list[str]]:
    """Lines of headers that try to be somebody, or to bend what is kept."""
    return [
        [f"Cookie: sessionid={session}"],
        [f"Cookie: a=1; sessionid={session}"],
        [f"Cookie: a=1;sessionid={session};"],
        ["Cookie: a=1", f"Cookie: sessionid={session}"],
        [f"cookie:sessionid={session}"],
        [f'Cookie: a="; sessionid={session}'],
        [f'Cookie: sessionid="{session}"'],
        [f"Cookie:  sessionid = {session} "],
        ["Cookie: sessionid=EVIL"],
        ["Cookie: csrftoken=EVILEVILEVILEVILEVILEVILEVILEVIL"],
        ["Cookie: messages=EVIL"],
        ["Cookie: SESSIONID=EVIL; theme=EVIL"],
        [f"Cookie: kakehashi_language=ja; sessionid={session}"],
        ["Cookie: kakehashi_language=ja", f"Cookie: sessionid={session}"],
        [f"Cookie: kakehashi_survey=7; sessionid={session}; kakehashi_language=ko"],
        ["Cookie: kakehashi_language=EVIL; kakehashi_survey=EVIL"],
        ["Cookie: kakehashi_language=ko; csrftoken=EVILEVILEVILEVILEVILEVILEVILEVIL"],
        ['Cookie: kakehashi_language="ja; kakehashi_survey=<script>EVIL'],
        ["Cookie: kakehashi_survey=99999999999999999999; EVIL"],
        ["Authorization: Basic RVZJTDpFVklM"],
        ["Accept-Language: ja"],
        ["X-Forwarded-Host: EVIL.example"],
        ["X-Forwarded-Proto: https"],
        ["X-Forwarded-For: 192.0.2.7"],
        ["X-Original-URL: /account/", "X-Rewrite-URL: /account/"],
        ["X-HTTP-Method-Override: DELETE", "X-Method-Override: POST"],
        ["Range: bytes=0-10"],
        ["HX-Request: true", "HX-Current-URL: http://EVIL.example/"],
        ["Referer: http://EVIL.example/", "Origin: http://EVIL.example"],
        ["Accept: application/json"],
        ["Content-Length: 4", "Content-Type: application/x-www-form-urlencoded", "", "q=ab"],
    ]


def test_whatever_comes_first_what_is_kept_is_the_same(place: Place) -> None:
    session = place.room["sessions"]["Ana Memory"]
    _, _, expected = place.raw("GET /?page=500")
    tried = games(session)
    for number, lines in enumerate(tried, 600):
        for method in ("HEAD", "GET"):
            status, headers, body = place.raw(f"{method} /?page={number}", "User-Agent: EVIL", *lines)
            assert status == 200, lines
            assert not (is_from_memory(headers) and (session in str(lines) or b"Ana Memory" in body)), lines
        status, headers, kept = place.raw(f"GET /?page={number}")
        assert (status, is_from_memory(headers)) == (200, True)
        assert kept.replace(b"page%%3D%d" % number, b"page%3D500") == expected, lines
        assert not re.search(rb"Ana Memory|EVIL|csrfmiddlewaretoken", kept)
        assert "set-cookie" not in headers
    assert b"Ana Memory" in place.raw("GET /?page=600", *tried[3])[2]


def test_a_choice_by_cookie_gives_one_page_to_all_who_chose_so(place: Place) -> None:
    session = place.room["sessions"]["Ana Memory"]
    story = place.room["stories"][0][1]
    for path in ("/", story, f"{story}?order=newest"):
        usual = place.raw(f"GET {path}")
        for language in ("ja", "ko"):
            chosen = f"kakehashi_language={language}"
            own = place.raw(f"GET {path}", f"Cookie: {chosen}; sessionid={session}")
            assert not is_from_memory(own[1])
            assert b"Ana Memory" in own[2]
            kept = [
                place.raw(f"GET {path}", f"Cookie: {cookies}")
                for cookies in (f"EVIL=1; {chosen}", f"csrftoken=EVIL; {chosen}; kakehashi_survey=5", chosen)
            ]
            assert {page[2] for page in kept} == {kept[0][2]}
            for status, headers, body in kept:
                assert (status, is_from_memory(headers)) == (200, True)
                assert "set-cookie" not in headers
                assert {"Accept-Encoding", "Cookie"} <= set(headers["vary"].split(", "))
                assert b'<html lang="%s"' % language.encode() in body
                assert headers["content-language"] == language
                assert not re.search(rb"Ana Memory|EVIL|csrfmiddlewaretoken", body)
        assert place.raw(f"GET {path}")[2] == usual[2]
        assert usual[1]["content-language"] == "en"


def test_a_story_asked_for_by_somebody_first_is_the_same_as_ever(place: Place) -> None:
    session = place.room["sessions"]["Ana Memory"]
    tried = games(session)
    assert len(tried) == GAMES
    for (_, path), lines in zip(place.room["stories"][1:], tried, strict=True):
        for order in ("oldest", "newest"):
            assert place.raw(f"GET {path}?order={order}", "User-Agent: EVIL", *lines)[0] == 200
            status, headers, kept = place.raw(f"GET {path}?order={order}")
            assert (status, is_from_memory(headers)) == (200, True), lines
            assert not re.search(rb"Ana Memory|EVIL|csrfmiddlewaretoken", kept), lines
            assert "set-cookie" not in headers


def test_host_names(place: Place) -> None:
    port = urlsplit(place.address).port
    for host in ("EVIL.example", f"EVIL.example:{port}", "127.0.0.1@EVIL.example", "127.0.0.1,EVIL.example", "a b"):
        assert place.raw("GET /", host=host)[0] == 400, host
    assert not is_from_memory(place.raw("GET /", host="")[1])
    for host in ("127.0.0.1", f"127.0.0.1:{port}", "localhost", "LOCALHOST:1", "localhost.", "[::1]"):
        status, headers, body = place.raw("GET /", host=host)
        assert (status, is_from_memory(headers)) == (200, True), host
        assert b"LOCALHOST" not in body
    before = place.raw("GET /")[2]
    for form in ("http://EVIL.example/", "http://EVIL.example/?page=700", "http://127.0.0.1:1/?page=700"):
        status, headers, _ = place.raw(f"GET {form}")
        assert (status, is_from_memory(headers)) == (200, False)
    assert place.raw("GET /", "Host: EVIL.example")[0] in {200, 400}
    assert place.raw("GET /")[2] == before
    assert b"EVIL" not in place.raw("GET /?page=700")[2]


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//EVIL.example/",
        "/memory//",
        "/./",
        "/memory/../",
        "/%2e%2e/",
        "/%2f",
        "/memory%2f%2f",
        "/memory/%3Fpage=1",
        "/memory/%00",
        "/memory/%0d%0aSet-Cookie:%20EVIL=1/",
        "/memory\\",
        "/memory/;a=1",
        "/memory/%23",
        "/?order=EVIL",
        "/?page=1&page=2",
        "/?page=1;page=2",
        "/?PAGE=1",
        "/?next=http://EVIL.example/",
        "/?q=<script>",
        "/?%00",
        "/??page=1",
        "/?page=1%26q=EVIL",
    ],
)
def test_odd_addresses_are_not_answered_from_memory(place: Place, path: str) -> None:
    status, headers, _ = place.raw(f"GET {path}")
    assert status in {200, 301, 302, 400, 404}
    assert not is_from_memory(headers)
    assert b"EVIL" not in place.raw("GET /")[2]


def test_what_only_counts_clicks_is_forgotten(place: Place) -> None:
    first = place.raw("GET /memory/?utm_source=EVIL&page=1&fbclid=EVIL&gclid=EVIL")
    again = place.raw("GET /memory/?page=1")
    assert first[1]["etag"] == again[1]["etag"]
    assert b"EVIL" not in first[2]


def test_forms_and_other_methods_go_to_django(place: Place) -> None:
    assert place.raw("POST /", "Content-Length: 0")[0] in {403, 405}
    assert place.raw("OPTIONS /")[0] == 200
    assert place.raw("DELETE /")[0] == 403
    for path in ("/account/login/", "/search/", "/search/?q=ferry", "/nowhere/", "/memory", "/healthz"):
        assert not is_from_memory(place.raw(f"GET {path}")[1]), path
    visitor = Visitor(place.address)
    assert visitor.get("/account/login/").status == 200
    assert visitor.token
    again = visitor.get("/")
    assert is_from_memory(again.headers)
    assert "csrfmiddlewaretoken" not in again.text


def test_a_member_who_logs_in_sees_the_own_pages_at_once(place: Place) -> None:
    bo = member(place.address, place.room["sessions"]["Bo Memory"], place.room["stories"][0][1])
    assert "Bo Memory" in bo.get("/").text
    bo.cookies.clear()
    assert "Bo Memory" not in bo.get("/").text


def test_without_memory_there_is_no_page_cache(settings: Settings) -> None:
    settings.PAGE_CACHE_MB = 0
    assert Site(threads=1).pages is None
