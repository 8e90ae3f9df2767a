"""Backups that the worker makes by itself: one a period however many workers, and only its own are ever deleted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kakehashi.server.backup.file import verify
from tests.processes import ProcessSite, connect, ended, new_site
from tests.server.test_serving import wait_for
from tests.server.visitor import ask

pytestmark = [pytest.mark.slow]

RUN = """
import sys
from datetime import UTC, datetime, timedelta
from kakehashi.server.backup.scheduled import back_up
for hour in {hours}:
    back_up(datetime(2031, 5, 1, tzinfo=UTC) + timedelta(hours=hour))
print(">>>null")
"""


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_oldest_of_its_own_go_once_the_new_one_is_whole(process_site: ProcessSite, tmp_path: Path) -> None:
    site = ProcessSite(process_site.data, process_site.database_url)
    site.extra = {"KAKEHASHI_BACKUP_DIR": str(tmp_path), "KAKEHASHI_BACKUP_KEEP": "2"}
    by_hand = tmp_path / "kakehashi-20200101T000000Z.tar"
    assert site.run("backup", str(by_hand)).returncode == 0
    others = {"kakehashi-20200102T000000Z.tar": "no backup", "notes.txt": "mine", "kakehashi-old.tar.partial": "mine"}
    for name, text in others.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "kakehashi-20300101T000000Z.tar.partial").write_text("left by a killed worker")
    kept = {*others, by_hand.name}
    ask(site, RUN.format(hours=[0, 1, 2]))
    assert {*names(tmp_path)} == kept | {"kakehashi-20310501T010000Z.tar", "kakehashi-20310501T020000Z.tar"}
    # Named by a clock that was set back, the new one still is the new one.
    ask(site, RUN.format(hours=[-48]))
    assert {*names(tmp_path)} == kept | {"kakehashi-20310429T000000Z.tar", "kakehashi-20310501T020000Z.tar"}
    assert verify(tmp_path / "kakehashi-20310429T000000Z.tar")["by"] == "schedule"


def test_a_failed_one_costs_no_older_one(process_site: ProcessSite, tmp_path: Path) -> None:
    site = ProcessSite(process_site.data, process_site.database_url)
    site.extra = {"KAKEHASHI_BACKUP_DIR": str(tmp_path), "KAKEHASHI_BACKUP_KEEP": "1"}
    ask(site, RUN.format(hours=[0]))
    before = names(tmp_path)
    limited = [
        "prlimit",
        "--fsize=100000",
        sys.executable,
        "-m",
        "kakehashi.server.cli",
        "manage",
        "shell",
        "--no-imports",
    ]
    script = RUN.format(hours=[1])
    failed = subprocess.run([*limited, "-c", script], env=site.environment, capture_output=True, text=True, check=False)
    assert failed.returncode != 0
    assert names(tmp_path) == before
    site.extra["KAKEHASHI_BACKUP_DIR"] = str(tmp_path / "not mounted")
    once = site.run("worker", "--once")
    assert "There is no directory" in once.stderr
    assert names(tmp_path) == before


def test_of_several_workers_one_makes_it(tmp_path: Path) -> None:
    directory = tmp_path / "backups"
    directory.mkdir()
    with new_site() as site, connect(site) as execute:
        site.extra = {"KAKEHASHI_BACKUP_DIR": str(directory)}

        def runs(task: str) -> int:
            """How often it ran through."""
            found = execute(f"SELECT runs FROM server_job WHERE name LIKE '%{task}' AND last_success_at IS NOT NULL")
            return found[0][0] if found else 0

        workers = [site.start("worker", log=tmp_path / f"log{number}") for number in range(3)]
        try:
            wait_for(lambda: execute("SELECT COUNT(*) FROM server_worker") == [(len(workers),)], 120)
            wait_for(lambda: runs("back_up") > 0, 120)
            # All of them go on looking for work.
            before = runs("index_new")
            wait_for(lambda: runs("index_new") > before + 2, 120)
        finally:
            for worker in workers:
                worker.terminate()
            # Not asked a second time: Python takes its handlers away before the process is gone.
            statuses = [ended(worker) for worker in workers]
        assert statuses == [0, 0, 0]
        assert runs("back_up") == 1
        [made] = names(directory)
        assert verify(directory / made)["counts"]["comments"] == 0


def test_the_number_and_the_hours_are_checked(process_site: ProcessSite) -> None:
    for name, value in [("KAKEHASHI_BACKUP_KEEP", "0"), ("KAKEHASHI_BACKUP_EVERY_HOURS", "often")]:
        done = ProcessSite(process_site.data, process_site.database_url, {name: value}).run("status")
        assert (done.returncode, name in done.stderr) == (1, True)
