"""What was learned, ready to score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kakehashi.moderation.model import features, stored
from kakehashi.moderation.model.stored import Content, Unreadable


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
        return stored.pack(Content(self.intercept, self.slope, self.offset, self.weights.astype("<f4").tobytes()))

    @classmethod
    def from_bytes(cls, content: bytes) -> Weights:
        """Raises `Unreadable` for anything but what `to_bytes` of this layout wrote."""
        found = stored.unpack(content)
        weights = np.frombuffer(found.weights, dtype="<f4")
        if not np.isfinite(weights).all():
            raise Unreadable("some of its figures are no numbers")
        return cls(weights, found.intercept, found.slope, found.offset)
