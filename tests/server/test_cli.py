"""Each command as a person meets it: help with an example, exit status 0, 1 or 2, never a traceback for a mistake."""

from __future__ import annotations

import errno
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import OperationalError, ProgrammingError

from kakehashi import __version__
from kakehashi.lib.errors import Invalid
from kakehashi.server.cli import installing
from kakehashi.server.cli.failures import explain
from kakehashi.server.cli.group import COMMANDS, cli
from kakehashi.server.cli.serving import require_free
from tests.processes import ProcessSite

CAPTURE = Path(__file__).parents[1] / "archive" / "captures" / "pier.txt"
processes = [pytest.mark.slow]


@pytest.mark.parametrize("command", [*COMMANDS, "import capture"])
def test_every_command_helps_with_an_example(command: str) -> None:
    answer = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert answer.exit_code == 0
    assert "Example:" in answer.output
    assert f"kakehashi {command}" in answer.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "0"],
        ["serve", "--port", "http"],
        ["import", "capture"],
        ["demo", "--scale", "0"],
    ],
)
def test_wrong_usage_is_exit_status_2(arguments: list[str]) -> None:
    answer = CliRunner().invoke(cli, arguments)
    assert answer.exit_code == 2
    assert "Usage:" in answer.output


def test_help_and_version_load_no_django() -> None:
    code = "import sys; from kakehashi.server.cli.group import cli; cli(['--help'], standalone_mode=False)"
    code += "; sys.exit(any(name.startswith(('django.db', 'wagtail', 'granian', 'rich')) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
    assert CliRunner().invoke(cli, ["--version"]).output == f"kakehashi {__version__}\n"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Invalid("Name one file."), "Name one file."),
        (CommandError("No such command."), "No such command."),
        (ImproperlyConfigured("The SECRET_KEY setting must not be empty."), "kakehashi init"),
        (ImproperlyConfigured("EMAIL_PORT must be a whole number"), "EMAIL_PORT"),
        (OperationalError("no such table: cache"), "kakehashi init"),
        (ProgrammingError('relation "x" does not exist'), "kakehashi init"),
        (OperationalError("connection refused\nIs the server running?"), "Check DATABASE_URL"),
        (OperationalError("database or disk is full"), "disk is full"),
        (OperationalError("attempt to write a readonly database"), "who owns it"),
        (OSError(errno.ENOSPC, "No space left on device", "/srv/news"), "disk is full (/srv/news)"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/news"), "may not write or read there (/srv/news)"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.txt"), "No such file or directory (a.txt)"),
    ],
)
def test_what_a_person_can_mend_is_said_in_a_sentence(error: Exception, sentence: str) -> None:
    said = explain(error)
    assert said is not None
    assert sentence in said
    assert "\n" not in said


def test_faults_of_our_own_keep_their_traceback() -> None:
    assert explain(KeyError("ours")) is None
    assert explain(OSError(errno.EPIPE, "Broken pipe")) is None


def test_a_port_in_use_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(click.ClickException, match="Another server runs there"):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)
    with pytest.raises(click.ClickException, match="Cannot listen on"):
        require_free("no-such-host.invalid", 8000)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAKEHASHI_SECRET_KEY")
    monkeypatch.setenv("KAKEHASHI_DATA", str(tmp_path / "a" / "b"))
    data = installing.make_data_directory()
    key = data / "secret-key"
    first = key.read_text()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(first.strip()) >= 80
    installing.make_data_directory()
    assert key.read_text() == first


def test_static_files_are_collected_again_only_when_one_changed(tmp_path: Path) -> None:
    file = tmp_path / "site.css"
    file.write_text("a")
    first = installing.static_fingerprint(tmp_path)
    assert installing.static_fingerprint(tmp_path) == first
    file.write_text("ab")
    assert installing.static_fingerprint(tmp_path) != first


