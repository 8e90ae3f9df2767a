"""Sister sites are asked over real sockets; whatever they answer, readers see the last good copy or nothing."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kakehashi.lib.safe_http import Limits
from kakehashi.trending import boxes, queries
from kakehashi.trending.actions import ask_sisters
from kakehashi.trending.models import KEPT, Sister
from tests.factories import a_front, a_reader, a_story
from tests.lib.outside import Outside, http, outside

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 12, tzinfo=timezone.get_default_timezone())
MINUTE = timedelta(minutes=1)
QUICK = Limits(seconds=0.5, sent=50_000, unpacked=200_000, redirects=3)
TYPE = "application/feed+json"


def feed(*titles: str) -> bytes:
    items = [{"id": title, "title": title, "url": f"/{number}"} for number, title in enumerate(titles)]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "S", "items": items}).encode()


class Says:
    """What the sister says next."""

    def __init__(self) -> None:
        self.answer = http(feed("Ferry late", "Bridge shut"), 'ETag: "1"', type=TYPE)

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        connection.sendall(self.answer)


@pytest.fixture
def says() -> Says:
    return Says()


@pytest.fixture
def there(settings: Settings, says: Says) -> Iterator[Outside]:
    settings.KAKEHASHI_SISTERS_MINUTES = 10
    with outside(says) as found:
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [found.place]
        yield found


@pytest.fixture
def sister(there: Outside) -> Sister:
    return Sister.objects.create(name="The Far Shore", address=there.url, next_try_at=NOW)


def ask(now: datetime = NOW) -> int:
    return ask_sisters(now=now, limits=QUICK, draw=lambda: 0.5)


def shown(now: datetime = NOW) -> list[str]:
    return [item.title for item in queries.next_door(now)]


def test_a_feed_is_fetched_shown_and_asked_for_again_only_when_it_has_changed(
    sister: Sister, there: Outside, says: Says
) -> None:
    assert ask() == 1
    assert queries.next_door(NOW) == [
        ("The Far Shore", "Ferry late", f"{there.url}0"),
        ("The Far Shore", "Bridge shut", f"{there.url}1"),
    ]
    assert ask(NOW + 9 * MINUTE) == 0
    says.answer = http(status="304 Not Modified", type="", length=0)
    assert ask(NOW + 10 * MINUTE) == 1
    assert b'if-none-match: "1"' in there.asked[1].lower()
    sister.refresh_from_db()
    assert (sister.good_at, sister.failures, len(sister.copy)) == (NOW + 10 * MINUTE, 0, 2)
    assert sister.next_try_at == NOW + 20 * MINUTE


def test_waits_grow_and_differ_and_end_with_the_first_good_answer(sister: Sister, says: Says) -> None:
    good, says.answer = says.answer, http(status="503 Busy")
    now, waits = NOW, []
    for _ in range(8):
        assert ask(now) == 0
        sister.refresh_from_db()
        waits.append((sister.next_try_at - now) / MINUTE)
        now = sister.next_try_at
    assert waits == [20, 40, 80, 160, 320, 640, 720, 720]
    assert "503" in sister.failure
    says.answer = good
    assert ask(now) == 1
    sister.refresh_from_db()
    assert (sister.failures, sister.failure, sister.next_try_at) == (0, "", now + 10 * MINUTE)
    ask_sisters(now=sister.next_try_at, limits=QUICK, draw=lambda: 1.0)
    sister.refresh_from_db()
    assert sister.next_try_at == now + 22 * MINUTE


def test_a_server_that_asks_us_to_wait_is_left_alone(sister: Sister, says: Says) -> None:
    says.answer = http(b"", "Retry-After: 7200", status="429 Slow down")
    ask()
    sister.refresh_from_db()
    assert sister.next_try_at == NOW + 120 * MINUTE


def test_the_last_good_copy_stays_for_two_days(sister: Sister, says: Says) -> None:
    ask()
    says.answer = http(b"<p>Down for repairs", type="text/html")
    ask(NOW + 10 * MINUTE)
    almost = NOW + KEPT - timedelta(seconds=1)
    assert shown(almost) == ["Ferry late", "Bridge shut"]
    assert queries.sisters_by_state(almost) == {"good": 0, "failing": 1, "silent": 0, "off": 0}
    assert shown(NOW + KEPT) == []
    assert queries.sisters_by_state(NOW + KEPT) == {"good": 0, "failing": 0, "silent": 1, "off": 0}


BOMB = http(gzip.compress(b" " * 20_000_000, mtime=0), "Content-Encoding: gzip", type=TYPE)
LIES: dict[str, bytes] = {
    "a page": http(b"<html>", type="text/html"),
    "a gigabyte, it says": http(b"{}", type=TYPE, length=1 << 30),
    "more than it says": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 600_000,
    "less than it says": http(feed("Half"), type=TYPE, length=5000),
    "a bomb": BOMB,
    "a private address": http(status="302 Found", type="", length=0).replace(
        b"\r\n\r\n", b"\r\nLocation: http://169.254.169.254/latest/\r\n\r\n"
    ),
    "a circle": http(b"", "Location: /", status="302 Found"),
    "no stories": http(feed(), type=TYPE),
    "half a feed": http(feed("x")[:-3], type=TYPE),
    "not XML": http(b"<rss><channel>", type="application/rss+xml"),
    "the wrong charset": http(b'{"version": "\xe9"}', type="application/json; charset=utf-8"),
    "nothing": b"",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_leaves_the_last_good_copy_and_a_sentence(sister: Sister, says: Says, lie: str) -> None:
    ask()
    says.answer = LIES[lie]
    began = time.monotonic()
    assert ask(NOW + 10 * MINUTE) == 0
    assert time.monotonic() - began < 3
    sister.refresh_from_db()
    assert sister.failures == 1
    assert sister.failure
    assert shown() == ["Ferry late", "Bridge shut"]


def test_nothing_has_changed_is_no_answer_to_a_first_question(sister: Sister, says: Says) -> None:
    says.answer = http(status="304 Not Modified", type="", length=0)
    assert ask() == 0
    sister.refresh_from_db()
    assert (sister.failures, sister.good_at) == (1, None)


def test_a_mark_that_cannot_be_sent_back_is_not_kept(sister: Sister, there: Outside, says: Says) -> None:
    says.answer = http(feed("Ferry late"), 'ETag: "\xe9"', type=TYPE)
    assert ask() == 1
    assert ask(NOW + 10 * MINUTE) == 1
    assert b"if-none-match" not in there.asked[1].lower()
    # One that was kept before that was known keeps nobody from asking again.
    Sister.objects.update(etag="é")
    assert ask(NOW + 20 * MINUTE) == 0
    assert ask(NOW + 60 * MINUTE) == 1


def test_a_slow_drip_holds_nobody_for_long(settings: Settings) -> None:
    def drip(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.05)

    with outside(drip) as there:
        settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS = [there.place]
        sister = Sister.objects.create(name="Slow", address=there.url, next_try_at=NOW)
        began = time.monotonic()
        ask()
        assert time.monotonic() - began < 2
    sister.refresh_from_db()
    assert "long" in sister.failure


def test_another_address_is_asked_at_once_and_without_the_other_ones_marks(
    sister: Sister, there: Outside, says: Says
) -> None:
    ask()
    Sister.objects.update(address=f"{there.url}other")
    assert shown() == []
    assert ask(NOW + MINUTE) == 1
    assert b"if-none-match" not in there.asked[1].lower()
    assert shown() == ["Ferry late", "Bridge shut"]
    Sister.objects.update(is_on=False)
    assert shown() == []
    assert ask(NOW + 60 * MINUTE) == 0


def test_a_worker_that_was_killed_leaves_the_sister_to_others(sister: Sister) -> None:
    from kakehashi.trending.actions import sisters

    assert sisters._claim(sister, NOW)
    assert not sisters._claim(sister, NOW)
    assert ask(NOW + MINUTE) == 0
    assert ask(NOW + sisters.CLAIM) == 1


def test_sisters_take_turns_and_no_story_stands_twice() -> None:
    for number, name in enumerate("ab"):
        stories = [[f"{name}{n}", f"https://{name}.example/{n}"] for n in range(5)] + [["x", "https://a.example/0"]]
        Sister.objects.create(
            name=name, address="https://x.example/", copied_from="https://x.example/", copy=stories, good_at=NOW,
            number=2 + number, position=number,
        )  # fmt: skip
    assert shown() == ["a0", "b0", "a1", "b1", "b2"]


@pytest.mark.parametrize(
    "address", ["", "news.example", "ftp://a.example/", "http://u:p@a.example/", "http://a.example:22/"]
)
def test_addresses_that_cannot_be_listed(address: str) -> None:
    with pytest.raises(ValidationError):
        Sister(name="x", address=address).full_clean()


def test_our_own_address_cannot_be_listed(settings: Settings) -> None:
    settings.BASE_URL = "https://news.example"
    with pytest.raises(ValidationError, match="itself"):
        Sister(name="x", address="https://news.example/trending.json").full_clean()


def test_the_box_says_whose_stories_they_are_and_trusts_none_of_them(client: Client) -> None:
    front, story = a_front(), a_story()
    Sister.objects.create(
        name="The <b>Far</b> Shore",
        address="https://far.example/f",
        copied_from="https://far.example/f",
        copy=[["<script>alert(1)</script>", "https://far.example/?a=1&b=%22"]],
        good_at=timezone.now(),
    )
    for page in (front, story.section, story):
        boxes.forget()
        html = client.get(page.get_absolute_url()).content.decode()
        assert "What is trending on our other sites" in html
        assert "<script>alert(1)" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert 'href="https://far.example/?a=1&amp;b=%22" rel="external noopener"' in html
        assert "The &lt;b&gt;Far&lt;/b&gt; Shore" in html
    Sister.objects.update(good_at=timezone.now() - KEPT)
    boxes.forget()
    assert "our other sites" not in client.get(front.get_absolute_url()).content.decode()


def test_staff_see_how_each_sister_is_doing(client: Client, settings: Any) -> None:
    settings.KAKEHASHI_STAFF_MFA = "optional"
    now = timezone.now()
    Sister.objects.create(name="Good", address="https://a.example/", tried_address="https://a.example/", tried_at=now)
    Sister.objects.create(
        name="Bad", address="https://b.example/", tried_address="https://b.example/", tried_at=now, failures=3,
        failure="The other site does not answer.",
    )  # fmt: skip
    Sister.objects.create(name="New", address="https://c.example/")
    Sister.objects.create(name="Off", address="https://d.example/", is_on=False)
    client.force_login(a_reader(role="administrator"))
    html = client.get("/admin/snippets/trending/sister/").content.decode()
    for sentence in ("Answers", "does not answer.", "Nothing of it is shown.", "Not asked yet", "Not shown"):
        assert sentence in html
    form = client.get("/admin/snippets/trending/sister/add/").content.decode()
    assert "https://NAME/trending.json" in form
    sent = {"name": "More", "address": "http://x y/", "is_on": "on", "number": "3", "position": "0"}
    assert (
        "characters that no address has" in client.post("/admin/snippets/trending/sister/add/", sent).content.decode()
    )
    assert (
        client.post("/admin/snippets/trending/sister/add/", sent | {"address": "https://m.example/f"}).status_code
        == 302
    )
    assert Sister.objects.get(name="More").address == "https://m.example/f"
