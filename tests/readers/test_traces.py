"""From where an account is used: once a day, hashed, for 30 days, and nobody's once the member has left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.readers import actions, tasks, traces
from kakehashi.readers.models import Session, Trace
from tests.factories import a_reader

pytestmark = pytest.mark.django_db
PASSWORD = "paper lantern harbour 7"
BROWSER = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11)", "HTTP_ACCEPT_LANGUAGE": "ja,en"}


def test_registration_and_log_in_leave_one_trace_a_day_and_place(client: Client) -> None:
    form = {"email": "t@mail.example", "username": "Tilda Marsh", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/account/signup/", form, **BROWSER)
    trace = Trace.objects.get()
    assert trace.is_joining
    EmailAddress.objects.update(verified=True)
    for _ in range(2):
        Client().post("/account/login/", {"login": "t@mail.example", "password": PASSWORD}, **BROWSER)
    assert Trace.objects.count() == 1
    Client().post(
        "/account/login/", {"login": "t@mail.example", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9", **BROWSER
    )
    assert Trace.objects.count() == 2


def test_a_day_of_use_is_noted_once_and_no_request_more_than_that(client: Client) -> None:
    reader = a_reader()
    client.force_login(reader)
    client.get("/account/")
    assert not Trace.objects.exists()
    Session.objects.update(seen_at=timezone.now() - timedelta(days=1))
    with CaptureQueriesContext(connection) as first:
        client.get("/account/", **BROWSER)
    assert Trace.objects.get().reader == reader
    with CaptureQueriesContext(connection) as second:
        client.get("/account/", **BROWSER)
    assert len(second) <= len(first) - 2


def test_nobody_reads_an_address_and_the_key_changes() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.9", **BROWSER)
    day = 740_000
    network, device = traces.keys_of(request, day)
    assert "203" not in network
    assert network != device
    start = day // traces.KEY_LASTS_DAYS * traces.KEY_LASTS_DAYS
    inside = traces.keys_of(request, start + traces.KEY_LASTS_DAYS - 1)
    assert traces.keys_of(request, start) == inside
    assert traces.keys_of(request, start + traces.KEY_LASTS_DAYS)[0] != inside[0]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.9", "::ffff:203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
    ],
)
def test_a_household_is_one_network(one: str, other: str, is_same: bool) -> None:
    found = {traces.keys_of(RequestFactory().get("/", REMOTE_ADDR=address), 740_000)[0] for address in (one, other)}
    assert (len(found) == 1) == is_same


def test_without_address_or_browser_there_is_no_key() -> None:
    assert traces.keys_of(RequestFactory().get("/", REMOTE_ADDR=""), 740_000) == ("", "")


def test_kept_for_thirty_days_exported_and_erased_with_the_member() -> None:
    reader, now = a_reader(), timezone.now()
    for days in (0, 29, 31, 90):
        Trace.objects.create(reader=reader, day=(now - timedelta(days=days)).date(), network=f"n{days}", device="d")
    tasks.forget_old(now)
    assert Trace.objects.count() == 2
    exported = actions.export_reader(reader=reader)["used_from"]
    assert [row["network"] for row in exported] == ["n29", "n0"]
    actions.erase_reader(reader=reader)
    assert not Trace.objects.exists()
