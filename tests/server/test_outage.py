"""A database that stands still, is away, locked or full: a clear 503 within seconds, the text given back, and recovery."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client

from kakehashi.comments.models import Comment
from tests.factories import a_reader, a_story
from tests.postgres import Cluster, new_cluster
from tests.processes import ProcessSite
from tests.server.test_serving import children
from tests.server.visitor import Answer, Visitor, furnish, member
from tests.settings import KIND

PATIENCE = 2
# The patience, the wait to connect, and a machine that has other things to do.
SOON = 20.0
TEXT = "A long thought that nobody wants to type twice."
WAITS = "The site’s database does not answer just now."
# Each brings its own database.
processes = [pytest.mark.slow, pytest.mark.once]


@dataclass
class Newsroom:
    """A served site, somebody logged in, and where to post."""

    address: str
    visitor: Visitor
    form: str
    path: str
    log: Path

    def post(self, text: str = TEXT, **how: Any) -> Answer:
        return self.visitor.post(self.form, {"text": text}, **how)

    def refused(self, act: Callable[[], Answer]) -> Answer:
        """The answer to `act`, which must be a 503 that came soon and says when to try again."""
        began = time.monotonic()
        answer = act()
        assert time.monotonic() - began < SOON
        assert answer.status == 503, answer.sentence
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        return answer

    def recovers(self) -> None:
        """Posts again, by itself and soon."""
        until = time.monotonic() + 2 * SOON
        while (answer := self.post("Back again, by itself.")).status != 302:
            assert answer.status == 503, answer.sentence
            assert time.monotonic() < until
            time.sleep(0.2)
        assert self.visitor.get(self.path).status == 200

    def is_calm(self) -> None:
        """Nothing of all this was a fault of ours, by the log."""
        assert "Traceback" not in self.log.read_text(errors="replace")


@contextlib.contextmanager
def a_site(database_url: str = "") -> Iterator[ProcessSite]:
    with tempfile.TemporaryDirectory(prefix="kakehashi-site-", ignore_cleanup_errors=True) as directory:
        site = ProcessSite(Path(directory), database_url)
        done = site.run("init", "--no-input")
        assert done.returncode == 0, done.stderr
        yield site


@contextlib.contextmanager
def newsroom(site: ProcessSite) -> Iterator[Newsroom]:
    made = furnish(site, "Outage", {"Ana Calm": "reader", "Bo Calm": "reader"}, stories=1)
    [[story, path]] = made["stories"]
    site.extra["KAKEHASHI_DATABASE_TIMEOUT"] = str(PATIENCE)
    with site.serve("--workers", "1", "--threads", "3", "--no-worker") as address:
        visitor = member(address, made["sessions"]["Ana Calm"], path)
        yield Newsroom(address, visitor, f"/story/{story}/comment/", path, site.data / "serve.log")
    del site.extra["KAKEHASHI_DATABASE_TIMEOUT"]


def shapes(house: Newsroom) -> None:
    """The refusal as page, as fragment and as JSON; the text comes back in the first two."""
    page = house.refused(house.post)
    assert page.given_back == TEXT
    assert WAITS in page.text
    assert f'action="{house.form}"' in page.text
    assert '<a class="wordmark" href="/">Kakehashi</a>' in page.text
    assert page.headers["x-request-id"] in page.text
    fragment = house.refused(lambda: house.post(htmx=True))
    assert "<html" not in fragment.text
    assert WAITS in fragment.text
    assert TEXT in fragment.text
    asked = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", "Origin": house.address}
    body = f"csrfmiddlewaretoken={house.visitor.token}&text=word".encode()
    answer = house.refused(lambda: house.visitor.send("POST", house.form, headers=asked, body=body))
    assert '"code": "unavailable"' in answer.text
    assert house.refused(lambda: house.visitor.get("/account/")).status == 503


# PostgreSQL ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with new_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[Newsroom]:
    with a_site(cluster.url) as site, newsroom(site) as house:
        yield house


def family(cluster: Cluster) -> list[int]:
    assert cluster.process is not None
    return [cluster.process.pid, *children(cluster.process.pid)]


@contextlib.contextmanager
def standing_still(cluster: Cluster) -> Iterator[None]:
    """The whole cluster paused, as a machine that hangs: connections stand, nothing answers."""
    stopped = family(cluster)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


class TestPostgreSQL:
    pytestmark = processes

    def test_a_server_that_stands_still(self, cluster: Cluster, house: Newsroom) -> None:
        with standing_still(cluster):
            # More at once than there are threads: nobody waits for the patience of all before.
            with concurrent.futures.ThreadPoolExecutor(12) as pool:
                asked = [pool.submit(house.refused, lambda: house.visitor.get("/account/")) for _ in range(12)]
                # The process lives, though all its threads wait.
                assert Visitor(house.address).get("/healthz").text == "ok\n"
                assert not all(future.done() for future in asked)
                assert [future.result().status for future in asked] == [503] * 12
            shapes(house)
            began = time.monotonic()
            ready = Visitor(house.address).get("/readyz")
            assert (ready.status, '"database"' in ready.text) == (503, True)
            assert time.monotonic() - began < SOON
        house.recovers()
        house.is_calm()

    def test_a_server_that_is_away_and_comes_back(self, cluster: Cluster, house: Newsroom) -> None:
        cluster.stop()
        try:
            shapes(house)
        finally:
            cluster.start()
        house.recovers()
        house.is_calm()

    def test_a_table_that_somebody_else_has_locked(self, cluster: Cluster, house: Newsroom) -> None:
        with psycopg.connect(cluster.url) as other:
            other.execute("LOCK TABLE comments_comment IN ACCESS EXCLUSIVE MODE")
            assert house.refused(house.post).given_back == TEXT
            assert house.visitor.get("/account/").status == 200
            other.rollback()
        house.recovers()
        house.is_calm()


# SQLite --------------------------------------------------------------------------------------------------------------


class TestSQLite:
    pytestmark = processes

    def test_a_database_that_another_process_has_locked(self) -> None:
        with a_site() as site, newsroom(site) as house:
            other = sqlite3.connect(site.data / "kakehashi.sqlite3", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            try:
                page = house.refused(house.post)
                assert page.given_back == TEXT
                assert WAITS in page.text
                assert TEXT in house.refused(lambda: house.post(htmx=True)).text
                # Readers do not wait for writers.
                assert house.visitor.get(house.path).status == 200
            finally:
                other.execute("ROLLBACK")
                other.close()
            house.recovers()
            house.is_calm()


@pytest.mark.skipif(KIND != "sqlite", reason="PostgreSQL has no such bound; tests/faults fills a disk for it")
@pytest.mark.django_db
class TestFullDisk:
    @pytest.fixture(autouse=True)
    def _full(self) -> Iterator[None]:
        yield
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")

    def test_keeps_nothing_new_says_so_and_goes_on_reading(self) -> None:
        client, story, text = Client(), a_story(), "Full. " * 800
        client.force_login(a_reader())
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        answers = [client.post(f"/story/{story.pk}/comment/", {"text": f"{n} {text}"}) for n in range(3)]
        refused = [answer for answer in answers if answer.status_code == 503]
        assert refused
        assert {answer.status_code for answer in answers} <= {302, 429, 503}
        assert "cannot keep anything new" in refused[0].text
        assert "Full. Full." in refused[0].text
        assert int(refused[0]["Retry-After"]) == 60
        assert client.get(story.url).status_code == 200


# Pages without a database --------------------------------------------------------------------------------------------


def down(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
    raise OperationalError("the server closed the connection")


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_what_breaks_outside_of_views_is_503_too(client: Client, accept: str) -> None:
    """The session is read by middleware, long before a view."""
    client.force_login(a_reader(role="editor"))
    client.raise_request_exception = False
    with connection.execute_wrapper(down):
        answer = client.get("/admin/", headers={"Accept": accept})
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    assert Comment.objects.count() == 0
