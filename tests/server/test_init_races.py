"""Several machines that are set up in the same moment."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.processes import ProcessSite, a_database

pytestmark = [pytest.mark.slow]


def test_three_inits_at_once_make_one_site(tmp_path: Path) -> None:
    with a_database() as url, tempfile.TemporaryDirectory() as place:
        # SQLite has one directory. On PostgreSQL two machines have one each, and the first has two inits.
        elsewhere = Path(place) / ("b" if url else "a")
        sites = [ProcessSite(Path(place) / "a", url), ProcessSite(Path(place) / "a", url), ProcessSite(elsewhere, url)]
        logs = [tmp_path / f"init-{n}.log" for n in range(3)]
        running = [site.start("init", "--no-input", log=log) for site, log in zip(sites, logs, strict=True)]
        statuses = [process.wait(240) for process in running]
        said = [log.read_text() for log in logs]
        assert statuses == [0, 0, 0], said
        assert sum("Setting up the tables" in text for text in said) == 1
        assert sum("Waiting for another init" in text for text in said) >= 1
