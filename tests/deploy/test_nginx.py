"""The file for nginx that operators copy, in real nginx before a real site."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.front import NAME, Front, SecureVisitor, nginx
from tests.factories import PASSWORD
from tests.postgres import free_port
from tests.processes import ProcessSite, new_site, stop, wait_until_healthy
from tests.server.test_serving import children, wait_for
from tests.server.visitor import Visitor, furnish

pytestmark = [pytest.mark.slow, pytest.mark.once]

FORGED = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example", "Forwarded": "for=9.9.9.9"}


@dataclass
class House:
    """Two servers of one site behind one nginx."""

    front: Front
    site: ProcessSite
    servers: list[subprocess.Popen[bytes]]
    ports: list[int]
    made: Any

    def visitor(self, source: str = "127.0.0.9") -> SecureVisitor:
        return SecureVisitor(front=self.front, source=source)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    here = tmp_path_factory.mktemp("nginx")
    with new_site() as site, contextlib.ExitStack() as stack:
        site.extra |= {"KAKEHASHI_BASE_URL": f"https://{NAME}"}
        members = {"Ana Lee": "reader", "Ben Oak": "reader", "Dee Ash": "reader", "Cy Elm": "reader"}
        made = furnish(site, "Harbour", members, stories=2, password=PASSWORD)
        ports, servers = [free_port(), free_port()], []
        for port in ports:
            log = site.data / f"serve-{port}.log"
            servers.append(site.start("serve", "--port", str(port), "--workers", "1", "--no-worker", log=log))
            stack.callback(stop, servers[-1])
        for port, server in zip(ports, servers, strict=True):
            wait_until_healthy(f"http://127.0.0.1:{port}", server, site.data / f"serve-{port}.log")
        front = stack.enter_context(nginx(here, data=site.data, upstreams=ports))
        yield House(front, site, servers, ports, made)


def test_plain_http_leads_to_https(house: House) -> None:
    answer = Visitor(f"http://127.0.0.1:{house.front.plain_port}").get("/harbour/?page=2", Host=NAME)
    assert (answer.status, answer.headers["location"]) == (308, f"https://{NAME}/harbour/?page=2")


def test_a_reader_logs_in_and_comments_over_https(house: House) -> None:
    [(story, path), _] = house.made["stories"]
    ana = house.visitor()
    page = ana.get(path)
    assert page.status == 200
    assert "max-age=" in page.headers["strict-transport-security"]
    assert f'<link rel="canonical" href="https://{NAME}{path}">' in page.text
    ana.log_in("ana.lee@example.org", PASSWORD)
    session = next(line for line in ana.sent_cookies if line.startswith("sessionid="))
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(session.split("; "))
    ana.get(path)
    answer = ana.post(f"/story/{story}/comment/", {"text": "Sent behind the gate"})
    assert answer.comment
    assert "Sent behind the gate" in ana.get(path).text
    stranger = ana.send("POST", f"/story/{story}/comment/", headers={"Origin": "https://evil.example"}, body=b"text=x")
    assert stranger.status == 403


def test_the_site_compresses_once_and_nginx_leaves_it(house: House) -> None:
    connection = house.visitor().connect()
    connection.request("GET", "/", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.headers.get_all("Content-Encoding") == ["gzip"]
    assert answer.read()[:2] == b"\x1f\x8b"
    connection.close()


def test_each_reader_is_limited_by_the_true_address(house: House) -> None:
    """Whoever claims another address with each attempt is counted as one all the same, and nobody else is."""
    sly, honest = house.visitor("127.0.0.21"), house.visitor("127.0.0.22")

    def attempt(visitor: Visitor, n: int, **headers: str) -> int:
        visitor.get("/account/login/", **headers)
        body = f"csrfmiddlewaretoken={visitor.token}&login=nobody{n}@example.org&password=wrong".encode()
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": visitor.address}
        return visitor.send("POST", "/account/login/", headers=form | headers, body=body).status

    answers = [attempt(sly, n, **FORGED, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(31)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert attempt(honest, 99) == 200


def test_a_file_that_is_too_large_is_refused_in_words(house: House) -> None:
    visitor = house.visitor()
    answer = visitor.send("POST", "/account/login/", headers={}, body=b"a" * 13_000_000)
    assert answer.status == 413
    assert "too large to be sent" in answer.text
    assert len(visitor.send("POST", "/account/login/", headers={}, body=b"text=" + b"a" * 9_000_000).text) > 100


def test_static_files_and_pictures_come_from_the_disk(house: House) -> None:
    visitor = house.visitor()
    style = re.findall(r'href="(/static/kakehashi/site\.\w+\.css)"', visitor.get("/").text)[0]
    answer = visitor.send("HEAD", style, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "text/css"
    pictures = house.site.data / "media" / "images"
    pictures.mkdir(parents=True, exist_ok=True)
    for name in ("ferry.png", "ferry.html"):
        (pictures / name).write_bytes(b"bytes")
    (house.site.data / "media" / "documents").mkdir(exist_ok=True)
    (house.site.data / "media" / "documents" / "plan.png").write_bytes(b"bytes")
    picture = visitor.get("/media/images/ferry.png")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/png")
    assert visitor.get("/media/images/ferry.html").headers["content-disposition"] == "attachment"
    assert visitor.get("/media/documents/plan.png").status == 404
    assert visitor.get("/media/images/../../secret-key").status in (400, 404)
    lines = house.front.log.splitlines()
    asked = {line.split()[3]: line.split()[-2] for line in lines}
    assert asked[style] == asked["/media/images/ferry.png"] == "-"
    assert asked["/media/images/ferry.html"] != "-"
    assert "127.0.0.9" not in house.front.log


def test_listeners_hear_at_once(house: House) -> None:
    """The stream stays open and nothing in it is held back: the first words, and then each change."""
    [(story, path), _] = house.made["stories"]
    dee = house.visitor()
    dee.cookies["sessionid"] = house.made["sessions"]["Dee Ash"]
    dee.get(path)
    connection = house.visitor().connect()
    connection.request("GET", f"/live/{story}/", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert stream.readline().startswith(b"retry:")
    comment = dee.post(f"/story/{story}/comment/", {"text": "Heard by all who listen"}).comment
    lines = iter(stream.readline, b"")
    assert next(line for line in lines if line.startswith(b"event:")).strip() == b"event: changed"
    assert str(comment).encode() in next(line for line in lines if line.startswith(b"data:"))
    connection.close()


def test_what_is_for_operators_is_not_for_readers(house: House) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert house.visitor().get(path).status == 403
    assert house.visitor("127.0.0.1").get("/healthz").text == "ok\n"


def test_a_server_that_dies_is_passed_over(house: House) -> None:
    """Leaves one server; comes late in this file."""
    [_, (story, path)] = house.made["stories"]
    ben = house.visitor()
    ben.cookies["sessionid"] = house.made["sessions"]["Ben Oak"]
    assert ben.get(path).status == 200
    answers: list[int] = []
    end = threading.Event()

    def read() -> None:
        while not end.is_set():
            with contextlib.suppress(http.client.HTTPException):
                answers.append(house.visitor().get(path).status)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        while len(answers) < 20:
            assert end.wait(0.01) is False
        before = len(answers)
        victim = house.servers[0]
        for pid in [victim.pid, *children(victim.pid)]:
            os.kill(pid, signal.SIGKILL)
        victim.wait()
        # A word that was on its way to the dead one is not said twice by nginx, but by its writer.
        tries = [ben.post(f"/story/{story}/comment/", {"text": "Through the one that is left"})]
        while tries[-1].status == 502 and len(tries) < 3:
            assert "go back and send it again" in tries[-1].text
            tries.append(ben.post(f"/story/{story}/comment/", {"text": "Through the one that is left"}))
        while len(answers) < before + 40:
            assert end.wait(0.01) is False
    finally:
        end.set()
        for reader in readers:
            reader.join(60)
    assert set(answers) == {200}
    assert tries[-1].comment
    wait_for(lambda: house.visitor().get(path).text.count('<article id="c-') == 1, 10)


def test_nginx_may_keep_what_is_the_same_for_all(house: House, tmp_path: Path) -> None:
    """Leaves no server; the last one of this file that uses the house."""
    with nginx(tmp_path, data=house.site.data, upstreams=house.ports, has_cache=True) as front:

        def kept(path: str = "/", **cookies: str) -> str:
            answer = SecureVisitor(front=front, cookies=cookies).get(path)
            assert answer.status == 200
            return answer.headers["x-cache"]

        assert kept() == "MISS"
        wait_for(lambda: kept() in {"HIT", "UPDATING", "STALE"})
        assert kept(sessionid=house.made["sessions"]["Ben Oak"]) == "BYPASS"
        assert [kept("/account/login/") for _ in range(3)] == ["MISS"] * 3
        for pid in [house.servers[1].pid, *children(house.servers[1].pid)]:
            os.kill(pid, signal.SIGKILL)
        house.servers[1].wait()
        # A process may answer once more while it is being ended.
        wait_for(lambda: SecureVisitor(front=front).get("/account/login/").status == 502)
        wait_for(lambda: kept() in {"STALE", "UPDATING"})


def test_without_any_server_the_page_says_so(tmp_path: Path) -> None:
    with nginx(tmp_path, data=tmp_path, upstreams=[free_port()]) as front:
        answer = SecureVisitor(front=front).get("/")
        assert answer.status == 502
        assert "The site is not answering" in answer.text
