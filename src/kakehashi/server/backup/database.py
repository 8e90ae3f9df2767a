"""Taking a database along while it is being written to, and bringing it back. Passwords travel in the environment only."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection

from kakehashi.lib.errors import Invalid
from kakehashi.server.backup.file import CHUNK, Damaged, Progress

PAGES = 2000
# A database of text is a third as large after this; more effort gains little.
EFFORT = 4
DEBIAN_PROGRAMS = "/usr/lib/postgresql"

Execute = Callable[[str], list[tuple[Any, ...]]]


def kind() -> str:
    """`sqlite` or `postgresql`."""
    return connection.vendor


def facts(execute: Execute) -> dict[str, Any]:
    """What the copy holds: rows of the main tables that it has, and the migrations that it has seen."""
    return {
        "counts": {name: execute(f"SELECT count(*) FROM {table}")[0][0] for name, table in _main_tables(execute)},  # noqa: S608
        "migrations": [f"{app}.{name}" for app, name in execute("SELECT app, name FROM django_migrations ORDER BY id")],
    }


def _main_tables(execute: Execute) -> list[tuple[str, str]]:
    from wagtail.images import get_image_model

    from kakehashi.comments.models import Comment, Thread, Vote
    from kakehashi.readers.models import Reader
    from kakehashi.stories.models import StoryPage

    models = {
        "stories": StoryPage,
        "members": Reader,
        "threads": Thread,
        "comments": Comment,
        "votes": Vote,
        "pictures": get_image_model(),
    }
    there = {row[0] for row in execute(_TABLES[kind()])}
    return [(name, model._meta.db_table) for name, model in models.items() if model._meta.db_table in there]


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))",
}

# SQLite -------------------------------------------------------------------------------------------------------------


def sqlite_file() -> Path:
    return Path(str(settings.DATABASES["default"]["NAME"]))


def copy_sqlite(target: Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """Copy the database as it is at this moment into the file `target`; readers and writers go on. Returns its facts.

    Raises `Invalid` where the copy is not sound, for then the database is not.
    """
    # Writers would make the copy begin again and again, but for the transaction that holds on to one moment.
    source = sqlite3.connect(sqlite_file(), timeout=60, isolation_level=None)
    copy = sqlite3.connect(target, isolation_level=None)
    try:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def say(_status: int, remaining: int, total: int) -> None:
            if progress:
                progress("Copying the database", total - remaining, total)

        source.backup(copy, pages=PAGES, progress=say)
        copy.execute("PRAGMA journal_mode=DELETE")
        return {"version": sqlite3.sqlite_version, **_sound(copy, "quick_check", progress)}
    finally:
        copy.close()
        source.close()


def _sound(copy: sqlite3.Connection, check: str, progress: Progress | None) -> dict[str, Any]:
    if progress:
        progress("Checking the database", 0, 0)
    found = copy.execute(f"PRAGMA {check}(1)").fetchone()[0]
    if found != "ok":
        raise Invalid(f"The database is damaged: {found}", code="database-damaged")
    return facts(lambda sql: copy.execute(sql).fetchall())


def compressed(file: Path, *, progress: Progress | None = None) -> Iterator[bytes]:
    """The file in gzip's format."""
    total, done = file.stat().st_size, 0
    packer = zlib.compressobj(EFFORT, zlib.DEFLATED, 31)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            done += len(chunk)
            yield packer.compress(chunk)
            if progress:
                progress("Packing the database", done, total)
    yield packer.flush()


def unpacked(chunks: Iterator[bytes], *, size: int) -> Iterator[bytes]:
    """What was `compressed`, which must be `size` bytes. Raises `Damaged`."""
    unpacker = zlib.decompressobj(31)
    left = size
    try:
        for chunk in chunks:
            rest = chunk
            while piece := unpacker.decompress(rest, CHUNK):
                rest = unpacker.unconsumed_tail
                left -= len(piece)
                if left < 0:
                    raise Damaged("Its database is larger than its manifest says.")
                yield piece
    except zlib.error as error:
        raise Damaged(f"Its database cannot be unpacked: {error}.") from error
    if left or not unpacker.eof:
        raise Damaged("Its database is shorter than its manifest says.")


