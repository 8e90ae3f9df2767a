"""Two machines of one site: each with its own processes, directory and port; one PostgreSQL, one key, no sticky sessions."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.factories import PASSWORD
from tests.postgres import free_port
from tests.processes import ProcessSite, new_site, stop, wait_until_healthy
from tests.server.test_serving import wait_for
from tests.server.visitor import SECONDS, Visitor, ask, furnish

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("KAKEHASHI_TEST_DATABASE") != "postgresql", reason="SQLite is for one machine"),
]

ADDRESS = "http://127.0.0.1"
# A comment is to be seen everywhere within two seconds; a busy machine gets some more.
FRESH_SECONDS = 6
# Ten stories are due in the same moment.
SCHEDULE = """
import json
from datetime import timedelta
from django.utils import timezone
from kakehashi.stories.actions import ensure_section, publish_story

due = timezone.now() + timedelta(seconds=2)
section = ensure_section(title="Embargoes")
stories = [publish_story(section=section, headline=f"Embargo {n}", go_live_at=due).pk for n in range(10)]
print(">>>" + json.dumps(stories))
"""
PUBLISHED = """
import json
from wagtail.models import PageLogEntry

entries = PageLogEntry.objects.filter(page_id__in={stories}, action="wagtail.publish.scheduled")
print(">>>" + json.dumps(sorted(entries.values_list("page_id", flat=True))))
"""


@dataclass
class Machines:
    """`a` and `b` are the ports of two servers, with a worker on each machine."""

    site: ProcessSite
    a: int
    b: int
    made: Any


@dataclass
class Wanderer(Visitor):
    """One browser whose requests go now to this machine, now to that one."""

    address: str = ADDRESS
    port: int = 0
    answers: list[int] = field(default_factory=list)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def on(self, port: int) -> Wanderer:
        self.port = port
        return self


@contextlib.contextmanager
def machine(site: ProcessSite) -> Iterator[int]:
    """A server and a worker that run for the block; the server's port."""
    port = free_port()
    log = site.data / "serve.log"
    server = site.start("serve", "--port", str(port), "--workers", "2", "--no-worker", log=log)
    worker = site.start("worker", log=site.data / "worker.log")
    try:
        wait_until_healthy(f"{ADDRESS}:{port}", server, log)
        yield port
        assert worker.poll() is None, (site.data / "worker.log").read_text()
        assert "Traceback" not in log.read_text() + (site.data / "worker.log").read_text()
    finally:
        stop(server)
        stop(worker)


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with new_site() as first, tempfile.TemporaryDirectory(prefix="kakehashi-b-", ignore_cleanup_errors=True) as place:
        second = ProcessSite(Path(place), first.database_url)
        # What a network file system would do for two real machines.
        (second.data / "media").symlink_to(first.data / "media")
        key = (first.data / "secret-key").read_text().strip()
        for site in (first, second):
            site.extra |= {
                "KAKEHASHI_SECRET_KEY": key,
                "KAKEHASHI_BASE_URL": ADDRESS,
                "KAKEHASHI_STAFF_MFA": "optional",
            }
        done = second.run("init", "--no-input")
        assert done.returncode == 0, done.stderr
        assert "tables" not in done.stdout
        assert not (second.data / "secret-key").exists()
        members = {"Ana Lee": "administrator", "Ben Oak": "reader", "Cy Elm": "reader", "Dee Ash": "reader"}
        made = furnish(first, "Harbour", members, stories=3, password=PASSWORD)
        with machine(first) as a, machine(second) as b:
            yield Machines(first, a, b, made)


def logged_in(machines: Machines, name: str) -> Wanderer:
    return Wanderer(cookies={"sessionid": machines.made["sessions"][name]})


