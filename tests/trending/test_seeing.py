"""Which requests are views, and that nobody is remembered for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

import pytest

from kakehashi.trending.seeing import Eyes, Sight, is_looked_at, is_person

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=30)
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BROWSERS = [
    PHONE,
    DESK,
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/142.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    f"Mozilla/5.0 (Linux; Android 16; Pixel 9) {KIT} Chrome/142.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 15; SAMSUNG SM-S931B) {KIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
]


@pytest.mark.parametrize("agent", BROWSERS)
def test_browsers_are_people(agent: str) -> None:
    assert is_person(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "-",
        "curl/8.11",
        "python-requests/2.32",
        "Mozilla/5.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        DESK + "x" * 500,
        f"Mozilla/5.0 (X11; Linux x86_64) {KIT} HeadlessChrome/142.0 Safari/537.36",
    ],
)
def test_others_are_not(agent: str) -> None:
    assert not is_person(agent)


def test_hardly_any_crawler_that_is_known_by_name_is_taken_for_a_person() -> None:
    listed: list[dict[str, Any]] = json.loads(
        resources.files("crawleruseragents").joinpath("crawler-user-agents.json").read_text(encoding="utf-8")
    )
    agents = [agent for entry in listed for agent in entry.get("instances", [])]
    assert len(agents) > 1000
    assert sum(map(is_person, agents)) == 0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, True),
        ({"sec-fetch-dest": "document"}, True),
        ({"sec-fetch-dest": "empty"}, False),
        ({"sec-fetch-dest": "iframe"}, False),
        ({"hx-request": "true"}, False),
        ({"sec-purpose": "prefetch"}, False),
        ({"sec-purpose": "prefetch;prerender"}, False),
        ({"purpose": "Prefetch"}, False),
        ({"purpose": "preview"}, False),
        ({"x-purpose": "preview"}, False),
        ({"x-moz": "prefetch"}, False),
    ],
)
def test_what_is_fetched_ahead_is_not_looked_at(headers: dict[str, str], expected: bool) -> None:
    assert is_looked_at(headers) is expected


def test_a_reader_counts_once_in_a_window() -> None:
    eyes = Eyes(WINDOW)
    here = Sight(1, "192.0.2.1", PHONE)
    assert eyes.see(here, NOW)
    assert not eyes.see(here, NOW + WINDOW - timedelta(seconds=1))
    assert not eyes.see(here, NOW + WINDOW)
    assert eyes.see(Sight(2, "192.0.2.1", PHONE), NOW + WINDOW)
    assert eyes.see(Sight(1, "192.0.2.2", PHONE), NOW + WINDOW)
    assert eyes.see(Sight(1, "192.0.2.1", DESK), NOW + WINDOW)
    assert eyes.see(here, NOW + 4 * WINDOW)
    assert eyes.take() == {1: 4, 2: 1}
    assert eyes.take() == {}


def test_one_address_counts_few_times_whatever_it_calls_itself() -> None:
    eyes = Eyes(WINDOW)
    for number in range(1000):
        eyes.see(Sight(1, "192.0.2.1", f"{PHONE} {number}"), NOW)
    assert 2 <= eyes.take()[1] <= 16


def test_the_key_changes_every_day_and_in_each_process() -> None:
    here = Sight(1, "192.0.2.1", PHONE)
    eyes = Eyes(timedelta(hours=20))
    eyes.see(here, NOW)
    marks, key = set(eyes._seen), eyes._key
    tomorrow = NOW + timedelta(hours=12)
    assert eyes.see(here, tomorrow)
    assert eyes._key != key
    assert not marks & eyes._seen
    assert not eyes._seen_before
    other = Eyes(WINDOW)
    other.see(here, NOW)
    assert other._seen.isdisjoint(marks)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kakehashi.trending.seeing.MOST_STORIES", 50)
    eyes = Eyes(WINDOW, most=100)
    for number in range(1000):
        eyes.see(Sight(number, "192.0.2.1", PHONE), NOW)
        assert len(eyes._seen) + len(eyes._seen_before) <= 200
    assert len(eyes.take()) == 50


def test_what_could_not_be_written_is_counted_again() -> None:
    eyes = Eyes(WINDOW)
    eyes.see(Sight(1, "192.0.2.1", PHONE), NOW)
    counts = eyes.take()
    eyes.see(Sight(1, "192.0.2.2", PHONE), NOW)
    eyes.give_back(counts)
    assert eyes.take() == {1: 2}
