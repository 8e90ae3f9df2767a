"""What a server has acknowledged outlives its processes, and nothing is written twice."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.postgres import free_port
from tests.processes import ProcessSite, stop, wait_until_healthy
from tests.server.test_serving import children, is_gone, wait_for
from tests.server.visitor import Visitor, ask, furnish, member

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("processes")]

WRITERS = 60
CLIENTS = 6
ENOUGH = 60
SECONDS = 12
MEMBERS = {f"Writer {n}": "reader" for n in range(WRITERS)}

STORED = """
import json
from django.db.models import Count, Q
from kakehashi.comments.models import Comment, Thread, Vote

votes = Comment.objects.annotate(
    ups=Count("votes", filter=Q(votes__value=1)), downs=Count("votes", filter=Q(votes__value=-1))
)
seen = Thread.objects.annotate(seen=Count("comments", filter=Q(comments__state="visible")))
print(">>>" + json.dumps({
    "texts": list(Comment.objects.values_list("pk", "source")),
    "votes": {f"{name}/{pk}": value for name, pk, value in Vote.objects.values_list("reader__name", "comment", "value")},
    "tallies": list(votes.values_list("pk", "up", "down", "ups", "downs")),
    "threads": list(seen.values_list("pk", "comment_count", "seen")),
    "pieces": Comment.objects.filter(Q(root=None) | Q(html="")).count(),
}))
"""


@dataclass
class Crowd:
    """Members who post once each and vote between; writes down what the server acknowledged."""

    address: str
    sessions: dict[str, str]
    stories: list[Any]
    comments: list[int]
    posted: dict[int, str] = field(default_factory=dict)
    voted: dict[str, int] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    answers: set[int] = field(default_factory=set)
    end: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, number: int) -> None:
        """One client: its share of the members, one after another, until the server is gone."""
        dice = random.Random(number)
        for name in list(self.sessions)[number::CLIENTS]:
            with contextlib.suppress(OSError, http.client.HTTPException):
                path = dice.choice(self.stories)
                visitor = member(self.address, self.sessions[name], path[1])
                self.post(visitor, f"Word of {name}", path[0])
                for _ in range(4):
                    self.vote(visitor, name, dice.choice(self.comments), dice.choice([1, -1, 0]))
            if self.end.is_set():
                return

    def post(self, visitor: Visitor, text: str, story: int) -> None:
        answer = visitor.post(f"/story/{story}/comment/", {"text": text})
        with self.lock:
            self.answers.add(answer.status)
            self.posted[answer.comment] = text
            self.comments.append(answer.comment)

    def vote(self, visitor: Visitor, name: str, comment: int, value: int) -> None:
        key = f"{name}/{comment}"
        # Until the answer is here, the vote may be the wished one or the one before.
        self.doubtful.add(key)
        answer = visitor.post(f"/comment/{comment}/vote/", {"value": value})
        self.answers.add(answer.status)
        if answer.status == 302:
            self.voted[key] = value
        self.doubtful.discard(key)

    @property
    def size(self) -> int:
        return len(self.posted) + len(self.voted)


@pytest.fixture(scope="module")
def furnished(process_site: ProcessSite) -> Any:
    return furnish(process_site, "Storms", MEMBERS, stories=3)


@contextlib.contextmanager
def serving(site: ProcessSite) -> Iterator[tuple[str, Any]]:
    """A server of two processes: its address and its main process, which the block may kill."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = site.data / "survival.log"
    server = site.start("serve", "--port", str(port), "--workers", "2", log=log)
    try:
        wait_until_healthy(address, server, log)
        yield address, server
        assert "Traceback" not in log.read_text(errors="replace")
    finally:
        stop(server)


def test_what_was_acknowledged_survives_a_kill(process_site: ProcessSite, furnished: Any) -> None:
    with serving(process_site) as (address, server):
        crowd = Crowd(address, furnished["sessions"], furnished["stories"], list(furnished["comments"]))
        clients = [threading.Thread(target=crowd.run, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        until = time.monotonic() + SECONDS
        while crowd.size < ENOUGH and time.monotonic() < until:
            time.sleep(0.02)
        family = [server.pid, *children(server.pid)]
        for pid in family:
            kill(pid)
        crowd.end.set()
        server.wait()
        for client in clients:
            client.join(60)
        wait_for(lambda: all(is_gone(pid) for pid in family))
    assert len(crowd.posted) >= 5
    assert len(crowd.voted) >= 5
    # A comment's own author and the limit of down-votes are refused; nothing breaks.
    assert crowd.answers <= {302, 403, 429}

    with serving(process_site) as (address, _server):
        for comment in list(crowd.posted)[:3]:
            assert Visitor(address).get(f"/comment/{comment}/").status == 302
    stored = ask(process_site, STORED)
    texts = dict(stored["texts"])
    assert {pk: texts.get(pk) for pk in crowd.posted} == crowd.posted
    said = [text for text in texts.values() if text.startswith("Word of ")]
    assert len(said) == len(set(said))
    certain = {key: value for key, value in crowd.voted.items() if key not in crowd.doubtful}
    assert {key: stored["votes"].get(key, 0) for key in certain} == certain
    assert [tally for tally in stored["tallies"] if tally[1:3] != tally[3:5]] == []
    assert [thread for thread in stored["threads"] if thread[1] != thread[2]] == []
    assert stored["pieces"] == 0


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_one_text_sent_twice_at_once_to_two_processes_is_one_comment(process_site: ProcessSite) -> None:
    made = furnish(process_site, "Echoes", {"Echo One": "reader", "Echo Two": "reader"}, stories=1)
    [(story, path)] = made["stories"]
    with serving(process_site) as (address, _server):
        senders = [member(address, made["sessions"]["Echo One"], path) for _ in range(8)]
        start, found = threading.Barrier(len(senders)), list[int]()

        def send(visitor: Visitor) -> None:
            start.wait(30)
            found.append(visitor.post(f"/story/{story}/comment/", {"text": "At the same moment"}).comment)

        threads = [threading.Thread(target=send, args=(visitor,)) for visitor in senders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(found) == len(senders)
        assert len(set(found)) == 1
        # Beside the one with which the story came.
        assert Visitor(address).get(path).text.count('<article id="c-') == 2
