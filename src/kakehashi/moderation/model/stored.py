"""A model as bytes, and what makes bytes no model. Without NumPy, so that pages can tell whether one is sound.

Four letters, the length of the head, the head (JSON), then the weights: little-endian float32, packed by zlib. Reading them
runs nothing, and takes no more memory than a model has.
"""

from __future__ import annotations

import json
import math
import zlib
from typing import NamedTuple

from kakehashi.moderation.model.form import FORMS

# The arrangement of the features: a model of another one cannot be read.
LAYOUT = 1
CHARACTER_BITS = 17
WORD_BITS = 16
CHARACTERS = 1 << CHARACTER_BITS
WORDS = 1 << WORD_BITS
SIZE = CHARACTERS + WORDS + len(FORMS)

_MAGIC = b"KKM1"
_LONGEST_HEAD = 4096
_FLOAT = 4
_FIGURES = ("intercept", "slope", "offset")


class Unreadable(ValueError):
    """These bytes are not a model that this version reads; the text says why."""


class Content(NamedTuple):
    """The parts of a model; `weights` are SIZE float32, little-endian."""

    intercept: float
    slope: float
    offset: float
    weights: bytes


def pack(content: Content) -> bytes:
    figures = {name: getattr(content, name) for name in _FIGURES}
    head = json.dumps({"layout": LAYOUT, "size": len(content.weights) // _FLOAT, **figures}).encode()
    return _MAGIC + len(head).to_bytes(4, "little") + head + zlib.compress(content.weights, 6)


def unpack(stored: bytes) -> Content:
    """Raises `Unreadable` for anything but what `pack` of this layout wrote."""
    if stored[:4] != _MAGIC:
        raise Unreadable("these are not the bytes of a model")
    length = int.from_bytes(stored[4:8], "little")
    if length > _LONGEST_HEAD:
        raise Unreadable("its head is too long")
    try:
        head = json.loads(stored[8 : 8 + length])
        figures = [float(head[name]) for name in _FIGURES]
        layout, size = head["layout"], head["size"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"its head cannot be read: {error}") from error
    if layout != LAYOUT or size != SIZE:
        raise Unreadable("it was made for another arrangement of features")
    if not all(map(math.isfinite, figures)):
        raise Unreadable("some of its figures are no numbers")
    intercept, slope, offset = figures
    return Content(intercept, slope, offset, _unpacked(stored[8 + length :]))


def _unpacked(packed: bytes) -> bytes:
    """The weights, no more of them than there may be."""
    wanted = _FLOAT * SIZE
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(packed, wanted + 1)
    except zlib.error as error:
        raise Unreadable(f"its weights cannot be unpacked: {error}") from error
    if len(raw) != wanted or not unpacking.eof or unpacking.unused_data:
        raise Unreadable("it does not hold as many weights as it should")
    return raw
