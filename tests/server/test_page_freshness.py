"""Four processes, readers hammering: what an editor or a moderator takes away is gone from each of them within 2 s."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.processes import ProcessSite, free_port, new_site, stop, wait_until_healthy
from tests.server.connections import one_to_each
from tests.server.visitor import Visitor, furnish, member

pytestmark = [pytest.mark.slow]

PROCESSES = 4
GONE_SECONDS = 2.0
READERS = 4


@dataclass
class Crowd:
    """Readers who ask for pages again and again. `seen`: when one last asked and got the words of that page, by the
    steady clock; `stood_still`: the longest time that this machine let one of them wait for an answer."""

    address: str
    places: dict[str, bytes]
    seen: float = 0.0
    answers: int = 0
    stood_still: float = 0.0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Crowd:
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(READERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _read(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        for path, words in itertools.cycle(self.places.items()):
            if self._stop.is_set():
                return
            asked = time.monotonic()
            status, body = get(connection, path)
            now = time.monotonic()
            self.answers += 1
            self.stood_still = max(self.stood_still, now - asked)
            if status >= 500:
                self.failures.append(body[:200].decode(errors="replace"))
            if words in body:
                self.seen = max(self.seen, asked)


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path, headers={"User-Agent": "reader"})
    answer = connection.getresponse()
    return answer.status, answer.read()


@dataclass(frozen=True)
class Newsroom:
    address: str
    parent: int
    room: Any


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with new_site() as site:
        people = {"Ed Fresh": "administrator", "Mo Fresh": "moderator", "Cy Fresh": "reader"}
        site.extra["KAKEHASHI_STAFF_MFA"] = "optional"
        room = furnish(site, "Fresh", people, stories=2)
        yield from _served(site, room)


def _served(site: ProcessSite, room: Any) -> Iterator[Newsroom]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    site.extra["KAKEHASHI_BASE_URL"] = address
    log = site.data / "serve.log"
    options = ("--workers", str(PROCESSES), "--threads", "3", "--no-worker")
    server = site.start("serve", "--port", str(port), *options, log=log)
    try:
        wait_until_healthy(address, server, log)
        yield Newsroom(address, server.pid, room)
    finally:
        stop(server)


def gone_from_every_process(newsroom: Newsroom, places: dict[str, bytes], act: Callable[[], None]) -> None:
    """Every process shows the words of each place; two seconds after `act` none does, to nobody."""
    connections = one_to_each(newsroom.address, newsroom.parent, PROCESSES)
    for connection in connections.values():
        for path, words in places.items():
            assert words in get(connection, path)[1], path
    with Crowd(newsroom.address, places) as crowd:
        wait(lambda: crowd.seen > 0, 30)
        act()
        acted = time.monotonic()
        wait(lambda: time.monotonic() > acted + GONE_SECONDS + crowd.stood_still, 60)
        for connection in connections.values():
            for path, words in places.items():
                assert words not in get(connection, path)[1], path
        answered = crowd.answers
        wait(lambda: crowd.answers > answered + 50 * READERS, 60)
    assert crowd.failures == []
    assert acted < crowd.seen + 1.0 + crowd.stood_still, "nobody asked shortly before"
    assert crowd.seen < acted + GONE_SECONDS + crowd.stood_still
    for connection in connections.values():
        connection.close()


def wait(is_so: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_removed_comment_is_gone_from_four_processes(newsroom: Newsroom) -> None:
    story, address = newsroom.room["stories"][0]
    moderator = member(newsroom.address, newsroom.room["sessions"]["Mo Fresh"], address)
    words = b"The first word"
    places = {f"/story/{story}/comments.rss": words, address: words, "/member/Cy%20Fresh/": words}

    def remove() -> None:
        door = f"/moderation/comment/{newsroom.room['comments'][0]}/"
        answer = moderator.post(door, {"action": "removed", "law": "Penal Code, § 4", "explanation": "A threat."})
        assert answer.status == 302, answer.sentence

    gone_from_every_process(newsroom, places, remove)


def test_a_story_taken_off_is_gone_from_four_processes(newsroom: Newsroom) -> None:
    story, address = newsroom.room["stories"][1]
    editor = Visitor(newsroom.address, {"sessionid": newsroom.room["sessions"]["Ed Fresh"]})
    place = f"/admin/pages/{story}/unpublish/"
    assert editor.get(place).status == 200
    link = address.encode()
    places = {"/": link, "/fresh/": link, "/feed/": link, "/sitemap-stories.xml": link, address: b"story-head"}

    def take_off() -> None:
        assert editor.post(place, {}).status == 302

    gone_from_every_process(newsroom, places, take_off)
