"""Making a backup of a running site: nobody waits for it, and no file is there unless it is whole."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from kakehashi import __version__
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.server.backup import database
from kakehashi.server.backup.file import CHUNK, DATABASES, KEY, Progress, Writer, verify

PARTIAL, COPY = ".partial", ".partial-database"


@dataclass
class Made:
    """A backup that was written, read again and found whole. `left_out`: what is in the folders but no plain file."""

    file: str
    size: int
    kakehashi: str
    made_at: str
    database: str
    counts: dict[str, int]
    files: int
    media: str
    left_out: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"ok": True, **asdict(self)}


def make_backup(
    *,
    file: Path,
    is_forced: bool = False,
    by: str = "command",
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Made:
    """Write a backup of the site to `file`, readable by its owner alone: it holds the secret key.

    The database is as it was at one moment; media are those that are there a little later, so none that the database
    names is missed. Raises `Conflict` where `file` is there (unless `is_forced`) or somebody is writing it,
    `NotFound` where its directory is not, `Invalid` where the database cannot be taken along, `OSError` where the file
    cannot be written; then there is no file, or the one that was there before.
    """
    file = Path(os.path.abspath(file))
    _require_free(file, is_forced=is_forced)
    partial, copy = file.with_name(file.name + PARTIAL), file.with_name(file.name + COPY)
    with _alone(partial) as stream:
        try:
            made = _write(stream, copy, file=file, by=by, now=now or timezone.now(), progress=progress)
            os.fsync(stream.fileno())
            verify(partial, progress=progress)
            _require_free(file, is_forced=is_forced)
            os.replace(partial, file)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        finally:
            copy.unlink(missing_ok=True)
            # SQLite's own, where the disk was full before the copy had its first page.
            copy.with_name(copy.name + "-journal").unlink(missing_ok=True)
    _keep_name(file.parent)
    return made


def _require_free(file: Path, *, is_forced: bool) -> None:
    if not file.parent.is_dir():
        raise NotFound(f"There is no directory {file.parent}.")
    if file.is_dir():
        raise Conflict(f"{file} is a directory: name a file.")
    if Path(settings.MEDIA_ROOT).resolve() in file.resolve().parents:
        raise Invalid(f"{file} is among the pictures that everybody can fetch: name another place.")
    if file.exists() and not is_forced:
        raise Conflict(f"{file} is there already; --force writes over it.")


class _alone:  # noqa: N801
    """The partial file, open, empty, ours: of two who write to one place the second is refused."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> BinaryIO:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        self.stream = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.stream.close()
            raise Conflict(f"Somebody is writing {self.path} just now.") from error
        os.fchmod(descriptor, 0o600)
        self.stream.truncate(0)
        return self.stream

    def __exit__(self, *_: object) -> None:
        # Closing writes what is still held back; on a full disk that fails once more, and has been said.
        with suppress(OSError):
            self.stream.close()


def _keep_name(directory: Path) -> None:
    """The new name is on disk, not only the file."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(stream: BinaryIO, copy: Path, *, file: Path, by: str, now: datetime, progress: Progress | None) -> Made:
    kind = database.kind()
    writer = Writer(stream, about={"kakehashi": __version__, "database": kind, "by": by})
    facts = _add_sqlite(writer, copy, progress) if kind == "sqlite" else _add_postgresql(writer, progress)
    writer.add(KEY, [f"{settings.SECRET_KEY}\n".encode()])
    has_media = isinstance(default_storage, FileSystemStorage)
    left_out: list[str] = []
    folders = {"media": Path(settings.MEDIA_ROOT)} if has_media else {}
    before = len(writer.members)
    for name, folder in (folders | {"mail": Path(settings.EMAIL_FILE_PATH)}).items():
        _add_folder(writer, name, folder, left_out, progress)
    counts, migrations = facts.pop("counts"), facts.pop("migrations")
    media = "included" if has_media else "in their bucket"
    said = {"kakehashi": __version__, "made_at": now.isoformat(), "by": by, "media": media, "left_out": left_out}
    manifest = writer.finish({**said, "database": {"kind": kind, **facts}, "counts": counts, "migrations": migrations})
    stream.flush()
    return Made(
        file=str(file),
        size=stream.tell(),
        kakehashi=__version__,
        made_at=manifest["made_at"],
        database=kind,
        counts=counts,
        files=sum("/" in member.name for member in writer.members[before:]),
        media=media,
        left_out=left_out,
    )


def _add_sqlite(writer: Writer, copy: Path, progress: Progress | None) -> dict[str, Any]:
    copy.unlink(missing_ok=True)
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    facts = database.copy_sqlite(copy, progress=progress)
    facts["unpacked"] = copy.stat().st_size
    writer.add(DATABASES["sqlite"], database.compressed(copy, progress=progress))
    copy.unlink()
    return facts


def _add_postgresql(writer: Writer, progress: Progress | None) -> dict[str, Any]:
    with database.postgresql_moment() as (snapshot, facts):
        writer.add(DATABASES["postgresql"], database.dump(snapshot, progress=progress))
    return facts


def _add_folder(writer: Writer, name: str, folder: Path, left_out: list[str], progress: Progress | None) -> None:
    """Every plain file below `folder`; one that vanishes meanwhile is not missed, one that grows is cut."""
    done = 0
    for path, inside in plain_files(folder, left_out, name):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        with os.fdopen(descriptor, "rb") as stream:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode):
                writer.add(f"{name}/{inside}", _at_most(stream, found.st_size), modified_at=int(found.st_mtime))
        done += 1
        if progress:
            progress(f"Taking {name} along", done, 0)


def _at_most(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (chunk := stream.read(min(size, CHUNK))):
        size -= len(chunk)
        yield chunk


def plain_files(folder: Path, left_out: list[str], name: str) -> Iterator[tuple[str, str]]:
    """(path, path below `folder`), in order; anything but files and directories is noted as left out."""
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            entries = sorted(os.scandir(folder / below), key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        for entry in entries:
            inside = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(inside)
            elif entry.is_file(follow_symlinks=False):
                yield entry.path, inside
            else:
                left_out.append(f"{name}/{inside}")


def size_in_words(size: int) -> str:
    """Like 12.3 MB."""
    amount, unit = float(size), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{size} bytes" if unit == "bytes" else f"{amount:.1f} {unit}"
