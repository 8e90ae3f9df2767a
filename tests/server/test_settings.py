"""Settings fail loudly, and the page that lists them lists all of them and no other."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from kakehashi.server import environment
from kakehashi.server.cli.group import COMMANDS

ROOT = Path(__file__).parents[2]
READERS = {
    "env",
    "env_address",
    "env_bool",
    "env_choice",
    "env_int",
    "env_languages",
    "env_list",
    "env_needed",
    "env_number",
    "env_ports",
    "env_time_zone",
}


def variables_read() -> set[str]:
    """First arguments of all calls of the environment's readers in the source."""
    found = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READERS:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_the_operations_page_lists_every_variable_and_no_other() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", page, re.MULTILINE))
    assert listed == variables_read()


def test_the_operations_page_lists_every_command_and_no_other() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    listed = {row.split()[0] for row in re.findall(r"^\| `kakehashi ([a-z ]+)` \|", page, re.MULTILINE)}
    assert listed == set(COMMANDS)


def test_nothing_reads_the_environment_past_the_typed_readers() -> None:
    asking = re.compile(r"os\.environ\.get\(|os\.getenv\(")
    files = [file for file in (ROOT / "src").rglob("*.py") if asking.search(file.read_text(encoding="utf-8"))]
    assert [file.name for file in files] == ["environment.py"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAKEHASHI_BASE_URL", "news.example"),
        ("KAKEHASHI_BASE_URL", "https://news.example/path"),
        ("KAKEHASHI_BASE_URL", "http://[::1"),
        ("KAKEHASHI_BASE_URL", "http://a:99999"),
        ("KAKEHASHI_OUTSIDE_PORTS", "http"),
        ("KAKEHASHI_OUTSIDE_PORTS", "80,70000"),
        ("KAKEHASHI_DEBUG", "perhaps"),
        ("KAKEHASHI_PAGE_CACHE_MB", "-1"),
        ("KAKEHASHI_TIME_ZONE", "Moon/Tranquility"),
        ("KAKEHASHI_TIME_ZONE", "../../etc/passwd"),
        ("KAKEHASHI_LANGUAGE", "klingon"),
        ("KAKEHASHI_LANGUAGES", "en, klingon"),
        ("KAKEHASHI_STAFF_MFA", "sometimes"),
        ("KAKEHASHI_LOG_LEVEL", "LOUD"),
        ("KAKEHASHI_SECRET_KEY_FILE", "/nowhere/key"),
        ("DATABASE_URL", "oracle://x"),
        ("DATABASE_URL", "mysql://u:p@h/n"),
        ("DATABASE_URL", "nonsense"),
        ("EMAIL_PORT", "smtp"),
        ("KAKEHASHI_DATABASE_TIMEOUT", "0"),
        ("KAKEHASHI_LOG_FORMAT", "xml"),
        ("KAKEHASHI_SLOW_QUERY_MS", "-1"),
        ("KAKEHASHI_MEDIA_STORAGE", "ftp"),
        ("KAKEHASHI_STATIC_HOST", "cdn.example"),
    ],
)
def test_a_wrong_value_is_said_by_name(name: str, value: str, tmp_path: Path) -> None:
    answer = import_settings(tmp_path, **{name: value})
    assert answer.returncode == 1
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: ")
    assert name in last


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    answer = import_settings(tmp_path, KAKEHASHI_SECRET_KEY_FILE=str(tmp_path / "secret"))
    assert answer.stdout == "from a file\n"


def import_settings(data: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from kakehashi.server import settings; print(settings.SECRET_KEY)"],
        env={"PATH": os.environ["PATH"], "KAKEHASHI_DATA": str(data), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_list_is_split_and_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKEHASHI_ALLOWED_HOSTS", " a.example, ,b.example ")
    assert environment.env_list("KAKEHASHI_ALLOWED_HOSTS") == ["a.example", "b.example"]


def test_an_unreadable_key_is_not_taken_for_a_missing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAKEHASHI_SECRET_KEY")
    (tmp_path / environment.KEY_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        environment.secret_key(tmp_path)