def test_log_in_here_write_there_read_here(machines: Machines) -> None:
    [(story, path), *_] = machines.made["stories"]
    stranger = Wanderer(port=machines.a)
    assert "Written on the other machine" not in stranger.get(path).text
    ana = Wanderer()
    # The form and its token come from one machine and go to the other.
    ana.on(machines.a).get("/account/login/")
    answer = ana.on(machines.b).post("/account/login/", {"login": "ana.lee@example.org", "password": PASSWORD})
    assert answer.status == 302, answer.sentence
    ana.on(machines.a).get(path)
    comment = ana.on(machines.b).post(f"/story/{story}/comment/", {"text": "Written on the other machine"}).comment
    wait_for(lambda: f'id="c-{comment}"' in stranger.get(path).text, FRESH_SECONDS)

    # One comment in ten seconds, wherever it is sent to.
    refused = ana.on(machines.a).post(f"/story/{story}/comment/", {"text": "And another one at once"})
    assert refused.status == 429
    assert refused.given_back == "And another one at once"

    page = ana.on(machines.a).get("/account/logout/")
    assert page.status == 200
    assert ana.on(machines.a).post("/account/logout/", {}).status == 302
    gone = Wanderer(cookies={"sessionid": ana.cookies.get("sessionid", "")}, port=machines.b)
    for again in (ana.on(machines.b), gone):
        assert again.get("/account/logout/").status == 302


def test_leaving_here_is_leaving_there_at_once(machines: Machines) -> None:
    ben = logged_in(machines, "Ben Oak")
    session = ben.cookies["sessionid"]
    elsewhere = Wanderer(cookies={"sessionid": session}, port=machines.b)
    for _ in range(4):
        # Both processes of the other machine have seen this session.
        assert elsewhere.get("/account/logout/").status == 200
    ben.on(machines.a).get("/account/logout/")
    assert ben.post("/account/logout/", {}).status == 302
    for _ in range(4):
        assert Wanderer(cookies={"sessionid": session}, port=machines.b).get("/account/logout/").status == 302


def test_a_text_typed_too_late_is_kept_across(machines: Machines) -> None:
    [_, (story, path), _] = machines.made["stories"]
    cy = logged_in(machines, "Cy Elm")
    cy.on(machines.a).get(path)
    del cy.cookies["sessionid"]
    led = cy.on(machines.b).post(f"/story/{story}/comment/", {"text": "Typed before the session ended"})
    assert led.status == 302
    assert led.headers["location"].startswith("/account/login/")
    cy.cookies["sessionid"], kept = machines.made["sessions"]["Dee Ash"], cy.cookies["sessionid"]
    assert "Typed before" not in cy.on(machines.a).get(path).text
    cy.cookies["sessionid"] = kept
    cy.on(machines.a).get("/account/login/")
    cy.on(machines.b).post("/account/login/", {"login": "ana.lee@example.org", "password": PASSWORD})
    assert cy.on(machines.a).get(path).given_back == "Typed before the session ended"


def test_wrong_passwords_are_counted_together(machines: Machines) -> None:
    thief = Wanderer()
    answers = []
    for n in range(6):
        thief.on(machines.a if n % 2 else machines.b).get("/account/login/")
        form = {"login": "dee.ash@example.org", "password": f"guess {n}"}
        answers.append(thief.on(machines.b if n % 2 else machines.a).post("/account/login/", form).status)
    assert answers == [200] * 5 + [429]


def test_a_picture_put_in_here_is_served_there(machines: Machines) -> None:
    stream = io.BytesIO()
    Image.linear_gradient("L").save(stream, "PNG")
    editor = logged_in(machines, "Ana Lee")
    assert editor.on(machines.a).get("/admin/images/add/").status == 200
    assert editor.on(machines.b).upload("/admin/images/add/", "quay.png", stream.getvalue()).status == 302
    [file] = (machines.site.data / "media" / "original_images").glob("quay*.png")
    for port in (machines.a, machines.b):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        connection.request("GET", f"/media/original_images/{file.name}")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, stream.getvalue())
        connection.close()


def test_two_workers_do_each_job_once(machines: Machines) -> None:
    stories = ask(machines.site, SCHEDULE)
    until = time.monotonic() + 240
    while len(published := ask(machines.site, PUBLISHED.format(stories=stories))) < len(stories):
        assert time.monotonic() < until, (published, (machines.site.data / "worker.log").read_text()[-2000:])
    assert published == sorted(stories)
