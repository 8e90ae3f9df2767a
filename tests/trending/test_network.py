"""Two of our own sites side by side: what is read on one is shown on the other, and stays for a while when it is gone."""

from __future__ import annotations

import json
import urllib.request

import pytest

from tests.processes import ProcessSite, connect, new_site
from tests.server.visitor import ask

pytestmark = [pytest.mark.slow, pytest.mark.once]

PAPER = """
from kakehashi.stories import actions
from kakehashi.trending.actions import add_views
actions.ensure_site(name="The Far Shore")
section = actions.ensure_section(title="Tides")
for n, headline in enumerate(["Ferry <late>", "Salt is dear", "A quiet night"]):
    story = actions.publish_story(section=section, headline=headline)
    add_views(counts={{story.pk: 9 - n}})
print(">>>1")
"""
LIST = """
from kakehashi.trending.models import Sister
Sister.objects.create(name="The Far Shore", address="{}/trending.json", number=2)
print(">>>1")
"""
STATE = "SELECT failures, failure, copy FROM trending_sister"


def front(address: str) -> str:
    with urllib.request.urlopen(f"{address}/", timeout=60) as answer:
        return answer.read().decode()


def test_what_is_trending_next_door(process_site: ProcessSite) -> None:
    here = process_site
    with new_site("sqlite") as far, connect(here) as sql:
        ask(far, PAPER.format())
        with far.serve("--workers", "1", "--no-worker") as address:
            here.extra["KAKEHASHI_ALLOWED_PRIVATE_HOSTS"] = address.removeprefix("http://")
            ask(here, LIST.format(address))
            assert here.run("worker", "--once").returncode == 0
        copy = sql(STATE)[0][2]
        assert [title for title, _ in (json.loads(copy) if isinstance(copy, str) else copy)] == [
            "Ferry",
            "Salt is dear",
            "A quiet night",
        ]
        # Now nobody answers there any more.
        sql("UPDATE trending_sister SET tried_address = ''")
        assert here.run("worker", "--once").returncode == 0
        assert (sql(STATE)[0][0], bool(sql(STATE)[0][1])) == (1, True)
    assert json.loads(here.run("status", "--json").stdout)["sister_sites"]["failing"] == 1
    with here.serve("--workers", "1", "--no-worker") as own:
        html = front(own)
    assert "What is trending on our other sites" in html
    assert "Salt is dear" in html
    assert "A quiet night" not in html
    assert f'href="{address}/tides/' in html
