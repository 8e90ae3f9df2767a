"""From a file to its text: bounded, decoded, and refused with a sentence where it cannot be a text capture."""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from kakehashi.lib.errors import Invalid

MAX_BYTES = 5_000_000
MAX_LINES = 100_000

# Longest first: the mark of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC = (
    b"%PDF-",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"SQLite format 3",
    b"{\\rtf",
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HTML = re.compile(r"\s*(<!doctype html|<html[\s>]|<\?xml)", re.IGNORECASE)


@dataclass(frozen=True)
class CaptureFile:
    """A file's text. `digest` is the SHA-256 of its bytes; `encoding_note` is a sentence where the encoding was concluded."""

    name: str
    digest: str
    text: str
    encoding_note: str = ""


def read_capture_file(path: Path) -> CaptureFile:
    """Read at most MAX_BYTES. Raises `Invalid`: absent, unreadable, a directory, empty, too large, not text."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise Invalid(_("%(file)s is a directory; name the files in it.") % {"file": path}, code="directory")
        # A large file is refused by its size, unread; a pipe has no size and is read up to the limit.
        if found.st_size > MAX_BYTES:
            raise _too_large(path, found.st_size)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Invalid(_("There is no file %(file)s.") % {"file": path}, code="no-file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Invalid(_("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": reason}) from error
    if len(data) > MAX_BYTES:
        raise _too_large(path, len(data))
    return capture_from_bytes(data, name=path.name)


def capture_from_bytes(data: bytes, *, name: str) -> CaptureFile:
    """Decode a capture. Raises `Invalid` for bytes that are empty or no text."""
    text, note = _decode(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if not text.strip():
        raise Invalid(_("%(file)s is empty: there is nothing to import.") % {"file": name}, code="empty")
    if text.count("\n") > MAX_LINES:
        raise Invalid(
            _("%(file)s has more than %(most)d lines; that is no story page.") % {"file": name, "most": MAX_LINES},
            code="too-many-lines",
        )
    if _HTML.match(text):
        raise Invalid(
            _("%(file)s is the page's HTML; a capture is its text, as copied from a browser.") % {"file": name},
            code="html",
        )
    return CaptureFile(name=name, digest=hashlib.sha256(data).hexdigest(), text=text, encoding_note=note)


def _decode(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name), ""
    if data.startswith(_MAGIC):
        raise _binary(name)
    if b"\x00" in data:
        return _strict(data, _sixteen_bits(data, name), name), _("The file has no byte order mark; read as UTF-16.")
    try:
        return _readable(data.decode("utf-8"), name), ""
    except UnicodeDecodeError:
        return _fallback(data, name)


def _fallback(data: bytes, name: str) -> tuple[str, str]:
    """Not UTF-8: a damaged file in it, or one of the encodings that English and Japanese pages were saved in."""
    damaged = data.decode("utf-8", errors="replace")
    bad = damaged.count("\ufffd")
    good = sum(1 for character in damaged if ord(character) > 127) - bad
    if good >= 20 * bad:
        return _readable(damaged, name), _("Places that are not valid UTF-8: %(count)d; each was replaced by �.") % {
            "count": bad
        }
    for encoding in ("cp1252", "cp932", "euc_jp"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _readable(text, name), _("The file is not UTF-8; read as %(encoding)s.") % {"encoding": encoding}
    raise _binary(name)


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return _readable(data.decode(encoding), name)
    except UnicodeDecodeError as error:
        raise _binary(name) from error


def _sixteen_bits(data: bytes, name: str) -> str:
    """Which UTF-16 a text without a mark is in: ASCII letters leave every other byte zero."""
    pairs = len(data) // 2
    low, high = data[0::2].count(0), data[1::2].count(0)
    if len(data) % 2 == 0 and high > pairs * 0.5 and low == 0:
        return "utf-16-le"
    if len(data) % 2 == 0 and low > pairs * 0.5 and high == 0:
        return "utf-16-be"
    raise _binary(name)


def _readable(text: str, name: str) -> str:
    """A text holds next to no control characters."""
    if len(_CONTROL.findall(text)) > len(text) / 200:
        raise _binary(name)
    return _CONTROL.sub("", text)


def _binary(name: str) -> Invalid:
    return Invalid(
        _("%(file)s is not a text file; a capture is a page's text, saved as UTF-8.") % {"file": name}, code="binary"
    )


def _too_large(path: Path, size: int) -> Invalid:
    facts = {"file": path, "size": size / 1_000_000, "limit": MAX_BYTES / 1_000_000}
    return Invalid(
        _("%(file)s is too large (%(size).1f MB): a capture holds at most %(limit).0f MB.") % facts, code="too-large"
    )
