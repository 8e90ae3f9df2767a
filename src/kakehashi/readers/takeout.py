"""A reader's data as a zip of JSON and readable HTML, written piece by piece: no account is too large for it."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from django.utils.html import escape
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

PART = 512 * 1024
# The page waits here while the JSON is written; beyond this it waits on the disk.
IN_MEMORY = 1 << 20
READ = 64 * 1024


class Parts(io.RawIOBase):
    """A file that can only be written, from the beginning to the end: each part is handed to `keep` when it is full."""

    def __init__(self, keep: Callable[[int, bytes], None]) -> None:
        super().__init__()
        self.keep = keep
        self.number = 0
        self.size = 0
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) >= PART:
            self._hand_over(PART)
        return len(data)

    def finish(self) -> None:
        if self._waiting:
            self._hand_over(len(self._waiting))

    def _hand_over(self, length: int) -> None:
        part = bytes(self._waiting[:length])
        del self._waiting[:length]
        self.keep(self.number, part)
        self.number += 1
        self.size += length


def write_zip(data: Iterable[tuple[str, Any]], out: Parts, *, title: str, now: datetime) -> None:
    """Write name after name; a value that is an iterator is written as it comes. `data` is gone through once."""
    stamp = localtime(now).timetuple()[:6]
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as page, zipfile.ZipFile(out, "w") as archive:
        with archive.open(_entry("data.json", stamp), "w", force_zip64=True) as file:
            _write_both(data, file, page, title=title, now=now)
        page.seek(0)
        with archive.open(_entry("index.html", stamp), "w", force_zip64=True) as file:
            while chunk := page.read(READ):
                file.write(chunk)


def _entry(name: str, stamp: Any) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, stamp)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _write_both(
    data: Iterable[tuple[str, Any]], file: IO[bytes], page: IO[bytes], *, title: str, now: datetime
) -> None:
    page.write(_head(title, now).encode())
    before = "{"
    for name, value in data:
        file.write(f"{before}\n  {json.dumps(name)}: ".encode())
        before = ","
        page.write(f"<h2>{escape(_heading(name))}</h2>\n".encode())
        if isinstance(value, Iterator):
            _write_list(value, file, page)
        else:
            file.write(_json(value, 2))
            page.write(_html(value).encode())
    file.write(b"\n}\n" if before == "," else b"{}\n")
    page.write(b"</body>\n</html>\n")


def _write_list(values: Iterator[Any], file: IO[bytes], page: IO[bytes]) -> None:
    before = b"["
    for value in values:
        file.write(before + b"\n    " + _json(value, 4))
        page.write(_html(value).encode())
        before = b","
    file.write(b"\n  ]" if before == b"," else b"[]")
    if before == b"[":
        page.write(_html([]).encode())


def _json(value: Any, indent: int) -> bytes:
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    # What half of a character was broken off stays visible instead of breaking the file.
    return text.replace("\n", "\n" + " " * indent).encode("utf-8", "backslashreplace")


def _head(title: str, now: datetime) -> str:
    intro = _(
        "All that this site holds about you, as of %(when)s (UTC). The file data.json holds the same for programs."
    )
    when = now.strftime("%Y-%m-%d %H:%M")
    return (
        f'<!DOCTYPE html>\n<html lang="{get_language()}">\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        "<style>body{max-width:45rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif;overflow-wrap:anywhere}"
        "dl{margin:.75rem 0;padding:.75rem 0 0;border-top:1px solid #999}dt{font-weight:bold}dd{margin:0 0 .5rem;"
        "white-space:pre-wrap}</style></head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n<p>{escape(intro % {'when': when})}</p>\n"
    )


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _html(value: Any) -> str:
    if isinstance(value, dict):
        rows = "".join(f"<dt>{escape(_heading(str(key)))}</dt><dd>{_html(part)}</dd>" for key, part in value.items())
        return f"<dl>{rows}</dl>\n"
    if isinstance(value, (list, tuple)):
        nothing = _("nothing")
        return "\n".join(_html(part) for part in value) or f"<p>{escape(nothing)}</p>"
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return escape(str(value).encode("utf-8", "backslashreplace").decode())
