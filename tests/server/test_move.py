"""A site on SQLite moves to PostgreSQL with everything it holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.factories import PASSWORD
from tests.processes import ProcessSite, a_house_without_furniture, new_site
from tests.server.visitor import Visitor, ask, furnish, member

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("KAKEHASHI_TEST_DATABASE") != "postgresql", reason="moves to PostgreSQL"),
]
COUNTS = """
import json
from django.apps import apps

derived = {"wagtailsearch", "sessions"}
models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label not in derived]
print(">>>" + json.dumps({model._meta.label: model._base_manager.count() for model in models}))
"""


@pytest.fixture(scope="module")
def old() -> Iterator[tuple[ProcessSite, Any]]:
    with new_site("sqlite") as site:
        members = {"Ana Lee": "administrator", "Ben Oak": "reader", "Cy Elm": "reader"}
        made = furnish(site, "Harbour", members, stories=3, password=PASSWORD)
        assert site.run("worker", "--once").returncode == 0
        yield site, made


@pytest.fixture
def new(old: tuple[ProcessSite, Any]) -> Iterator[ProcessSite]:
    with a_house_without_furniture() as url:
        yield ProcessSite(old[0].data, url)


def test_everything_moves_and_life_goes_on(old: tuple[ProcessSite, Any], new: ProcessSite) -> None:
    site, made = old
    moved = new.run("move", str(site.data / "kakehashi.sqlite3"))
    assert moved.returncode == 0, moved.stderr
    assert ask(new, COUNTS) == ask(site, COUNTS)
    checked = new.run("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    [(story, path), *_] = made["stories"]
    with new.serve("--workers", "1") as address:
        assert f'id="c-{made["comments"][0]}"' in Visitor(address).get(path).text
        ben = member(address, made["sessions"]["Ben Oak"], path)
        # Numbers go on where they were.
        assert ben.post(f"/story/{story}/comment/", {"text": "In the new house"}).comment > made["comments"][0]
        Visitor(address).log_in("ana.lee@example.org", PASSWORD)
        assert "The first word" in Visitor(address).get("/search/?q=first+word").sentence
    again = new.run("move", str(site.data / "kakehashi.sqlite3"))
    assert (again.returncode, "holds members or stories already" in again.stderr) == (1, True)


def test_what_cannot_be_moved_is_refused(old: tuple[ProcessSite, Any], new: ProcessSite, tmp_path: Path) -> None:
    site, _ = old
    database = str(site.data / "kakehashi.sqlite3")
    assert "must name the PostgreSQL database" in site.run("move", database).stderr
    (tmp_path / "no.sqlite3").write_text("This is a letter, not a database. " * 50)
    assert "cannot be read as a database" in new.run("move", str(tmp_path / "no.sqlite3")).stderr
    (tmp_path / "empty.sqlite3").write_bytes(b"")
    assert "is not of this version" in new.run("move", str(tmp_path / "empty.sqlite3")).stderr
