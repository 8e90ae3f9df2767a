"""The demo command, beside the newsroom that the browser looks at."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path

from tests.browser.conftest import Newsroom
from tests.postgres import free_port
from tests.processes import ProcessSite, stop, wait_until_healthy


def counts(site: ProcessSite) -> dict[str, int]:
    found: dict[str, int] = json.loads(site.run("status", "--json").stdout)
    return found


def test_a_second_start_keeps_the_newsroom_and_prints_the_log_ins(newsroom: Newsroom, tmp_path: Path) -> None:
    before = counts(newsroom.site)
    assert min(before[what] for what in ("stories", "members", "comments", "votes")) > 5
    port, log = free_port(), tmp_path / "demo.log"
    again = ProcessSite(newsroom.site.data.parent)
    process = again.start("demo", "--port", str(port), log=log)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        assert urllib.request.urlopen(f"http://127.0.0.1:{port}/").status == 200
        until = time.monotonic() + 30
        while "mails:" not in (told := log.read_text()):
            assert time.monotonic() < until, told
            time.sleep(0.05)
    finally:
        assert stop(process) == 0
    assert f"http://127.0.0.1:{port}" in told
    for role in ("reader", "moderator", "editor"):
        assert newsroom.logins[role]["email"] in told
        assert newsroom.logins[role]["password"] in told
    assert {name: value for name, value in counts(newsroom.site).items() if isinstance(value, int)} == {
        name: value for name, value in before.items() if isinstance(value, int)
    }
