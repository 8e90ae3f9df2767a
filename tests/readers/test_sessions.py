"""Sessions that come with their reader: who is logged in is decided as Django decides it."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DjangoStore
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kakehashi.readers import actions
from kakehashi.readers.models import Reader, Session
from kakehashi.readers.sessions import SessionStore, reader_of
from tests.factories import PASSWORD, a_reader


def logged_in(reader: Reader, store: type[DjangoStore] = SessionStore) -> str:
    """Key of a session as log-in makes it."""
    session = store()
    session[SESSION_KEY] = str(reader.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = reader.get_session_auth_hash()
    session.create()
    assert session.session_key
    return session.session_key


def who_is(key: str) -> tuple[Reader | None, int]:
    """Who a request with that session is from, and the queries it took to know."""
    request = RequestFactory().get("/")
    request.session = SessionStore(key)
    with CaptureQueriesContext(connection) as asked:
        found = reader_of(request)
    return (found if isinstance(found, Reader) else None), len(asked)


@pytest.fixture
def ana(db: None) -> Reader:
    now = timezone.now()
    return a_reader("Ana Lindqvist", password=PASSWORD, suspended_until=now + timedelta(days=1), last_login=now)


def test_session_and_reader_take_one_query_and_the_reader_is_whole(ana: Reader) -> None:
    found, queries = who_is(logged_in(ana))
    assert queries == 1
    stored = Reader.objects.get(pk=ana.pk)
    assert found is not None
    assert {**vars(found), "_state": None} == {**vars(stored), "_state": None}
    assert Session.objects.get().reader == ana


def test_logging_in_names_the_reader_and_logging_out_ends_the_session(client: Client, ana: Reader) -> None:
    client.force_login(ana)
    assert list(ana.sessions.values_list("session_key", flat=True)) == [client.session.session_key]
    client.logout()
    assert not Session.objects.exists()


def test_a_new_password_ends_every_other_session(ana: Reader) -> None:
    key = logged_in(ana)
    ana.set_password("another lantern 8")
    ana.save()
    assert who_is(key)[0] is None
    assert not Session.objects.filter(session_key=key).exists()


def test_a_closed_account_is_nobody(ana: Reader) -> None:
    key = logged_in(ana)
    Reader.objects.filter(pk=ana.pk).update(is_active=False)
    assert who_is(key)[0] is None


def test_a_session_that_ran_out_is_nobody(ana: Reader) -> None:
    key = logged_in(ana)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert who_is(key) == (None, 1)


@pytest.mark.parametrize("value", ["1" * 32, "x", ""])
def test_a_key_that_is_not_there_is_nobody(db: None, value: str) -> None:
    assert who_is(value)[0] is None


def test_what_is_signed_counts_not_what_stands_beside_it(ana: Reader) -> None:
    key = logged_in(ana)
    Session.objects.update(reader=a_reader("Somebody Else"))
    assert who_is(key)[0] == ana
    Session.objects.update(reader=None)
    assert who_is(key)[0] == ana
    data = Session.objects.get().session_data
    Session.objects.update(session_data=data[:-1] + ("A" if data[-1] != "A" else "B"), reader=ana)
    assert who_is(key)[0] is None


def test_leaving_ends_all_sessions(ana: Reader) -> None:
    key = logged_in(ana)
    actions.erase_reader(reader=ana)
    assert not Session.objects.exists()
    assert who_is(key)[0] is None


def test_sessions_of_the_version_before_are_taken_over(ana: Reader) -> None:
    key, stranger = logged_in(ana, DjangoStore), DjangoStore()
    stranger["drafts"] = "kept"
    stranger.create()
    importlib.import_module("kakehashi.readers.migrations.0002_session").keep_sessions(apps, None)
    assert who_is(key) == (ana, 1)
    assert SessionStore(stranger.session_key)["drafts"] == "kept"
