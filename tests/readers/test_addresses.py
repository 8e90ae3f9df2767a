from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from kakehashi.readers.addresses import address_key

pytestmark = pytest.mark.once

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


def key(address: str, now: datetime = NOON) -> str:
    return address_key(RequestFactory().get("/", REMOTE_ADDR=address), now=now)


def test_the_key_tells_nothing_and_changes_daily() -> None:
    assert len(key("203.0.113.9")) == 32
    assert "." not in key("203.0.113.9")
    assert key("203.0.113.9") == key("203.0.113.9")
    assert key("203.0.113.9") != key("203.0.113.9", datetime(2026, 4, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.9", "203.0.113.10", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "unix:", True),
    ],
)
def test_who_counts_together(one: str, other: str, is_same: bool) -> None:
    assert (key(one) == key(other)) is is_same
