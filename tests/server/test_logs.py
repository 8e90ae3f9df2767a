"""Log lines with the number of their request, and without a word about the person who made it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from kakehashi.lib.errors import NotFound
from kakehashi.server import logs
from kakehashi.server.logs import JsonFormatter, TextFormatter, masked
from kakehashi.server.watching import RequestMiddleware
from tests.factories import a_story
from tests.processes import ProcessSite
from tests.server.visitor import FORM, Visitor, furnish, member

PERSONAL = ("ana.secret@example.org", "Ana Secret", "203.0.113.77", "2001:db8::77", "very-private", "a-private-cookie")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that is logged, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


def lines(stream: io.StringIO, logger: str = "") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if line["logger"].startswith(logger)]


def through(view: Any, request: HttpRequest) -> HttpResponse:
    return RequestMiddleware(view)(request)


@pytest.mark.django_db
class TestRequests:
    def test_a_request_is_one_line_with_its_figures(
        self, client: Client, settings: Settings, written: io.StringIO
    ) -> None:
        settings.KAKEHASHI_LOG_REQUESTS = True
        story = a_story()
        answer = client.get(f"{story.url}?q=very-private")
        [line] = lines(written, "kakehashi.request")
        assert (line["route"], line["method"], line["status"]) == ("wagtail_serve", "GET", 200)
        assert line["ms"] > 0
        assert line["queries"] > 3
        assert line["request_id"] == answer["X-Request-ID"]

    def test_only_what_broke_or_was_slow_is_written_unless_asked_for(
        self, client: Client, settings: Settings, written: io.StringIO
    ) -> None:
        client.get("/account/login/")
        assert lines(written, "kakehashi.request") == []
        settings.KAKEHASHI_SLOW_REQUEST_MS = 0.001
        Client().get("/account/login/")
        [line] = lines(written, "kakehashi.request")
        assert (line["level"], line["message"]) == ("WARNING", "answered slowly")

    @pytest.mark.parametrize(
        ("given", "address", "is_taken"),
        [
            ("0123456789abcdef", "127.0.0.1", True),
            ("0123456789abcdef", "198.51.100.7", False),
            ("short", "127.0.0.1", False),
            ("x" * 65, "127.0.0.1", False),
            ("ana.secret@example.org", "127.0.0.1", False),
            ("two words of it", "127.0.0.1", False),
        ],
    )
    def test_a_number_is_believed_from_a_trusted_proxy_if_it_looks_sane(
        self, client: Client, given: str, address: str, is_taken: bool
    ) -> None:
        answer = client.get("/account/login/", headers={"X-Request-ID": given}, REMOTE_ADDR=address)
        assert (answer["X-Request-ID"] == given) == is_taken
        assert len(answer["X-Request-ID"]) >= 8

    def test_a_slow_query_is_written_without_what_was_asked(self, settings: Settings, written: io.StringIO) -> None:
        settings.KAKEHASHI_SLOW_QUERY_MS = 0.0001

        def view(request: HttpRequest) -> HttpResponse:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1\n  WHERE %s = 'x'", ["very-private"])
            return HttpResponse()

        answer = through(view, RequestFactory().get("/"))
        [line] = lines(written, "kakehashi.query")
        assert (line["sql"], line["route"]) == ("SELECT 1 WHERE %s = 'x'", "none")
        assert line["request_id"] == answer["X-Request-ID"]
        assert line["ms"] > 0

    def test_the_number_stands_on_the_page_of_what_broke(self, client: Client, written: io.StringIO) -> None:
        def broken(*args: Any, **kwargs: Any) -> None:
            raise ValueError(" typed ".join(PERSONAL))

        client.raise_request_exception = False
        with connection.execute_wrapper(broken):
            answer = client.get("/search/?q=very-private")
        assert answer.status_code == 500
        number = answer["X-Request-ID"]
        assert f"<code>{number}</code>" in answer.text
        told = lines(written)
        assert {line.get("request_id") for line in told} == {number}
        [line] = [line for line in told if "traceback" in line]
        assert (line["error"], line["route"]) == ("ValueError", "search")
        assert "(what it says is withheld)" in line["traceback"]
        assert "test_logs.py" in line["traceback"]
        assert not any(word in written.getvalue() for word in PERSONAL)


def test_no_number_outside_of_a_request() -> None:
    assert logs.request_id() == ""


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("mail to ana.secret+x@mail.example.org, “Hello”", "mail to [e-mail], “Hello”"),
        ("from 203.0.113.77:8080", "from [address]:8080"),
        ("from [2001:db8::77] port 80", "from [[address]] port 80"),
        ("from ::ffff:203.0.113.77", "from [address][address]"),
        ("at 12:34:56 and 2026-01-02T03:04:05.678Z", "at 12:34:56 and 2026-01-02T03:04:05.678Z"),
        ("version 5.2.19, module a.b:C, key: value", "version 5.2.19, module a.b:C, key: value"),
    ],
)
def test_addresses_are_masked_and_other_things_are_not(said: str, written: str) -> None:
    assert masked(said) == written


def test_both_forms_say_the_same() -> None:
    record = logging.LogRecord("kakehashi.x", logging.INFO, __file__, 1, "made %d of %s", (2, "cake"), None)
    record.fields = {"ms": 1.5}
    text, line = TextFormatter().format(record), json.loads(JsonFormatter().format(record))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z INFO kakehashi\.x: made 2 of cake ms=1\.5", text)
    assert (line["level"], line["logger"], line["message"], line["ms"]) == (
        "INFO",
        "kakehashi.x",
        "made 2 of cake",
        1.5,
    )


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_an_error_outside_of_a_request_says_what_it_is(formatter: logging.Formatter) -> None:
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise NotFound("of ana.secret@example.org\nsecond line") from error
    except NotFound as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "broke", (), (type(error), error, error.__traceback__)
        )
    line = formatter.format(record)
    assert "KeyError: 'inner'" in line
    assert "kakehashi.lib.errors.NotFound: of [e-mail]" in line
    assert "Ana Secret" not in line


@pytest.mark.slow
def test_a_served_site_logs_nothing_personal(process_site: ProcessSite) -> None:
    wishes = {
        "KAKEHASHI_LOG_FORMAT": "json",
        "KAKEHASHI_LOG_REQUESTS": "1",
        "KAKEHASHI_LOG_LEVEL": "DEBUG",
        "KAKEHASHI_SLOW_QUERY_MS": "1",
    }
    made = furnish(process_site, "Secrets", {"Ana Secret": "reader", "Bo Secret": "reader"}, stories=1)
    [[story, path]] = made["stories"]
    process_site.extra |= wishes
    try:
        with process_site.serve("--workers", "1", "--access-log") as address:
            ana = member(address, made["sessions"]["Ana Secret"], path)
            ana.cookies["odd"] = "a-private-cookie"
            proxied = {"X-Forwarded-For": "203.0.113.77, 2001:db8::77", "X-Request-ID": "from-the-proxy"}
            assert ana.get(f"{path}?q=very-private", **proxied).status == 200
            assert ana.post(f"/story/{story}/comment/", {"text": "very-private"}).status == 302
            assert ana.get("/search/?q=very-private", **proxied).status == 200
            stranger = Visitor(address)
            stranger.get("/account/login/", **proxied)
            stranger.post("/account/login/", {"login": "ana.secret@example.org", "password": "very-private"})
            stranger.send(
                "POST", "/account/login/", headers={"Content-Type": FORM, **proxied}, body=b"login=very-private"
            )
            stranger.get("/very-private/Ana%20Secret/", **proxied)
            stranger.post("/account/password/reset/", {"email": "ana.secret@example.org"})
    finally:
        for name in wishes:
            del process_site.extra[name]
    log = (process_site.data / "serve.log").read_text()
    ours = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"wagtail_serve", "account_login"} <= {line.get("route") for line in ours}
    assert "from-the-proxy" in {line.get("request_id") for line in ours}
    for word in (*PERSONAL, made["sessions"]["Ana Secret"], ana.token):
        found = [line for line in ours if word in json.dumps(line, ensure_ascii=False)]
        assert found == [], word
    assert "203.0.113.77" not in log
    assert "127.0.0.1 -" not in log
