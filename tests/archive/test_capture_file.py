"""Bad files, named: each is refused with a sentence, or read with a remark."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kakehashi.archive.capture import parse_capture
from kakehashi.archive.capture.file import MAX_BYTES, MAX_LINES, capture_from_bytes, read_capture_file
from kakehashi.lib.errors import Invalid

pytestmark = pytest.mark.once

TEXT = "Bells ring\n\nÜber the harbour – “at noon”.\n\n© WIRE\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary"),
        (b"%PDF-1.7\n%text", "binary"),
        (b"\x00\x01\x02\x03" * 64, "binary"),
        (bytes(range(256)) * 8, "binary"),
        (b"\xff\xfe\x00", "binary"),
        (b"\x07" * 50 + b"some text", "binary"),
        (b"<!DOCTYPE html><p>Bells", "html"),
        (b"a\n" * (MAX_LINES + 2), "too-many-lines"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        capture_from_bytes(data, name="page.txt")
    assert refused.value.code == code
    assert "page.txt" in refused.value.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_or_without_a_mark_is_read_as_it_is(encoding: str) -> None:
    found = capture_from_bytes(TEXT.encode(encoding), name="page.txt")
    assert (found.text, found.encoding_note) == (TEXT, "")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised_and_said(encoding: str) -> None:
    found = capture_from_bytes(TEXT.encode(encoding), name="page.txt")
    assert found.text == TEXT
    assert "UTF-16" in found.encoding_note


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("cp1252", TEXT), ("cp932", "鐘が港に鳴る。\n鐘は二つの町のもの。\n"), ("euc_jp", "鐘が港に鳴る。\n")],
)
def test_older_encodings_are_read_with_a_remark(encoding: str, text: str) -> None:
    found = capture_from_bytes(text.encode(encoding), name="page.txt")
    assert encoding in found.encoding_note or encoding == "euc_jp"
    assert found.encoding_note


def test_a_damaged_place_in_a_utf_8_file_does_not_change_the_rest() -> None:
    data = ("é" * 60).encode() + b"\xe2\x80" + b" end"
    found = capture_from_bytes(data, name="page.txt")
    assert found.text == "é" * 60 + "� end"
    assert "UTF-8: 1;" in found.encoding_note


def test_line_ends_of_other_systems() -> None:
    assert capture_from_bytes(b"one\r\ntwo\rthree", name="p").text == "one\ntwo\nthree"


def test_a_200_mb_file_is_refused_by_its_size_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    monkeypatch.setattr(Path, "open", lambda *_a, **_k: pytest.fail("the file was opened"))
    with pytest.raises(Invalid, match=r"200\.0 MB.*at most 5 MB"):
        read_capture_file(large)


def test_what_has_no_size_is_read_up_to_the_limit() -> None:
    with pytest.raises(Invalid) as refused:
        read_capture_file(Path("/dev/zero"))
    assert refused.value.code == "too-large"


def test_a_file_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "full.txt"
    path.write_bytes(b"x" * MAX_BYTES)
    assert len(read_capture_file(path).text) == MAX_BYTES


def test_absent_directory_and_forbidden_files(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="There is no file"):
        read_capture_file(tmp_path / "absent.txt")
    with pytest.raises(Invalid, match="is a directory"):
        read_capture_file(tmp_path)
    with pytest.raises(Invalid, match="There is no file"):
        read_capture_file(tmp_path / ("n" * 10) / "x.txt")
    with pytest.raises(Invalid, match="cannot be read"):
        read_capture_file(tmp_path / ("n" * 5000))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_one_may_not_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("text")
    path.chmod(0)
    with pytest.raises(Invalid, match="cannot be read"):
        read_capture_file(path)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_parsed(data: bytes) -> None:
    try:
        text = capture_from_bytes(data, name="any").text
    except Invalid:
        return
    assert text.strip()
    parse_capture(text)


@given(st.text(alphabet="ab @©:\n\"'>(+/-)0123456789.,Ccomments鐘", max_size=300))
def test_any_text_of_a_page_s_signs_is_parsed(text: str) -> None:
    page = parse_capture(text)
    numbers = {number for number, line in enumerate(text.split("\n"), 1) if line.strip()}
    assert {note.line for note in page.notes} <= numbers | {None}
    assert all(comment.blocks and comment.line in numbers for comment in page.comments)
    assert all((comment.parent or 0) < comment.position for comment in page.comments)
