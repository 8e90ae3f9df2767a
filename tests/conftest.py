"""Settings of the test run that no test may depend on by accident, and a site for tests that need real processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from allauth.account.internal.userkit import user_id_to_str
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test import Client
from pytest_django import Settings

from kakehashi.comments import places
from kakehashi.moderation.checks import running, words
from kakehashi.readers.models import Reader
from kakehashi.readers.queries import has_second_factor
from kakehashi.trending import boxes
from tests import migrated
from tests.processes import ProcessSite, new_site, server_address

# No example is too slow on a busy machine, and CI tries the same examples each time: new ones are for the desk.
hypothesis.settings.register_profile(
    "kakehashi",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("kakehashi")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """Comes before the tables are made: they are copied, and then brought up to date like those of any site."""
    if connection.vendor == "sqlite":
        connection_created.connect(_with_tables)
    else:
        test: dict[str, Any] = connection.settings_dict["TEST"]
        test["TEMPLATE"] = migrated.migrated_database(server_address())
    yield
    connection_created.disconnect(_with_tables)


def _with_tables(connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.is_in_memory_db() and not connection.introspection.table_names():  # type: ignore[attr-defined]
        migrated.fill(connection.connection)


_DJANGO_LOG_IN = Client.force_login


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def _log_in(self: Client, user: Reader, backend: str | None = None) -> None:
    """A whole log-in: who has a second factor has shown it, which is what allauth's pages write down of it."""
    _DJANGO_LOG_IN(self, user, backend)
    if has_second_factor(user):
        session: Any = self.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": time.time(), "type": "totp"}]
        session["account_authentication_methods_user"] = user_id_to_str(user)
        session.save()


@pytest.fixture(autouse=True)
def _log_ins_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "force_login", _log_in)


@pytest.fixture(autouse=True)
def _forget_pages() -> None:
    """What a process remembers between requests was another test's."""
    places.forget()
    boxes.forget()
    words.forget()
    running.forget()


@pytest.fixture(scope="session")
def process_site() -> Iterator[ProcessSite]:
    """One initialised site for all tests of this worker that start processes. Workers are given whole files
    (`--dist loadfile`), so a file's tests have it one after another."""
    with new_site() as site:
        yield site
