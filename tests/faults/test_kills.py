"""Server and worker processes are killed amid the crowd and started again: nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.faults.crowd import PATIENCE_SECONDS, a_crowd, require_nothing_lost, require_nothing_stale
from tests.postgres import free_port
from tests.processes import ProcessSite, stop, wait_until_healthy
from tests.server.test_serving import children, is_gone, is_worker, wait_for
from tests.server.visitor import FORM, Visitor, member

pytestmark = [pytest.mark.slow]

MEMBERS = 64


@contextlib.contextmanager
def serving(site: ProcessSite, port: int, log: Path) -> Iterator[Any]:
    """A server of two processes and a worker beside; yields its main process, which the block may kill."""
    site.extra["KAKEHASHI_BASE_URL"] = f"http://127.0.0.1:{port}"
    server = site.start("serve", "--port", str(port), "--workers", "2", log=log)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", server, log)
        yield server
        said = log.read_text(errors="replace")
        assert "Traceback" not in said, said[said.index("Traceback") - 200 :][:3000]
    finally:
        stop(server)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Newcomers:
    """Some who register meanwhile, one after another, each until the site has answered; from an address of its own, as a
    proxy would say, for there is a limit on each."""

    def __init__(self, address: str, count: int = 12) -> None:
        self.address = address
        self.attempts = {f"newcomer{number}@example.org": 0 for number in range(count)}
        self._thread = threading.Thread(target=self._register, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        self._thread.join(2 * PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def _register(self) -> None:
        for number, email in enumerate(self.attempts):
            while not self._has_registered(number, email):
                time.sleep(0.05)

    def _has_registered(self, number: int, email: str) -> bool:
        """Whether the site has answered. Each try has a name of its own: that of one whose answer was lost is taken."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            visitor = Visitor(self.address)
            visitor.get("/account/signup/")
            self.attempts[email] += 1
            name = f"Newcomer {number} {self.attempts[email]}"
            form = {"email": email, "username": name, "password1": "paper lantern harbour 7"}
            body = urlencode({"csrfmiddlewaretoken": visitor.token, **form}).encode()
            headers = {"Content-Type": FORM, "Origin": self.address, "X-Forwarded-For": f"203.0.113.{number}"}
            answer = visitor.send("POST", "/account/signup/", headers=headers, body=body)
            assert answer.status in {302, 503}, f"{name}: {answer.status} {answer.text}"
            return answer.status == 302
        return False

    def require_one_mail_each(self, outbox: Path) -> None:
        """One mail for each time that somebody asked; none for nothing, none twice.

        Whoever was cut off may have used up the mail of that half minute, and asks for another on the page of the code.
        """
        sent = Counter(re.search(r"^To: (.+)$", file.read_text(), re.MULTILINE)[1] for file in outbox.iterdir())  # type: ignore[index]
        for email, attempts in self.attempts.items():
            assert (attempts == 1) <= sent[email] <= attempts, (email, sent[email], attempts)


def test_what_was_acknowledged_survives_kills(process_site: ProcessSite) -> None:
    port, log = free_port(), process_site.data / "kills.log"
    crowd = a_crowd(process_site, f"http://127.0.0.1:{port}", "Storms", MEMBERS)
    newcomers = Newcomers(crowd.address)
    with serving(process_site, port, log) as server:
        crowd.start()
        newcomers.start()
        crowd.wait_for(0.2)
        family = children(server.pid)
        kill(next(pid for pid in family if not is_worker(pid)))
        kill(next(pid for pid in family if is_worker(pid)))
        crowd.wait_for(0.5)
        family = [server.pid, *children(server.pid)]
        for pid in family:
            kill(pid)
        server.wait()
        wait_for(lambda: all(is_gone(pid) for pid in family))
    with serving(process_site, port, log):
        crowd.finish()
        newcomers.finish()
        require_nothing_stale(process_site, crowd)
    assert crowd.broken > 0
    require_nothing_lost(process_site, crowd)
    newcomers.require_one_mail_each(process_site.data / "mail")


def test_one_text_sent_twice_at_once_to_two_processes_is_one_comment(process_site: ProcessSite) -> None:
    port = free_port()
    crowd = a_crowd(process_site, f"http://127.0.0.1:{port}", "Echoes", 1)
    [session], (story, path) = crowd.sessions.values(), crowd.stories[0]
    with serving(process_site, port, process_site.data / "echoes.log"):
        senders = [member(crowd.address, session, path) for _ in range(8)]
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
        assert senders[0].get(path).text.count('<article id="c-') == 2
