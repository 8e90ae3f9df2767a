"""What was learned, as numbers and as bytes. The bytes are plain figures in a format of ours: reading them runs nothing."""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kakehashi.moderation.model import features

# Four letters, the length of the head, the head (JSON), then the weights: little-endian float32, packed by zlib.
_MAGIC = b"KKM1"
_LONGEST_HEAD = 4096


class Unreadable(ValueError):
    """These bytes are not a model that this version reads; the text says why."""


@dataclass(frozen=True)
class Weights:
    """A logistic regression over `features.read`, and the sigmoid that makes its sums into shares (Platt 1999)."""

    weights: NDArray[np.float32]
    intercept: float
    slope: float
    offset: float

    def logit(self, plain: str) -> float:
        """The sum before it is calibrated: above 0 speaks for a removal."""
        places, values = features.read(plain)
        return float(self.weights[places] @ values) + self.intercept

    def probability(self, plain: str) -> float:
        """How likely the text is to be removed, 0 to 1."""
        exponent = self.slope * self.logit(plain) + self.offset
        # Past this a float says 0 or 1 anyway.
        return 1 / (1 + math.exp(max(-500.0, min(500.0, exponent))))

    def to_bytes(self) -> bytes:
        head = json.dumps(
            {
                "layout": features.LAYOUT,
                "size": len(self.weights),
                "intercept": self.intercept,
                "slope": self.slope,
                "offset": self.offset,
            }
        ).encode()
        packed = zlib.compress(self.weights.astype("<f4").tobytes(), 6)
        return _MAGIC + len(head).to_bytes(4, "little") + head + packed

    @classmethod
    def from_bytes(cls, content: bytes) -> Weights:
        """Raises `Unreadable` for anything but what `to_bytes` of this layout wrote."""
        if content[:4] != _MAGIC:
            raise Unreadable("these are not the bytes of a model")
        length = int.from_bytes(content[4:8], "little")
        if length > _LONGEST_HEAD:
            raise Unreadable("its head is too long")
        try:
            head = json.loads(content[8 : 8 + length])
            figures = [float(head[name]) for name in ("intercept", "slope", "offset")]
            layout, size = head["layout"], head["size"]
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"its head cannot be read: {error}") from error
        if layout != features.LAYOUT or size != features.SIZE:
            raise Unreadable("it was made for another arrangement of features")
        weights = _unpacked(content[8 + length :])
        if not np.isfinite(weights).all() or not all(map(math.isfinite, figures)):
            raise Unreadable("some of its figures are no numbers")
        return cls(weights, *figures)


def _unpacked(packed: bytes) -> NDArray[np.float32]:
    """The weights, no more of them than there may be."""
    wanted = 4 * features.SIZE
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(packed, wanted + 1)
    except zlib.error as error:
        raise Unreadable(f"its weights cannot be unpacked: {error}") from error
    if len(raw) != wanted or not unpacking.eof or unpacking.unused_data:
        raise Unreadable("it does not hold as many weights as it should")
    return np.frombuffer(raw, dtype="<f4")
