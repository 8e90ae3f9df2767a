"""From a backup to a site, in a place that is empty: all of it, or the place stays as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from kakehashi import __version__
from kakehashi.lib.errors import Conflict, Invalid
from kakehashi.server.backup import database
from kakehashi.server.backup.file import DATABASES, KEY, Damaged, Member, Progress, verify, walk
from kakehashi.server.backup.making import size_in_words
from kakehashi.server.environment import KEY_FILE

STAGE = ".restoring"
# What may be in a place that counts as empty: a new disk has the second.
NOTHING = {STAGE, "lost+found"}


def examine(file: Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """Read every byte of the backup and return its manifest.

    Raises `Damaged` where anything is not as it was written, `Invalid` where it was made by a newer version, each with
    a sentence that begins with the file's name; `OSError` where it cannot be read.
    """
    try:
        manifest = verify(file, progress=progress)
        unknown = _unknown_migrations(manifest.get("migrations", []))
        if unknown:
            raise Invalid(
                f"It was made by a newer Kakehashi ({manifest['kakehashi']}, this is {__version__}): its database has "
                f"taken steps that this version does not know, like {unknown[0]}. Upgrade first.",
                code="newer",
            )
    except Invalid as error:
        raise type(error)(f"{file}: {error}", code=error.code) from error
    return manifest


def _unknown_migrations(taken: list[str]) -> list[str]:
    """Steps of applications that we have and whose step we do not know. One that several were pressed into counts as them."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations}
    known |= {f"{app}.{name}" for migration in loader.disk_migrations.values() for app, name in migration.replaces}
    return [step for step in taken if step not in known and step.partition(".")[0] in loader.migrated_apps]


def require_empty_place() -> None:
    """Raise `Conflict` or `Invalid` unless there is nothing yet where the site is to be."""
    data = Path(settings.DATA)
    if data.exists() and not data.is_dir():
        raise Conflict(f"{data} is not a directory.")
    there = sorted(set(os.listdir(data)) - NOTHING) if data.is_dir() else []
    if there:
        raise Conflict(f"{data} is not empty: it holds {there[0]}. A backup is restored into an empty place.")
    media = Path(settings.MEDIA_ROOT)
    if media.is_dir() and any(media.iterdir()):
        raise Conflict(f"{media} is not empty. A backup is restored into an empty place.")
    if database.kind() == "postgresql":
        database.require_empty_postgresql()
    elif database.sqlite_file().exists():
        raise Conflict(f"{database.sqlite_file()} is there already. A backup is restored into an empty place.")


def restore(*, file: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Bring the site back as it was; returns the manifest. Static files and newer tables are for `kakehashi init`.

    Raises `Conflict` (the place is not empty), `Damaged` or `Invalid` (see `examine`; another kind of database; no
    room) or `OSError`; then the place is as it was before.
    """
    require_empty_place()
    manifest = examine(file, progress=progress)
    kind = manifest["database"]["kind"]
    if kind != database.kind():
        named = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise Invalid(
            f"{file}: It holds a database of {named[kind]}, and DATABASE_URL names one of {named[database.kind()]}.",
            code="other-database",
        )
    has_media = any(name.startswith("media/") for name in manifest["members"])
    if has_media and not isinstance(default_storage, FileSystemStorage):
        raise Invalid(
            f"{file}: It holds media, and KAKEHASHI_MEDIA_STORAGE names a bucket. Restore with `local`, then copy them.",
            code="other-storage",
        )
    data = Path(settings.DATA)
    made = [directory for directory in (data, *data.parents) if not directory.exists()]
    stage = data / STAGE
    moved: list[Path] = []
    try:
        _begin(stage)
        _require_room(stage, manifest)
        _unpack(file, stage, manifest, progress)
        if kind == "sqlite":
            database.check_sqlite(stage / DATABASES[kind], manifest, progress=progress)
        _move(stage, moved)
        if kind == "postgresql":
            # Last, for it is all or nothing, and cannot be taken back afterwards.
            _restore_dump(stage, manifest, progress)
        shutil.rmtree(stage)
        os.sync()
    except BaseException:
        for path in [*moved, stage]:
            _remove(path)
        for directory in made:
            with suppress(OSError):
                directory.rmdir()
        raise
    return manifest


def _begin(stage: Path) -> None:
    """An empty directory of our own; one that a killed restore left behind is cleared."""
    stage.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)


def _require_room(stage: Path, manifest: dict[str, Any]) -> None:
    needed = sum(member["size"] for member in manifest["members"].values())
    needed += manifest["database"].get("unpacked", 0)
    free = shutil.disk_usage(stage).free
    if needed > free:
        raise Invalid(
            f"There is not enough room in {stage.parent}: {size_in_words(needed)} are needed, {size_in_words(free)} are "
            "free.",
            code="no-room",
        )


def _unpack(file: Path, stage: Path, manifest: dict[str, Any], progress: Progress | None) -> None:
    """Every member into `stage`, checked once more while it is written: the file may have changed since it was examined."""
    total, done = file.stat().st_size, 0
    with file.open("rb") as stream:
        for member, contents in walk(stream):
            if member.name not in manifest["members"]:
                continue
            digest = hashlib.sha256()
            chunks = _counted(contents, digest)
            if member.name == DATABASES["sqlite"]:
                chunks = database.unpacked(chunks, size=int(manifest["database"]["unpacked"]))
            _write(stage, member, chunks)
            if digest.hexdigest() != manifest["members"][member.name]["sha256"]:
                raise Damaged(f"{file}: {member.name} changed while it was read.")
            done += 1
            if progress:
                progress("Unpacking", stream.tell(), total)


def _counted(contents: Iterator[bytes], digest: Any) -> Iterator[bytes]:
    for chunk in contents:
        digest.update(chunk)
        yield chunk


def _write(stage: Path, member: Member, chunks: Iterator[bytes]) -> None:
    path = os.path.join(stage, member.name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # A web server in front may read pictures by itself; the rest is the owner's.
    mode = 0o644 if member.name.startswith("media/") else 0o600
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
    if member.modified_at:
        os.utime(path, (member.modified_at, member.modified_at))


def _restore_dump(stage: Path, manifest: dict[str, Any], progress: Progress | None) -> None:
    if progress:
        progress("Bringing the database back", 0, 0)
    database.restore_dump(stage / DATABASES["postgresql"])
    database.check_postgresql(manifest)


def _move(stage: Path, moved: list[Path]) -> None:
    """From the stage to their places; `moved` grows with what stands there."""
    data = Path(settings.DATA)
    places = {KEY: data / KEY_FILE, "mail": Path(settings.EMAIL_FILE_PATH)}
    if isinstance(default_storage, FileSystemStorage):
        places["media"] = Path(settings.MEDIA_ROOT)
    if database.kind() == "sqlite":
        places[DATABASES["sqlite"]] = database.sqlite_file()
    for name, place in places.items():
        if not (stage / name).exists():
            continue
        if place.is_dir():
            place.rmdir()
        moved.append(place)
        shutil.move(stage / name, place)


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
