"""PostgreSQL goes away while readers listen: their streams stay open, and they are told what they missed when it is back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.postgres import new_cluster
from tests.processes import ProcessSite
from tests.server.listener import Listener
from tests.server.visitor import ask, furnish

pytestmark = [pytest.mark.slow, pytest.mark.once]

SECONDS = 60.0
POST = """
import json
from kakehashi.comments.actions import post_comment
from kakehashi.stories.models import StoryPage
from tests.factories import a_reader
author = a_reader("Guest {n}", email="guest{n}@example.org")
comment = post_comment(author=author, story=StoryPage.objects.get(pk={story}), source="After the storm {n}")
print(">>>" + json.dumps(comment.pk))
"""


def test_listeners_outlast_a_database_that_is_away() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="kakehashi-site-", ignore_cleanup_errors=True) as directory,
        new_cluster() as cluster,
    ):
        site = ProcessSite(Path(directory), cluster.url, extra={"KAKEHASHI_LIVE_HEARTBEAT": "1"})
        assert site.run("init", "--no-input").returncode == 0
        made = furnish(site, "Storms", {"Ana Storm": "reader"}, stories=2)
        story, other = (pk for pk, _path in made["stories"])
        with site.serve("--workers", "1", "--no-worker") as address, Listener(address, story) as reader:
            first = ask(site, POST.format(story=story, n=1))
            assert reader.next(seconds=SECONDS).data["new"] == [first]
            cluster.stop()
            for _ in range(3):
                assert reader.next(kinds=("", "changed"), seconds=SECONDS).kind == ""
            # Where nobody listens yet, nobody can begin to; where somebody does, others may.
            refused = Listener(address, other)
            assert refused.status == 503
            assert "retry-after" in refused.headers
            with Listener(address, story) as late:
                assert late.status == 200
                cluster.start()
                second = ask(site, POST.format(story=story, n=2))
                for listening in (reader, late):
                    assert listening.next(seconds=SECONDS).data["new"] == [second]
            assert Listener(address, other).status == 200
