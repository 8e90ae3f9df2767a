"""SIGTERM: requests in flight are finished, and no other is begun."""

from __future__ import annotations

import signal
import sqlite3
import threading

import pytest

from tests.faults.crowd import a_crowd
from tests.faults.test_kills import serving
from tests.postgres import free_port
from tests.processes import ProcessSite, new_site
from tests.server.test_serving import wait_for
from tests.server.visitor import Answer, member

pytestmark = [pytest.mark.slow, pytest.mark.once]

WRITERS = 3


def test_sigterm_lets_requests_in_flight_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKEHASHI_TEST_DATABASE", "sqlite")
    with new_site() as site:
        port, log = free_port(), site.data / "stopping.log"
        crowd = a_crowd(site, f"http://127.0.0.1:{port}", "Evenings", WRITERS)
        story, path = crowd.stories[0]
        answers: list[Answer] = []
        with serving(site, port, log) as server:
            visitors = [member(crowd.address, session, path) for session in crowd.sessions.values()]
            lock = sqlite3.connect(site.data / "kakehashi.sqlite3", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")

            def post(number: int) -> None:
                data = {"text": f"Last word {number}"}
                answers.append(visitors[number].post(f"/story/{story}/comment/", data))

            writers = [threading.Thread(target=post, args=(number,)) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            wait_for(lambda: in_flight(port) >= WRITERS)
            server.send_signal(signal.SIGTERM)
            wait_for(lambda: not listens(port))
            lock.execute("ROLLBACK")
            lock.close()
            for writer in writers:
                writer.join(60)
            assert server.wait(60) == 0
        assert [answer.status for answer in answers] == [302] * WRITERS
        assert {answer.comment for answer in answers} <= stored(site)


def connections(port: int) -> list[str]:
    """States of this machine's TCP connections at `port`: 0A listens, 01 is established."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return [row[3] for row in rows if int(row[1].rpartition(":")[2], 16) == port]


def in_flight(port: int) -> int:
    return connections(port).count("01")


def listens(port: int) -> bool:
    return "0A" in connections(port)


def stored(site: ProcessSite) -> set[int]:
    with sqlite3.connect(site.data / "kakehashi.sqlite3") as database:
        return {pk for (pk,) in database.execute("SELECT id FROM comments_comment")}
