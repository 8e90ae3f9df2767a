"""Readers without an account go on reading for a while when the database is away."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.postgres import new_cluster
from tests.server.test_outage import a_site
from tests.server.visitor import Visitor, furnish

# Brings its own database.
pytestmark = [pytest.mark.slow, pytest.mark.once]

# Longer than the front page is fresh.
AWAY_SECONDS = 9.0


def test_pages_in_memory_outlive_the_database() -> None:
    with new_cluster() as cluster, a_site(cluster.url) as site:
        room = furnish(site, "Away", {"Ana Away": "reader"}, stories=1)
        site.extra["KAKEHASHI_DATABASE_TIMEOUT"] = "2"
        with site.serve("--workers", "1", "--no-worker") as address:
            anybody = Visitor(address)
            ana = Visitor(address, {"sessionid": room["sessions"]["Ana Away"]})
            pages = ["/", "/away/", room["stories"][0][1], "/feed/"]
            before = {path: anybody.get(path).text for path in pages}
            assert ana.get("/").status == 200
            cluster.stop()
            until = time.monotonic() + AWAY_SECONDS
            wait(lambda: ana.get("/").status == 503, AWAY_SECONDS)
            while time.monotonic() < until:
                for path, text in before.items():
                    answer = anybody.get(path)
                    assert (answer.status, answer.text == text) == (200, True), path
                time.sleep(0.1)
            assert anybody.get("/?page=77").status == 503
            cluster.start()
            wait(lambda: anybody.get("/?page=77").status == 200, 30)
            wait(lambda: ana.get("/").status == 200, 30)
            log = site.data / "serve.log"
            wait(lambda: log.read_text().count("versions: the database answers again") == 1, 30)
            wait(lambda: all("s-maxage" in anybody.get(path).headers["cache-control"] for path in pages), 30)
        said = log.read_text()
        assert said.count("versions: the database does not answer") == 1
        assert "Traceback" not in said


def wait(is_so: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)
