"""Counting beside the doors: bounded, patient with the database, and off where the operator says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from pytest_django import Settings

from kakehashi.server import views_seen
from kakehashi.server.views_seen import MOST_NOTED, ViewsSeen
from kakehashi.trending.models import Readership
from tests.factories import a_story

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Headers(dict[str, str]):
    def get_all(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


@dataclass
class Scope:
    """What is read of a request."""

    client: str = "127.0.0.1:5000"
    headers: Headers = field(default_factory=Headers)


def a_look(number: int = 1, **headers: str) -> Scope:
    """Somebody behind a proxy on this machine."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scope(headers=Headers({"user-agent": DESK, "x-forwarded-for": f"198.51.100.{number}"} | sent))


@pytest.fixture(autouse=True)
def _same_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's connection lives on."""
    monkeypatch.setattr(views_seen, "close_old_connections", lambda: None)


def test_looks_become_rows() -> None:
    story, seen = a_story(), ViewsSeen()
    for scope in (a_look(1), a_look(1), a_look(2), a_look(3, sec_purpose="prefetch"), a_look(4, user_agent="curl/8")):
        seen.note(story.pk, scope)
    # One address of IPv6 after the other is still one household.
    for last in "12":
        seen.note(story.pk, Scope(f"[2001:db8::{last}]:443", Headers({"user-agent": DESK})))
    seen.count(NOW)
    seen.write(NOW)
    seen.count(NOW + timedelta(hours=2))
    seen.write(NOW + timedelta(hours=2))
    assert list(Readership.objects.values_list("story_id", "views")) == [(story.pk, 3)]


def test_a_database_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    story, seen = a_story(), ViewsSeen()
    real = views_seen.add_views

    def away(**_: object) -> int:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(views_seen, "add_views", away)
    monkeypatch.setattr(views_seen.connection, "close", lambda: None)
    seen.note(story.pk, a_look(1))
    seen.count(NOW)
    seen.write(NOW)
    seen.note(story.pk, a_look(2))
    seen.count(NOW)
    monkeypatch.setattr(views_seen, "add_views", real)
    seen.write(NOW)
    assert Readership.objects.get(pk=story.pk).views == 2


def test_a_crowd_costs_no_more_than_a_thousand_looks() -> None:
    story, seen = a_story(), ViewsSeen()
    for number in range(3 * MOST_NOTED):
        seen.note(story.pk, Scope(f"198.51.{number // 250}.{number % 250}:1", Headers({"user-agent": DESK})))
    assert len(seen._noted) == MOST_NOTED
    seen.count(NOW)
    seen.write(NOW)
    assert Readership.objects.get(pk=story.pk).views == MOST_NOTED
    assert seen._noted == []


def test_no_window_no_counting(settings: Settings) -> None:
    settings.KAKEHASHI_VIEW_WINDOW_MINUTES = 0
    seen = ViewsSeen()
    seen.note(1, a_look())
    assert seen._noted == []
    seen.close()
