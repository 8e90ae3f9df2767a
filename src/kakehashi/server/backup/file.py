"""The file itself. A tar of plain files that anybody's `tar` unpacks, written so that each of its bytes can be checked.

    about.json        {"format", "kakehashi", "database", "by"}: enough to refuse it by name
    database.sqlite3.gz, or database.dump (PostgreSQL's custom format)
    secret-key
    media/…  mail/…
    manifest.json     what is inside and from when; each member's size and SHA-256
    manifest.sha256

A header is accepted only where it is, byte for byte, the one that this module would have written: so there are no
links, devices, owners or other people's extensions in it, and no bit of it can have turned over unseen.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from kakehashi.lib.errors import Invalid

FORMAT = 1
ABOUT, MANIFEST, SEAL, KEY = "about.json", "manifest.json", "manifest.sha256", "secret-key"
DATABASES = {"sqlite": "database.sqlite3.gz", "postgresql": "database.dump"}
FOLDERS = ("media", "mail")
CHUNK = 1 << 20
BLOCK = 512
LONGEST_NAME = 4096
# Of what is read into memory.
LARGEST = {ABOUT: 1 << 16, SEAL: 1 << 10, MANIFEST: 1 << 29}

# (what is being done, bytes or things done, of how many)
Progress = Callable[[str, int, int], None]


class Damaged(Invalid):
    """The file is not as it was written, or was never a backup."""


@dataclass(frozen=True)
class Member:
    """One file inside; `modified_at` in whole seconds since 1970."""

    name: str
    size: int
    modified_at: int
    sha256: str = ""


def _header(name: str, size: int, modified_at: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, modified_at, 0o600
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> int:
    return -size % BLOCK


class Writer:
    """Writes members one after another into a seekable stream; `finish` makes it a backup."""

    def __init__(self, stream: BinaryIO, *, about: dict[str, Any]) -> None:
        self._stream = stream
        self.members: list[Member] = []
        self.add(ABOUT, [_json({"format": FORMAT, **about})])

    def add(self, name: str, chunks: Iterable[bytes], *, modified_at: int = 0) -> Member:
        """Write `chunks` for as long as they come: size and checksum are those of what was written."""
        modified_at = max(0, modified_at)
        start, size, digest = self._stream.tell(), 0, hashlib.sha256()
        self._stream.write(_header(name, 0, modified_at))
        for chunk in chunks:
            self._stream.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        self._stream.write(bytes(_padding(size)))
        self._stream.seek(start)
        self._stream.write(_header(name, size, modified_at))
        self._stream.seek(0, 2)
        member = Member(name, size, modified_at, digest.hexdigest())
        self.members.append(member)
        return member

    def finish(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest: `facts` and the members; returns it."""
        members = {member.name: {"size": member.size, "sha256": member.sha256} for member in self.members}
        manifest = {"format": FORMAT, **facts, "members": members}
        written = self.add(MANIFEST, [_json(manifest)])
        self.add(SEAL, [f"{written.sha256}  {MANIFEST}\n".encode()])
        self._stream.write(bytes(2 * BLOCK))
        return manifest


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def walk(stream: BinaryIO) -> Iterator[tuple[Member, Iterator[bytes]]]:
    """Each member with its contents, in the order of the file; `stream` is read from where it stands to its very end.

    Raises `Damaged` at the first byte that is not as `Writer` would have written it.
    """
    start = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(start)
    while (member := _next_member(stream)) is not None:
        if member.size > end - stream.tell():
            raise Damaged(f"It ends in the middle of {member.name}: it was cut off.")
        contents = _contents(stream, member.size)
        yield member, contents
        for _ in contents:
            pass
        if any(_exactly(stream, _padding(member.size))):
            raise Damaged(f"There is something between its members, after {member.name}.")
    if any(_exactly(stream, BLOCK)) or stream.read(1):
        raise Damaged("There is something after its end.")


