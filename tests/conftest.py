"""Settings of the test run that no test may depend on by accident, and a site for tests that need real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.processes import ProcessSite, new_site


@pytest.fixture(autouse=True)
def _own_media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(scope="session")
def process_site() -> Iterator[ProcessSite]:
    """One initialised site for all tests of this worker that start processes; mark them with xdist_group("processes")."""
    with new_site() as site:
        yield site
