"""One look a second: one query for everything watched, whatever happens to the database."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection

from kakehashi.comments.models import Thread
from kakehashi.server.versions import EDITION, SURVEY, Versions, read_versions, thread_tag
from kakehashi.stories.actions import new_edition, show_banner_of
from kakehashi.stories.models import Edition
from tests.factories import a_thread


@pytest.mark.django_db
def test_one_query_reads_the_edition_and_all_threads(django_assert_num_queries: Any) -> None:
    threads = [a_thread(), a_thread(), a_thread()]
    Thread.objects.filter(pk=threads[1].pk).update(version=7)
    Edition.objects.all().delete()
    with django_assert_num_queries(1):
        assert read_versions([]) == {EDITION: 0, SURVEY: 0}
    show_banner_of(survey=7)
    with django_assert_num_queries(1):
        found = read_versions([threads[0].pk, threads[1].pk, 10**12])
    assert found == {EDITION: 1, SURVEY: 7, thread_tag(threads[0].pk): 0, thread_tag(threads[1].pk): 7}


@pytest.mark.django_db
def test_another_banner_is_another_edition() -> None:
    for survey, edition in ((7, 1), (7, 1), (8, 2), (None, 3), (None, 3)):
        Edition.objects.filter(survey=0, version=0).delete()
        show_banner_of(survey=survey)
        assert read_versions([]) == {EDITION: edition, SURVEY: survey or 0}
    new_edition()
    show_banner_of(survey=7)
    new_edition()
    assert read_versions([]) == {EDITION: 6, SURVEY: 7}


@pytest.mark.django_db
def test_many_threads_are_no_problem() -> None:
    thread = a_thread()
    assert read_versions([*range(10**6, 10**6 + 40_000), thread.pk])[thread_tag(thread.pk)] == 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's connection is the database itself in tests")
def test_a_connection_that_broke_is_replaced_at_once() -> None:
    read_versions([])
    held = connection.connection
    held.close()
    try:
        assert EDITION in read_versions([])
        assert connection.connection is not held
    finally:
        connection.close()


class Database:
    """Versions to be read, and ways to fail."""

    def __init__(self) -> None:
        self.versions = {EDITION: 1, "thread:1": 1, "thread:2": 5}
        self.asked: list[list[int]] = []
        self.failure: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def read(self, threads: Sequence[int]) -> dict[str, int]:
        self.asked.append(sorted(threads))
        self.may_go_on.wait(30)
        if self.failure is not None:
            raise self.failure
        wanted = {EDITION, *(thread_tag(thread) for thread in threads)}
        return {tag: version for tag, version in self.versions.items() if tag in wanted}


@pytest.mark.once
def test_only_what_is_watched_is_asked_for_and_only_what_moved_is_told() -> None:
    async def scene() -> None:
        database, told = Database(), []
        versions = Versions(database.read)
        versions.subscribe(told.append)
        await versions.look()
        assert database.asked == []
        versions.watch(EDITION)
        versions.watch("thread:1")
        versions.watch("thread:1")
        await versions.look()
        await versions.look()
        database.versions["thread:1"] = 2
        versions.watch("thread:2")
        await versions.look()
        versions.forget("thread:1")
        await versions.look()
        versions.forget("thread:1")
        versions.forget(EDITION)
        await versions.look()
        assert told == [{EDITION: 1, "thread:1": 1}, {"thread:1": 2, "thread:2": 5}]
        assert database.asked == [[1], [1], [1, 2], [1, 2], [2]]
        assert versions.known == {"thread:2": 5}

    asyncio.run(scene())


@pytest.mark.once
def test_looks_at_the_same_time_are_one() -> None:
    async def scene() -> None:
        database = Database()
        versions = Versions(database.read)
        versions.watch(EDITION)
        await asyncio.gather(*(versions.look() for _ in range(20)))
        assert len(database.asked) == 1

    asyncio.run(scene())


@pytest.mark.once
def test_a_database_that_is_away_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        database = Database()
        versions = Versions(database.read)
        versions.watch(EDITION)
        await versions.look()
        looked_at = versions.checked_at
        database.failure = OperationalError("away")
        for _ in range(5):
            await versions.look()
            assert versions.is_away
        assert (versions.known, versions.checked_at) == ({EDITION: 1}, looked_at)
        database.failure = None
        await versions.look()
        assert not versions.is_away
        assert versions.checked_at != looked_at

    with caplog.at_level(logging.WARNING):
        asyncio.run(scene())
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


@pytest.mark.once
def test_a_database_that_keeps_one_waiting_is_away_too() -> None:
    async def scene() -> None:
        now = 0.0
        database = Database()
        versions = Versions(database.read, lambda: now)
        versions.watch(EDITION)
        database.may_go_on.clear()
        looking = asyncio.create_task(versions.look())
        await asyncio.sleep(0)
        assert not versions.is_away
        now = 3.5
        assert versions.is_away
        database.may_go_on.set()
        await looking
        assert not versions.is_away

    asyncio.run(scene())


@pytest.mark.once
def test_a_listener_that_breaks_keeps_nothing_from_the_others() -> None:
    async def scene() -> None:
        database, told = Database(), []
        versions = Versions(database.read)

        def broken(moved: object) -> None:
            raise RuntimeError

        versions.subscribe(broken)
        versions.subscribe(told.append)
        versions.watch(EDITION)
        await versions.look()
        assert told == [{EDITION: 1}]

    asyncio.run(scene())