def _next_member(stream: BinaryIO) -> Member | None:
    raw = _exactly(stream, BLOCK)
    if not any(raw):
        return None
    try:
        info = tarfile.TarInfo.frombuf(raw, "utf-8", "surrogateescape")
        if info.type == tarfile.GNUTYPE_LONGNAME and 0 < info.size <= LONGEST_NAME:
            name = _exactly(stream, info.size + _padding(info.size))
            last = _exactly(stream, BLOCK)
            raw += name + last
            info = tarfile.TarInfo.frombuf(last, "utf-8", "surrogateescape")
            info.name = name[: name.index(0)].decode("utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise Damaged(f"It is no backup of Kakehashi, or damaged at byte {stream.tell() - BLOCK:,}.") from error
    member = Member(info.name, info.size, int(info.mtime))
    if member.size < 0 or member.modified_at < 0 or not is_allowed(member.name):
        raise Damaged(f"It holds something that no backup holds: {member.name[:80]!r}.")
    if _header(member.name, member.size, member.modified_at) != raw:
        raise Damaged(f"It holds something else than plain files: {member.name[:80]!r}.")
    return member


def is_allowed(name: str) -> bool:
    """Whether a member may have this name: nothing that leads out of its folder."""
    if name in {ABOUT, MANIFEST, SEAL, KEY, *DATABASES.values()}:
        return True
    folder, *parts = name.split("/")
    return folder in FOLDERS and bool(parts) and "\0" not in name and not {"", ".", ".."}.intersection(parts)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise Damaged("It ends too early: it was cut off.")
    return found


def _contents(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size:
        chunk = _exactly(stream, min(size, CHUNK))
        size -= len(chunk)
        yield chunk


def read_about(path: Path) -> dict[str, Any]:
    """The first member alone: cheap. Raises `Damaged`, or `Invalid` for a format newer than this version knows."""
    with path.open("rb") as stream:
        for member, contents in walk(stream):
            if member.name == ABOUT:
                return _about(member, b"".join(_bounded(member, contents)))
            break
    raise Damaged("It is no backup of Kakehashi.")


def _bounded(member: Member, contents: Iterator[bytes]) -> Iterator[bytes]:
    if member.size > LARGEST[member.name]:
        raise Damaged(f"Its {member.name} is absurdly large.")
    return contents


def _about(member: Member, raw: bytes) -> dict[str, Any]:
    about = _parsed(member.name, raw)
    if not isinstance(about.get("format"), int):
        raise Damaged("It does not say in which format it is.")
    if about["format"] > FORMAT:
        raise Invalid(
            f"It was made by a newer Kakehashi ({about.get('kakehashi', '?')}), in format {about['format']}; this one "
            f"knows format {FORMAT}. Upgrade first.",
            code="newer",
        )
    return about


def _parsed(name: str, raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise Damaged(f"Its {name} cannot be read.") from error
    if not isinstance(value, dict):
        raise Damaged(f"Its {name} cannot be read.")
    return value


def verify(path: Path, *, progress: Progress | None = None) -> dict[str, Any]:
    """Read every byte and return the manifest. Raises `Damaged` with a sentence that says what is wrong, or `Invalid`
    for a newer format; `OSError` where it cannot be read."""
    found: dict[str, Member] = {}
    kept: dict[str, bytes] = {}
    size = path.stat().st_size
    with path.open("rb") as stream:
        for member, contents in walk(stream):
            if member.name in found or (not found and member.name != ABOUT):
                raise Damaged(f"{member.name} is not where a backup has it.")
            digest = hashlib.sha256()
            pieces: list[bytes] = []
            for chunk in _bounded(member, contents) if member.name in LARGEST else contents:
                digest.update(chunk)
                if member.name in LARGEST:
                    pieces.append(chunk)
                if progress:
                    progress("Checking the file", stream.tell(), size)
            found[member.name] = Member(member.name, member.size, member.modified_at, digest.hexdigest())
            if pieces:
                kept[member.name] = b"".join(pieces)
            if member.name == ABOUT:
                _about(member, kept.get(ABOUT, b""))
    return _compared(found, kept)


def _compared(found: dict[str, Member], kept: dict[str, bytes]) -> dict[str, Any]:
    if MANIFEST not in found or SEAL not in found:
        raise Damaged("Its end is missing: it was cut off, or is damaged.")
    if kept.get(SEAL, b"") != f"{found[MANIFEST].sha256}  {MANIFEST}\n".encode():
        raise Damaged("Its manifest does not have the checksum that was written beside it.")
    manifest = _parsed(MANIFEST, kept[MANIFEST])
    members = manifest.get("members")
    if not isinstance(members, dict):
        raise Damaged("Its manifest names no members.")
    for name, member in found.items():
        if name in {MANIFEST, SEAL}:
            continue
        if members.get(name) != {"size": member.size, "sha256": member.sha256}:
            raise Damaged(f"{name} is not what its manifest says.")
    for name in members:
        if name not in found:
            raise Damaged(f"{name} is missing.")
    return _shaped(manifest)


def _shaped(manifest: dict[str, Any]) -> dict[str, Any]:
    """What those who read the manifest rely on."""
    database, counts, steps = (manifest.get(name) for name in ("database", "counts", "migrations"))
    if not isinstance(database, dict) or DATABASES.get(str(database.get("kind"))) not in manifest["members"]:
        raise Damaged("It holds no database.")
    is_whole = (
        isinstance(counts, dict)
        and isinstance(steps, list)
        and all(isinstance(step, str) for step in steps)
        and isinstance(manifest.get("kakehashi"), str)
        and isinstance(database.get("unpacked", 0), int)
        and KEY in manifest["members"]
    )
    if not is_whole:
        raise Damaged("Its manifest does not say what a manifest says.")
    return manifest
