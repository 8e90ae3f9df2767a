"""The tables of a new site, made once: as a file of SQLite for each state of the migrations, as a database of each cluster of
PostgreSQL. Making them takes longer than most files of tests. Whatever uses a copy runs `migrate` on it as ever, which then
finds little to do."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
KEPT = ROOT / ".pytest_cache" / "migrated"
IMPORTED = re.compile(r"^\s*(?:from|import) (kakehashi[\w.]*)(?: import (\w+))?", re.MULTILINE)


def migrated_file() -> Path:
    """The file, made now if need be; several processes that want it wait for the first of them."""
    KEPT.mkdir(parents=True, exist_ok=True)
    file = KEPT / f"{_digest()}.sqlite3"
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            for old in KEPT.glob("*.sqlite3"):
                old.unlink()
            _make(file)
    return file


def migrated_database(server: str) -> str:
    """Its name in the cluster at `server` (an address without a database); new databases take it as their template."""
    name = "migrated"
    KEPT.mkdir(parents=True, exist_ok=True)
    with (
        (KEPT / "lock-postgresql").open("w") as lock,
        psycopg.connect(f"{server}/postgres", autocommit=True) as connection,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute("DROP DATABASE IF EXISTS migrating WITH (FORCE)")
            connection.execute("CREATE DATABASE migrating")
            with tempfile.TemporaryDirectory(dir=KEPT) as directory:
                _migrate(Path(directory), f"{server}/migrating")
            connection.execute(f"ALTER DATABASE migrating RENAME TO {name}")
    return name


def fill(empty: sqlite3.Connection) -> None:
    """Copy the tables into a database that has none."""
    with contextlib.closing(sqlite3.connect(f"file:{migrated_file()}?mode=ro", uri=True)) as tables:
        tables.backup(empty)


def _make(file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=KEPT) as directory:
        _migrate(Path(directory), "")
        made = Path(directory) / "kakehashi.sqlite3"
        with contextlib.closing(sqlite3.connect(made)) as tables:
            # A database in memory cannot have a write-ahead log, and a copy would say that it has one.
            tables.execute("PRAGMA journal_mode = DELETE")
        made.rename(file)


def _migrate(data: Path, url: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAKEHASHI_", "DJANGO_"))}
    mine = {"KAKEHASHI_DATA": str(data), "KAKEHASHI_SECRET_KEY": "migrated", "DATABASE_URL": url}
    command = [sys.executable, "-m", "kakehashi.server.cli", "manage", "migrate", "--verbosity", "0"]
    subprocess.run(command, env={**kept, **mine}, check=True)


def _digest() -> str:
    """Of all that says what the tables are: our migrations with what they import, and the versions of all others."""
    digest = hashlib.sha256(sys.version.encode())
    digest.update((ROOT / "constraints.txt").read_bytes())
    for file in sorted(set(_sources())):
        digest.update(f"\n{file.relative_to(SOURCE)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:20]


def _sources() -> Iterator[Path]:
    for migration in SOURCE.glob("kakehashi/*/migrations/*.py"):
        yield migration
        for module, name in IMPORTED.findall(migration.read_text(encoding="utf-8")):
            for dotted in (module, f"{module}.{name}"):
                file = SOURCE / f"{dotted.replace('.', '/')}.py"
                if file.is_file():
                    yield file
