from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from kakehashi.readers.addresses import address_key, client_address


@pytest.mark.parametrize(
    ("connected", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.9", "", [], "203.0.113.9"),
        # Nobody may claim an address on one's own word.
        ("203.0.113.9", "198.51.100.1", [], "203.0.113.9"),
        ("10.0.0.2", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        # What the client wrote itself stands left of what the proxy wrote.
        ("10.0.0.2", "1.2.3.4, 198.51.100.1", ["10.0.0.2"], "198.51.100.1"),
        ("10.0.0.2", "198.51.100.1, 10.0.0.3", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.2", "rubbish", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1:4711", ["10.0.0.2"], "198.51.100.1"),
        ("10.0.0.2", "[2001:db8::1]:4711", ["10.0.0.2"], "2001:db8::1"),
        ("::ffff:10.0.0.2", "198.51.100.1", ["10.0.0.2"], "198.51.100.1"),
        ("", "198.51.100.1", ["10.0.0.2"], ""),
        ("unix:", "198.51.100.1", [], ""),
    ],
)
def test_whose_address_it_is(
    settings: Settings, connected: str, forwarded: str, trusted: list[str], expected: str
) -> None:
    settings.TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=connected, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected


def test_the_key_tells_nothing_changes_daily_and_counts_households() -> None:
    noon, midnight = datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)
    key = address_key("203.0.113.9", now=noon)
    assert "203.0.113.9" not in key
    assert len(key) == 32
    assert key == address_key("203.0.113.9", now=noon)
    assert key != address_key("203.0.113.9", now=midnight)
    assert key != address_key("203.0.113.10", now=noon)
    assert address_key("2001:db8::1", now=noon) == address_key("2001:db8::ffff", now=noon)
    assert address_key("2001:db8::1", now=noon) != address_key("2001:db8:0:1::1", now=noon)
