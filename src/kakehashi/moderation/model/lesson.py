"""A text and what became of it, as it is learned from. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# Of a hundred authors' decisions so many are held out, for good.
HELD_OUT = 25


@dataclass(frozen=True)
class Lesson:
    """A decision of a person on a text, or (`decision` 0) a text that nobody minded.

    `rule` is the number of the rule it was removed under, else 0; `group` is the same for all that one author wrote and
    says nothing else of them; `judge` is who decided.
    """

    decision: int
    plain: str
    is_removed: bool
    rule: int
    language: str
    group: str
    judge: int = 0

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept for trying models, never for training one.

        By author, so that no model is tried on somebody whose manner of writing it has learned, and for good, so that the
        version in use and the next one are tried on the same decisions and neither has seen them.
        """
        digest = hashlib.blake2b(self.group.encode(), digest_size=8, person=b"held out").digest()
        return int.from_bytes(digest, "big") % 100 < HELD_OUT
