"""PostgreSQL crashes and is started again under the crowd: the site says 503, comes back by itself and has lost nothing."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.crowd import a_crowd, require_nothing_lost, require_nothing_stale
from tests.faults.test_kills import serving
from tests.postgres import DURABLE, Cluster, free_port, new_cluster
from tests.processes import ProcessSite

pytestmark = [pytest.mark.slow, pytest.mark.once]

MEMBERS = 48
AWAY_SECONDS = 1.5


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with new_cluster(DURABLE) as cluster:
        yield cluster


def test_postgresql_crashes_under_load_and_nothing_acknowledged_is_lost(cluster: Cluster) -> None:
    with tempfile.TemporaryDirectory(prefix="kakehashi-site-", ignore_cleanup_errors=True) as directory:
        site = ProcessSite(Path(directory), cluster.url)
        assert site.run("init", "--no-input").returncode == 0
        port, log = free_port(), site.data / "restart.log"
        crowd = a_crowd(site, f"http://127.0.0.1:{port}", "Quakes", MEMBERS)
        with serving(site, port, log):
            crowd.start()
            for share, how in ((0.2, signal.SIGQUIT), (0.6, signal.SIGINT)):
                crowd.wait_for(share)
                cluster.stop(how)
                # As long as a restart takes at least; the crowd goes on asking meanwhile.
                time.sleep(AWAY_SECONDS)
                cluster.start()
            crowd.finish()
            require_nothing_stale(site, crowd)
        assert crowd.broken > 0
        assert crowd.statuses[503] > 0
        require_nothing_lost(site, crowd)
