"""The machine's clock jumps back an hour, as after a wrong start or a careless hand: nothing waits for it to catch up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.crowd import Crowd, a_crowd, require_nothing_lost, require_nothing_stale
from tests.faults.test_kills import kill, serving
from tests.postgres import free_port
from tests.processes import ProcessSite, new_site
from tests.server.test_serving import children
from tests.server.visitor import Visitor, member
from tests.tools import find_faketime

pytestmark = [pytest.mark.slow, pytest.mark.once]

MEMBERS = 20


def give_clock(site: ProcessSite) -> Path:
    """The file that says how far the clock of the site's processes is off, like `-3600`."""
    library = find_faketime()
    assert library is not None, "run `make tools`"
    offset = site.data / "clock"
    offset.write_text("+0\n")
    site.extra |= {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return offset


def test_a_clock_that_jumps_back_an_hour_stops_nobody() -> None:
    with new_site() as site:
        port = free_port()
        crowd = a_crowd(site, f"http://127.0.0.1:{port}", "Clocks", MEMBERS)
        early = crowd.sessions.pop(next(iter(crowd.sessions)))
        story, path = crowd.stories[0]
        offset = give_clock(site)
        with serving(site, port, site.data / "clock.log") as server:
            before = member(crowd.address, early, path)
            before.post(f"/story/{story}/comment/", {"text": "Before the clock jumped"})
            crowd.start()
            crowd.wait_for(0.4)
            offset.write_text("-3600\n")
            crowd.finish()
            require_nothing_stale(site, crowd)
            post_again(crowd, before, story, path)
            # Not asked to end: granian may then call `time.sleep`, which libfaketime breaks.
            for pid in [server.pid, *children(server.pid)]:
                kill(pid)
            server.wait()
        require_nothing_lost(site, crowd)


def post_again(crowd: Crowd, visitor: Visitor, story: int, path: str) -> None:
    """Whoever has just posted may do so again ten seconds later, not in an hour."""
    until = time.monotonic() + 30
    while True:
        answer = visitor.post(f"/story/{story}/comment/", {"text": "After the clock jumped"})
        if answer.status != 429:
            break
        assert time.monotonic() < until, answer.sentence
        time.sleep(0.5)
    # Its place is that of its time, an hour before what was written a moment ago; it is there.
    assert f'<article id="c-{answer.comment}"' in visitor.get(path).text