def check_sqlite(file: Path, manifest: dict[str, Any], *, progress: Progress | None = None) -> None:
    """Raise `Invalid` unless the database in `file` is sound and holds what the manifest counted."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as copy:
        compare(_sound(copy, "integrity_check", progress), manifest)


def compare(found: dict[str, Any], manifest: dict[str, Any]) -> None:
    for name, count in manifest["counts"].items():
        if found["counts"].get(name) != count:
            raise Damaged(f"Its database holds {found['counts'].get(name)} {name}; its manifest says {count}.")


# PostgreSQL ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgresql_moment() -> Iterator[tuple[str, dict[str, Any]]]:
    """(name of a snapshot for pg_dump, facts of that very moment); it can be used until the block ends."""
    with connection.cursor() as cursor:

        def execute(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            [(snapshot,)] = execute("SELECT pg_export_snapshot()")
            [(version,)] = execute("SHOW server_version")
            yield snapshot, {"version": version, **facts(execute)}
        finally:
            cursor.execute("ROLLBACK")


def dump(snapshot: str, *, progress: Progress | None = None) -> Iterator[bytes]:
    """The database at that snapshot in pg_dump's custom format. Raises `Invalid` with pg_dump's own words."""
    program = _program("pg_dump")
    options = ["--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--snapshot={snapshot}"]
    done = 0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603
            [str(program), *options],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        try:
            assert process.stdout is not None
            while chunk := process.stdout.read(CHUNK):
                done += len(chunk)
                yield chunk
                if progress:
                    progress("Copying the database", done, 0)
            if process.wait():
                raise Invalid(f"pg_dump failed: {_last_words(errors)}", code="pg-dump")
        finally:
            _end(process)


def restore_dump(file: Path) -> None:
    """Bring a dump into the empty database, all of it or nothing. Raises `Invalid` with pg_restore's own words."""
    program = _program("pg_restore")
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
    # Without a name it would print; this name says that all is in the environment.
    command = [str(program), *options, "--dbname=", str(file)]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=_environment(), stdin=subprocess.DEVNULL, stderr=errors)  # noqa: S603
        try:
            if process.wait():
                raise Invalid(f"pg_restore failed: {_last_words(errors)}", code="pg-restore")
        finally:
            _end(process)


def check_postgresql(manifest: dict[str, Any]) -> None:
    with connection.cursor() as cursor:

        def execute(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall())

        compare(facts(execute), manifest)


def require_empty_postgresql() -> None:
    """Raise `Invalid` where the database holds any table of anybody's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND c.relkind IN ('r','p','v','m','S')"
            " AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1 LIMIT 1"
        )
        row = cursor.fetchone()
    if row is not None:
        name = settings.DATABASES["default"]["NAME"]
        raise Invalid(
            f"The database {name} is not empty: it holds {row[0]}. Make a new one (createdb).", code="not-empty"
        )


def _program(name: str) -> Path:
    """PostgreSQL's program of the server's version or, failing that, the next later one."""
    connection.ensure_connection()
    server = connection.pg_version // 10000  # type: ignore[attr-defined]
    found: dict[int, Path] = {}
    on_path = shutil.which(name)
    for file in [*Path(DEBIAN_PROGRAMS).glob(f"*/bin/{name}"), *([Path(on_path)] if on_path else [])]:
        version = _version(file)
        if version is not None:
            found[version] = file
    fitting = [version for version in sorted(found) if version >= server]
    if fitting:
        return found[fitting[0]]
    package = f"postgresql-client-{server}"
    if not found:
        raise Invalid(
            f"{name} is missing; PostgreSQL's client programs bring it: install {package}.", code="no-program"
        )
    newest = max(found)
    raise Invalid(
        f"{found[newest]} is of version {newest}, and the server of version {server}: install {package}.",
        code="old-program",
    )


def _version(program: Path) -> int | None:
    """The major version; None for what cannot be run."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        ask = [str(program), "--version"]
        said = subprocess.run(ask, capture_output=True, text=True, timeout=20, check=False).stdout  # noqa: S603
        if number := re.search(r"(\d+)[.\d]*", said):
            return int(number[1])
    return None


_VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def _environment() -> dict[str, str]:
    """What PostgreSQL's programs need to find the database, where nobody who lists processes reads it."""
    database = settings.DATABASES["default"]
    wanted = {
        "PGHOST": database.get("HOST"),
        "PGPORT": database.get("PORT"),
        "PGUSER": database.get("USER"),
        "PGPASSWORD": database.get("PASSWORD"),
        "PGDATABASE": connection.settings_dict["NAME"],
        **{variable: database.get("OPTIONS", {}).get(option) for option, variable in _VARIABLES.items()},
    }
    mine = {name: str(value) for name, value in wanted.items() if value}
    return {**os.environ, "LC_MESSAGES": "C", "PGCONNECT_TIMEOUT": "10", **mine}


def _last_words(errors: BinaryIO) -> str:
    errors.seek(0)
    lines = [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line]
    return re.sub(r"^\S+: (error: )?", "", (telling or lines or ["it did not say why"])[0])[:400]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is None:
        process.kill()
        process.wait()
