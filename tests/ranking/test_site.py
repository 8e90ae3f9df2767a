"""On a running site: a click moves a comment within seconds, a command ranks at once, and all of it moves house."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.processes import ProcessSite, a_database, run_kind
from tests.server.visitor import Visitor, ask, furnish, member

pytestmark = [pytest.mark.slow]
PEOPLE = {"Ada Rank": "reader", "Bo Rank": "reader", "Cy Rank": "reader"}
# Seconds that a busy machine may take for what takes one or two.
SOON = 30.0
STORED = "import json; from kakehashi.ranking.models import StoredModel as S; print('>>>' + json.dumps({expression}))"
CONTENT = "[[row.run_id, row.run.state, bytes(row.content).hex()] for row in S.objects.select_related('run')]"


def order(page: str, comments: list[int]) -> list[int]:
    """Of these comments, in the order in which they stand on the page."""
    return [int(found) for found in re.findall(r'id="c-(\d+)"', page) if int(found) in comments]


def test_a_click_moves_a_comment_and_a_command_ranks_at_once(process_site: ProcessSite) -> None:
    made = furnish(process_site, "Rankwire", PEOPLE, stories=1)
    [(story, path)] = made["stories"]
    with process_site.serve("--workers", "1") as address:
        ada, bo = (member(address, made["sessions"][name], path) for name in ("Ada Rank", "Bo Rank"))
        first = made["comments"][0]
        second = ada.post(f"/story/{story}/comment/", {"text": "A second word, which is better"}).comment
        ranked = f"{path}?order=common-ground"
        assert order(Visitor(address).get(ranked).text, [first, second]) == [first, second]
        bo.get(path)
        assert bo.post(f"/comment/{second}/vote/", {"value": "1"}).status in (200, 302)
        clicked = time.monotonic()
        while order(Visitor(address).get(ranked).text, [first, second]) != [second, first]:
            assert time.monotonic() - clicked < SOON
            time.sleep(0.2)
        status = json.loads(process_site.run("status", "--json").stdout)
        assert status["votes"] >= 1
        assert status["waiting"]["unranked_votes"] == 0

        done = process_site.run("rank")
        assert done.returncode == 0, done.stderr
        assert re.search(r"Run \d+ \(cold\): [\d,]+ votes of .*; applied", done.stdout)
        told = json.loads(process_site.run("status", "--json").stdout)["ranking"]
        assert (told["state"], told["kind"], told["camps"]) == ("applied", "cold", 1)
        assert "Ranking" in process_site.run("status").stdout
        assert order(Visitor(address).get(ranked).text, [first, second]) == [second, first]


@pytest.mark.once
def test_what_was_learned_comes_back_from_a_backup(process_site: ProcessSite, tmp_path: Path) -> None:
    furnish(process_site, "Backwire", {"Di Rank": "reader"}, stories=1)
    assert process_site.run("rank").returncode == 0
    stored = ask(process_site, STORED.format(expression=CONTENT))
    assert stored
    assert process_site.run("backup", str(tmp_path / "news.tar")).returncode == 0
    with a_database() as url:
        empty = ProcessSite(tmp_path / "new", url)
        restored = empty.run("restore", str(tmp_path / "news.tar"))
        assert restored.returncode == 0, restored.stderr
        assert ask(empty, STORED.format(expression=CONTENT)) == stored
        checked = empty.run("check")
        assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(run_kind() != "postgresql", reason="moves to PostgreSQL")
def test_what_was_learned_moves_to_postgresql(tmp_path: Path) -> None:
    old = ProcessSite(tmp_path)
    assert old.run("init", "--no-input").returncode == 0
    furnish(old, "Movewire", {"Ed Rank": "reader"}, stories=1)
    assert old.run("rank").returncode == 0
    with a_database() as url:
        new = ProcessSite(old.data, url)
        assert new.run("init", "--no-input").returncode == 0
        moved = new.run("move", str(old.data / "kakehashi.sqlite3"))
        assert moved.returncode == 0, moved.stderr
        assert ask(new, STORED.format(expression=CONTENT)) == ask(old, STORED.format(expression=CONTENT))
        assert new.run("rank").returncode == 0
