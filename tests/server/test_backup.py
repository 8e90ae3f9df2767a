"""A running site is taken along, and comes back; what is no whole backup of ours changes nothing."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kakehashi.server.backup import database
from kakehashi.server.backup.file import Writer, verify
from tests.processes import COMMAND, ProcessSite, a_database, connect, new_site
from tests.server.visitor import Visitor, ask, furnish

pytestmark = [pytest.mark.slow]

STRANGE = b"original_images/\xe3\x81\x82 \xff.jpg"
VERSIONS = "SELECT version FROM comments_thread ORDER BY id LIMIT 2"


@pytest.fixture(scope="module")
def site() -> Iterator[ProcessSite]:
    """A site with three stories, two threads and one picture's file."""
    with new_site() as site:
        made = furnish(site, "Ferries", {"Ferry One": "reader"}, stories=3)
        script = "from kakehashi.comments.models import Thread\n"
        script += f"for pk, _ in {made['stories']}: Thread.objects.get_or_create(story_id=pk)\n"
        script += "Thread.objects.update(version=0)\nprint('>>>null')"
        ask(site, script)
        picture = os.path.join(os.fsencode(site.data / "media"), STRANGE)
        os.makedirs(os.path.dirname(picture))
        Path(os.fsdecode(picture)).write_bytes(os.urandom(3_000_000))
        yield site


@pytest.fixture
def empty(site: ProcessSite, tmp_path: Path) -> Iterator[ProcessSite]:
    """An empty place for a site, on the same kind of database."""
    with a_database() as url:
        yield ProcessSite(tmp_path / "new" / "place", url)


