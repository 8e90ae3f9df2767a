"""The file of a backup: what is written comes back, and no byte of it can change unseen."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.lib.errors import Invalid
from kakehashi.server.backup import database, file
from kakehashi.server.backup.file import ABOUT, KEY, MANIFEST, SEAL, Damaged, Writer, verify, walk

pytestmark = pytest.mark.once

STRANGE = "media/" + "ä" * 60 + "/" + b"\xff\xfe name".decode("utf-8", "surrogateescape")
FACTS: dict[str, Any] = {
    "kakehashi": "0.1.0",
    "database": {"kind": "sqlite", "unpacked": 3},
    "counts": {"comments": 1},
    "migrations": ["comments.0001_initial"],
}


def write(stream: io.BufferedIOBase, *, contents: dict[str, bytes] | None = None, **facts: Any) -> None:
    writer = Writer(stream, about={"kakehashi": "0.1.0", "database": "sqlite", "by": "command"})  # type: ignore[arg-type]
    members = {"database.sqlite3.gz": b"a database", KEY: b"a key\n", "media/a.jpg": b"", STRANGE: b"x" * 513}
    for name, content in (members if contents is None else contents).items():
        writer.add(name, [content[:100], content[100:]], modified_at=1_700_000_000)
    writer.finish({**FACTS, **facts})


@pytest.fixture(scope="module")
def whole() -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


@pytest.fixture
def check(tmp_path: Path) -> Callable[[bytes], dict[str, Any]]:
    """Verify these bytes as a file."""

    def verify_bytes(raw: bytes) -> dict[str, Any]:
        path = tmp_path / "b.tar"
        path.write_bytes(raw)
        return verify(path)

    return verify_bytes


def test_what_was_written_comes_back(whole: bytes, check: Callable[[bytes], dict[str, Any]]) -> None:
    manifest = check(whole)
    assert manifest["counts"] == {"comments": 1}
    assert set(manifest["members"]) == {ABOUT, "database.sqlite3.gz", KEY, "media/a.jpg", STRANGE}
    found = {member.name: b"".join(contents) for member, contents in walk(io.BytesIO(whole))}
    assert found[STRANGE] == b"x" * 513
    # And anybody's tar reads it.
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        assert tar.getnames() == list(found)
        assert {member.mode for member in tar} == {0o600}


def test_no_byte_can_change_unseen(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    path.write_bytes(whole)
    seen = 0
    with path.open("r+b") as stream:
        for place in range(len(whole)):
            stream.seek(place)
            stream.write(bytes([whole[place] ^ (1 << place % 8)]))
            stream.flush()
            with pytest.raises(Invalid):
                verify(path)
            stream.seek(place)
            stream.write(whole[place : place + 1])
            seen += 1
    assert seen == len(whole) > 6000
    verify(path)


@given(st.data())
def test_a_part_of_it_is_refused(data: st.DataObject) -> None:
    stream = io.BytesIO()
    write(stream)
    raw = stream.getvalue()
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    with pytest.raises(Damaged):
        list(walk(io.BytesIO(cut)))


@given(st.binary(max_size=2000))
def test_nonsense_is_refused(raw: bytes) -> None:
    with pytest.raises(Damaged):
        list(walk(io.BytesIO(raw)))
    stream = io.BytesIO()
    write(stream)
    with pytest.raises(Damaged):
        list(walk(io.BytesIO(stream.getvalue() + (raw or b"\0"))))


@pytest.mark.parametrize(
    ("contents", "facts", "sentence"),
    [
        ({KEY: b"k"}, {}, "holds no database"),
        ({"database.sqlite3.gz": b""}, {}, "does not say"),
        (None, {"migrations": [1]}, "does not say"),
        (None, {"counts": []}, "does not say"),
        (None, {"database": {"kind": "sqlite", "unpacked": "many"}}, "does not say"),
        (None, {"database": {"kind": "oracle"}}, "holds no database"),
    ],
)
def test_what_is_whole_but_no_backup_is_refused(
    check: Callable[[bytes], dict[str, Any]], contents: dict[str, bytes] | None, facts: dict[str, Any], sentence: str
) -> None:
    stream = io.BytesIO()
    write(stream, contents=contents, **facts)
    with pytest.raises(Damaged, match=sentence):
        check(stream.getvalue())


def test_a_newer_format_is_said_before_anything_else_is_read(
    check: Callable[[bytes], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.BytesIO()
    monkeypatch.setattr(file, "FORMAT", 2)
    Writer(stream, about={"kakehashi": "9.0", "database": "sqlite", "by": "command"}).add(KEY, [b"in another way"])
    monkeypatch.undo()
    with pytest.raises(Invalid, match=r"newer Kakehashi \(9.0\)"):
        check(stream.getvalue())


def rebuilt(change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> bytes:
    """The backup taken apart and put together by another tar, with a change."""
    stream = io.BytesIO()
    write(stream)
    with tarfile.open(fileobj=io.BytesIO(stream.getvalue())) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]  # type: ignore[union-attr]
    change(members)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="utf-8") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    raw = out.getvalue()
    # Another tar fills its last record with zeros.
    return raw[: len(raw.rstrip(b"\0")) + -len(raw.rstrip(b"\0")) % 512 + 1024]


def a_member(name: str, **changes: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info, bytes(info.size)


def test_putting_it_together_anew_changes_nothing(check: Callable[[bytes], dict[str, Any]]) -> None:
    assert check(rebuilt(lambda members: None))["counts"] == {"comments": 1}


@pytest.mark.parametrize(
    "extra",
    [
        a_member("media/../../etc/passwd"),
        a_member("media/./a"),
        a_member("/etc/passwd"),
        a_member("static/site.css"),
        a_member("media"),
        a_member("media//a"),
        a_member("media/link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        a_member("media/hard", type=tarfile.LNKTYPE, linkname=KEY),
        a_member("media/device", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        a_member("media/pipe", type=tarfile.FIFOTYPE),
        a_member("media/folder", type=tarfile.DIRTYPE),
        a_member("media/mine", uid=1000, uname="me"),
        a_member("media/programme", mode=0o4755),
        a_member("media/a.jpg", size=3),
        a_member("media/unnamed", size=3),
    ],
    ids=lambda extra: f"{extra[0].name}-{extra[0].type.decode()}",
)
def test_what_a_backup_does_not_hold_is_refused(
    check: Callable[[bytes], dict[str, Any]], extra: tuple[tarfile.TarInfo, bytes]
) -> None:
    with pytest.raises(Damaged):
        check(rebuilt(lambda members: members.insert(-2, extra)))


@pytest.mark.parametrize("name", [ABOUT, KEY, "media/a.jpg", MANIFEST, SEAL])
def test_a_missing_member_is_said(check: Callable[[bytes], dict[str, Any]], name: str) -> None:
    with pytest.raises(Damaged, match=r"missing|not where|cut off"):
        check(rebuilt(lambda members: members.remove(next(m for m in members if m[0].name == name))))


@pytest.mark.parametrize("size", [1 << 20, 1 << 40, -1, -(1 << 40)])
def test_an_absurd_size_is_refused(check: Callable[[bytes], dict[str, Any]], whole: bytes, size: int) -> None:
    info, _ = a_member("media/huge")
    info.size = size
    with pytest.raises(Damaged):
        check(info.tobuf(tarfile.GNU_FORMAT) + whole)
    start = len(whole) - 1024
    with pytest.raises(Damaged, match=r"cut off|no backup holds"):
        check(whole[:start] + info.tobuf(tarfile.GNU_FORMAT) + whole[start:])


def test_a_long_story_where_a_short_one_belongs_is_refused(check: Callable[[bytes], dict[str, Any]]) -> None:
    stream = io.BytesIO()
    Writer(stream, about={"kakehashi": "x" * (1 << 17)})
    with pytest.raises(Damaged, match="absurdly large"):
        check(stream.getvalue() + bytes(1024))


@given(st.binary(max_size=5000), st.integers(1, 3000))
def test_a_database_unpacks_to_what_was_packed(raw: bytes, step: int) -> None:
    packed = b"".join(packed_bytes(raw))
    pieces = [packed[at : at + step] for at in range(0, len(packed), step)]
    assert b"".join(database.unpacked(iter(pieces), size=len(raw))) == raw
    for wrong in (len(raw) + 1, len(raw) - 1):
        with pytest.raises(Damaged, match=r"larger|shorter"):
            list(database.unpacked(iter(pieces), size=wrong))


def packed_bytes(raw: bytes) -> list[bytes]:
    with tempfile.NamedTemporaryFile() as stream:
        stream.write(raw)
        stream.flush()
        return list(database.compressed(Path(stream.name)))


def test_a_bomb_is_stopped_at_the_size_named(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb"
    bomb.write_bytes(bytes(50_000_000))
    packed = list(database.compressed(bomb))
    assert sum(map(len, packed)) < 1_000_000
    with pytest.raises(Damaged, match="larger"):
        next(database.unpacked(iter(packed), size=1000))


def test_the_manifest_names_sizes_and_checksums(whole: bytes, check: Callable[[bytes], dict[str, Any]]) -> None:
    named = check(whole)["members"][STRANGE]
    assert named == {"size": 513, "sha256": hashlib.sha256(b"x" * 513).hexdigest()}