class TestAnInitialisedSite:
    pytestmark = processes

    def test_check_and_status_say_what_there_is(self, process_site: ProcessSite) -> None:
        check = process_site.run("check")
        assert check.returncode == 0, check.stderr
        assert check.stdout.startswith("In order: ")
        status = json.loads(process_site.run("status", "--json").stdout)
        kind = "PostgreSQL" if process_site.database_url else "SQLite"
        assert status["version"] == __version__
        assert all(isinstance(status[what], int) for what in ("stories", "members", "threads", "comments", "votes"))
        assert status["database"].startswith(kind)
        assert "comments" in process_site.run("status").stdout

    def test_worker_once_runs_every_task(self, process_site: ProcessSite) -> None:
        done = process_site.run("worker", "--once")
        assert (done.returncode, "failed" in done.stderr) == (0, False), done.stderr


class TestCommands:
    """Whatever the database."""

    pytestmark = [*processes, pytest.mark.once]

    def test_init_again_keeps_everything(self, process_site: ProcessSite) -> None:
        key = (process_site.data / "secret-key").read_text()
        done = process_site.run("init", "--no-input")
        assert (done.returncode, done.stderr) == (0, "")
        assert "is ready" in done.stdout
        assert (process_site.data / "secret-key").read_text() == key

    def test_check_finds_what_is_wrong(self, process_site: ProcessSite) -> None:
        key = process_site.data / "secret-key"
        os.chmod(key, 0o644)
        try:
            check = process_site.run("check")
        finally:
            os.chmod(key, 0o600)
        assert check.returncode == 1
        assert "can be read by others" in check.stderr

    def test_manage_passes_everything_through(self, process_site: ProcessSite) -> None:
        assert "0001_initial" in process_site.run("manage", "showmigrations", "stories", "--plan").stdout
        unknown = process_site.run("manage", "nonsense")
        assert unknown.returncode == 1
        assert "Traceback" not in unknown.stderr

    def test_import_says_what_it_made_and_does_it_once(self, process_site: ProcessSite) -> None:
        first = process_site.run("import", "capture", "--json", str(CAPTURE))
        assert first.returncode == 0, first.stderr
        made = json.loads(first.stdout)
        assert (made["ok"], len(made["urls"])) == (True, 1)
        assert made["comments"] == made["comments_added"] > 0
        again = process_site.run("import", "capture", str(CAPTURE))
        assert again.returncode == 0, again.stderr
        assert f"unchanged, “{made['files'][0]['headline']}”, {made['comments']} comments" in again.stdout

    def test_import_of_a_missing_file_is_said_and_counted(self, process_site: ProcessSite) -> None:
        done = process_site.run("import", "capture", "--json", "missing.txt")
        assert done.returncode == 1
        assert json.loads(done.stdout)["ok"] is False
        told = process_site.run("import", "capture", "missing.txt")
        assert told.returncode == 1
        assert "missing.txt" in told.stderr
        assert "Traceback" not in told.stderr


class TestWithoutASite:
    pytestmark = [*processes, pytest.mark.once]

    @pytest.mark.parametrize("command", ["serve", "worker", "status", "check"])
    def test_says_to_run_init(self, tmp_path: Path, command: str) -> None:
        done = ProcessSite(tmp_path / "none").run(command)
        assert done.returncode == 1
        assert "kakehashi init" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "none").exists()

    def test_an_unreachable_database_is_said(self, tmp_path: Path) -> None:
        site = ProcessSite(tmp_path, "postgres://nobody@127.0.0.1:1/none", {"KAKEHASHI_SECRET_KEY": "k" * 60})
        done = site.run("status")
        assert done.returncode == 1
        assert "The database cannot be used" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_file_that_is_no_database_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "kakehashi.sqlite3").write_bytes(b"not a database" * 100)
        done = ProcessSite(tmp_path, extra={"KAKEHASHI_SECRET_KEY": "k" * 60}).run("status")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr

    def test_a_database_of_another_version_is_said(self, tmp_path: Path) -> None:
        sqlite3.connect(tmp_path / "kakehashi.sqlite3").close()
        done = ProcessSite(tmp_path, extra={"KAKEHASHI_SECRET_KEY": "k" * 60}).run("serve", "--port", "1024")
        assert done.returncode == 1
        assert "Run `kakehashi init`" in done.stderr