@pytest.fixture(scope="module")
def good(site: ProcessSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backups") / "good.tar"
    done = site.run("backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


@contextlib.contextmanager
def writing(site: ProcessSite) -> Iterator[Callable[[], int]]:
    """Somebody raises two threads' versions together, over and over; the function says how often so far."""
    end, turns = threading.Event(), [0]

    def write() -> None:
        with connect(site) as execute:
            while not end.is_set():
                execute("BEGIN IMMEDIATE" if not site.database_url else "BEGIN")
                execute("UPDATE comments_thread SET version = version + 1")
                execute("COMMIT")
                turns[0] += 1
                end.wait(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield lambda: turns[0]
    finally:
        end.set()
        thread.join()


def test_a_running_site_comes_back_as_it_was_at_one_moment(
    site: ProcessSite, empty: ProcessSite, tmp_path: Path
) -> None:
    file = tmp_path / "b.tar"
    with writing(site) as turns:
        before = turns()
        done = site.run("backup", "--json", str(file))
        assert turns() > before
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (said["ok"], said["size"], said["files"], said["left_out"]) == (True, file.stat().st_size, 1, [])
    assert (said["counts"]["stories"], said["counts"]["comments"], said["counts"]["threads"]) == (3, 1, 3)
    assert list(tmp_path.glob("b.tar?*")) == []

    back = empty.run("restore", "--json", str(file))
    assert back.returncode == 0, back.stderr + back.stdout
    assert json.loads(back.stdout)["counts"] == said["counts"]
    with connect(empty) as execute:
        first, second = execute(VERSIONS)
    assert first == second
    assert 0 < first[0] <= turns()
    picture = os.path.join(b"media", STRANGE)
    assert (
        Path(os.fsdecode(os.path.join(os.fsencode(empty.data), picture))).read_bytes()
        == Path(os.fsdecode(os.path.join(os.fsencode(site.data), picture))).read_bytes()
    )
    assert (empty.data / "secret-key").read_text() == (site.data / "secret-key").read_text()
    assert stat.S_IMODE((empty.data / "secret-key").stat().st_mode) == 0o600
    with empty.serve() as address:
        assert "The first word" in Visitor(address).get("/ferries/ferries-0/").text


def test_a_file_that_is_there_is_kept_unless_forced(site: ProcessSite, good: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar"
    file.write_text("mine")
    refused = site.run("backup", str(file))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert file.read_text() == "mine"
    forced = site.run("backup", "--force", str(file))
    assert forced.returncode == 0, forced.stderr
    assert "1 comments" in forced.stdout
    verify(file)
    for place, sentence in [
        (tmp_path / "none" / "b.tar", "no directory"),
        (site.data / "media" / "b.tar", "everybody can fetch"),
    ]:
        done = site.run("backup", str(place))
        assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr
        assert not place.exists()


def test_what_is_not_a_plain_file_is_left_out_and_said(site: ProcessSite, tmp_path: Path) -> None:
    link = site.data / "media" / "link.jpg"
    link.symlink_to("/etc/passwd")
    try:
        done = site.run("backup", str(tmp_path / "b.tar"))
    finally:
        link.unlink()
    assert done.returncode == 0, done.stderr
    assert "media/link.jpg" in done.stderr
    assert not [name for name in verify(tmp_path / "b.tar")["members"] if "link" in name]


def assert_refused(done: subprocess.CompletedProcess[str], sentence: str, place: ProcessSite) -> None:
    assert done.returncode == 1
    assert sentence in done.stderr, done.stderr
    assert done.stderr.startswith("Error: Nothing was restored: ")
    assert "Traceback" not in done.stderr
    assert not place.data.parent.exists()


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_damaged_backup_changes_nothing(good: Path, empty: ProcessSite, tmp_path: Path, place: float) -> None:
    raw = bytearray(good.read_bytes())
    raw[int(len(raw) * place)] ^= 1
    file = tmp_path / "damaged.tar"
    file.write_bytes(raw)
    assert_refused(empty.run("restore", str(file)), "damaged.tar: ", empty)
    verified = empty.run("restore", "--verify", str(file))
    assert (verified.returncode, "The backup is not good" in verified.stderr) == (1, True)
    file.write_bytes(good.read_bytes()[: int(len(raw) * place)])
    assert_refused(empty.run("restore", str(file)), "cut off", empty)


def test_a_good_backup_can_be_verified_without_a_site(good: Path, empty: ProcessSite) -> None:
    done = empty.run("restore", "--verify", "--json", str(good))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["restored"] is False
    assert "whole" in empty.run("restore", "--verify", str(good)).stdout
    assert not empty.data.parent.exists()
    assert_refused(empty.run("restore", str(good) + ".none"), "No such file", empty)


def with_facts(good: Path, file: Path, **changes: Any) -> None:
    """The same backup with other facts in its manifest, and whole."""
    manifest = verify(good)
    from kakehashi.server.backup.file import ABOUT, walk

    with good.open("rb") as source, file.open("w+b") as target:
        about = {"kakehashi": "9.9", "database": manifest["database"]["kind"], "by": "command"}
        writer = Writer(target, about=about)
        for member, contents in walk(source):
            if member.name in manifest["members"] and member.name != ABOUT:
                writer.add(member.name, contents, modified_at=member.modified_at)
        facts = {name: value for name, value in manifest.items() if name not in {"format", "members"}}
        writer.finish({**facts, **changes})


def test_a_newer_backup_or_one_that_lies_changes_nothing(good: Path, empty: ProcessSite, tmp_path: Path) -> None:
    facts = verify(good)
    file = tmp_path / "other.tar"
    with_facts(good, file, kakehashi="9.9", migrations=[*facts["migrations"], "comments.9999_later"])
    assert_refused(empty.run("restore", str(file)), "newer Kakehashi (9.9, this is", empty)
    with_facts(good, file, migrations=[*facts["migrations"], "gone_application.0001_initial"])
    assert empty.run("restore", "--verify", str(file)).returncode == 0
    if not empty.database_url:
        with_facts(good, file, counts={**facts["counts"], "comments": 7})
        assert_refused(empty.run("restore", str(file)), "holds 1 comments; its manifest says 7", empty)
        with_facts(good, file, database={**facts["database"], "unpacked": 1 << 60})
        assert_refused(empty.run("restore", str(file)), "not enough room", empty)


def test_a_place_that_is_not_empty_is_refused(site: ProcessSite, good: Path, empty: ProcessSite) -> None:
    kept = sorted(path.name for path in site.data.iterdir())
    refused = site.run("restore", str(good))
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
    assert sorted(path.name for path in site.data.iterdir()) == kept
    if site.database_url:
        empty.database_url = site.database_url
        assert_refused(empty.run("restore", str(good)), "is not empty: it holds", empty)


def test_another_kind_of_database_is_refused(good: Path, empty: ProcessSite, tmp_path: Path) -> None:
    if empty.database_url:
        empty.database_url = ""
        assert_refused(empty.run("restore", str(good)), "DATABASE_URL names one of SQLite", empty)
    else:
        facts, file = verify(good), tmp_path / "other.tar"
        with_facts(good, file, database={"kind": "postgresql"})
        assert_refused(empty.run("restore", str(file)), "holds no database", empty)
        assert facts["database"]["kind"] == "sqlite"


def test_media_are_not_dropped_where_they_would_go_into_a_bucket(good: Path, empty: ProcessSite) -> None:
    bucket = {"KAKEHASHI_MEDIA_STORAGE": "s3", "AWS_STORAGE_BUCKET_NAME": "news", "AWS_ACCESS_KEY_ID": "a"}
    empty.extra = {**bucket, "AWS_SECRET_ACCESS_KEY": "b", "AWS_S3_ENDPOINT_URL": "http://127.0.0.1:9"}
    assert_refused(empty.run("restore", str(good)), "holds media, and KAKEHASHI_MEDIA_STORAGE", empty)


def test_what_a_killed_restore_left_is_cleared(good: Path, empty: ProcessSite) -> None:
    left = empty.data / ".restoring" / "media"
    left.mkdir(parents=True)
    (left / "half.jpg").write_text("half")
    done = empty.run("restore", str(good))
    assert done.returncode == 0, done.stderr
    assert not (empty.data / ".restoring").exists()
    assert not (empty.data / "media" / "half.jpg").exists()


def test_an_older_backup_is_brought_up_to_this_version(empty: ProcessSite, tmp_path: Path) -> None:
    with new_site() as old:
        furnish(old, "Ferries", {"Ferry One": "reader"}, stories=1)
        back = old.run("manage", "migrate", "comments", "0001", "--no-input")
        assert back.returncode == 0, back.stderr
        done = old.run("backup", str(tmp_path / "old.tar"))
        assert done.returncode == 0, done.stderr
        assert old.run("status").returncode == 1
    done = empty.run("restore", str(tmp_path / "old.tar"))
    assert done.returncode == 0, done.stderr
    assert "Setting up the tables" in done.stdout
    assert json.loads(empty.run("status", "--json").stdout)["comments"] == 1


@pytest.mark.parametrize("limit", [100_000, 2_500_000])
def test_a_full_disk_leaves_no_file_and_is_said(site: ProcessSite, tmp_path: Path, limit: int) -> None:
    """The system lets the command write no file longer than `limit`: first the database does not fit, then the media."""
    poor = ProcessSite(site.data, site.database_url, site.extra, ["prlimit", f"--fsize={limit}", *COMMAND])
    done = poor.run("backup", str(tmp_path / "b.tar"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No backup was written: "), done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def wait_for_partial(file: Path, process: subprocess.Popen[bytes]) -> None:
    partial = file.with_name(file.name + ".partial")
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if partial.exists() and partial.stat().st_size > 1_000_000:
            return
        time.sleep(0.005)
    raise AssertionError("no backup began")


@pytest.fixture
def large(site: ProcessSite) -> Iterator[ProcessSite]:
    """The site with so much media that a backup takes some seconds."""
    file = site.data / "media" / "large.mp4"
    with file.open("wb") as stream:
        stream.truncate(600_000_000)
    yield site
    file.unlink()


def test_a_backup_that_is_stopped_or_killed_leaves_no_file(large: ProcessSite, tmp_path: Path) -> None:
    file, log = tmp_path / "b.tar", tmp_path / "log"
    stopped = large.start("backup", str(file), log=log)
    wait_for_partial(file, stopped)
    # It stands still meanwhile: else it may be done before the second has begun.
    stopped.send_signal(signal.SIGSTOP)
    second = large.run("backup", str(file))
    stopped.send_signal(signal.SIGTERM)
    stopped.send_signal(signal.SIGCONT)
    assert (second.returncode, "just now" in second.stderr) == (1, True), second.stderr
    assert stopped.wait(60) == 1
    assert "No backup was written: it was stopped." in log.read_text()
    assert list(tmp_path.glob("b.tar*")) == []

    killed = large.start("backup", str(file), log=log)
    wait_for_partial(file, killed)
    killed.kill()
    killed.wait()
    assert not file.exists()
    (large.data / "media" / "large.mp4").write_text("small now")
    again = large.run("backup", str(file))
    assert again.returncode == 0, again.stderr
    assert [path.name for path in tmp_path.glob("b.tar*")] == ["b.tar"]


def test_a_damaged_database_makes_no_backup(site: ProcessSite, tmp_path: Path) -> None:
    if site.database_url:
        pytest.skip("PostgreSQL finds its own damage")
    with new_site() as broken:
        file = broken.data / "kakehashi.sqlite3"
        with contextlib.closing(sqlite3.connect(file)) as open_file:
            open_file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = bytearray(file.read_bytes())
        for page in range(20, len(raw) // 4096 - 1, 3):
            raw[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        file.write_bytes(raw)
        done = broken.run("backup", str(tmp_path / "b.tar"))
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert list(tmp_path.iterdir()) == []


class TestProgramsOfPostgreSQL:
    """Which of them is taken, and what is said where none will do."""

    @pytest.fixture(autouse=True)
    def _no_others(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        if not os.environ.get("DATABASE_URL"):
            pytest.skip("on PostgreSQL")
        monkeypatch.setattr(database, "DEBIAN_PROGRAMS", str(tmp_path / "versions"))
        monkeypatch.setenv("PATH", str(tmp_path / "path"))

    def a_program(self, directory: Path, version: str, *, more: str = "exit 3") -> Path:
        directory.mkdir(parents=True)
        program = directory / "pg_dump"
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "pg_dump (PostgreSQL) {version}" && exit\n{more}\n'
        )
        program.chmod(0o755)
        return program

    def test_none_is_said(self, db: None) -> None:
        with pytest.raises(Exception, match=r"pg_dump is missing; .* install postgresql-client-\d+"):
            database._program("pg_dump")

    def test_one_too_old_is_said(self, db: None, tmp_path: Path) -> None:
        self.a_program(tmp_path / "path", "9.6.1")
        with pytest.raises(Exception, match=r"is of version 9, and the server of version \d+"):
            database._program("pg_dump")

    def test_the_nearest_that_will_do_is_taken(self, db: None, tmp_path: Path) -> None:
        self.a_program(tmp_path / "versions" / "9.6" / "bin", "9.6.1")
        self.a_program(tmp_path / "path", "99.1")
        near = self.a_program(tmp_path / "versions" / "98" / "bin", "98.2 (Debian 98.2-1)")
        assert database._program("pg_dump") == near

    def test_its_own_words_are_said_and_no_password_is_among_its_arguments(
        self, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        seen = tmp_path / "seen"
        more = f'echo "$@" > {seen}; echo "$PGPASSWORD" >> {seen}; echo "pg_dump: error: the moon is full" >&2; exit 1'
        self.a_program(tmp_path / "path", "99.1", more=more)
        monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", "open sesame")
        with pytest.raises(Exception, match="pg_dump failed: the moon is full"):
            list(database.dump("00000003-1"))
        arguments, password = seen.read_text().splitlines()
        assert password == "open sesame"
        assert "sesame" not in arguments
        assert "--no-password" in arguments
