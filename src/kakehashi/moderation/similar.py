"""What was decided on comments that say nearly the same.

Each comment that somebody decided on becomes a fingerprint: its overlapping pieces of four letters, each hashed to one of
BITS bits. How alike two comments are is the cosine of their fingerprints, |A ∩ B| / √(|A| · |B|), which is 1 for the same
text and, for two that have nothing to do with each other, about the share of bits that are set. A process keeps the
fingerprints of the latest KEPT decisions, half a kilobyte each, and reads on a little with every look, so that no look waits
for all of them.
"""

from __future__ import annotations

import threading
import unicodedata
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kakehashi.comments.models import Comment
from kakehashi.moderation import queries
from kakehashi.moderation.models import Action, Decision
from kakehashi.readers.models import Reader

BITS = 4096
PIECE = 4
KEPT = 3000
# Read at one look, the latest first; a tenth of a second at most.
AT_ONCE = 300
# Longer comments are compared by their beginning.
LONGEST = 2000
# Less alike than this is not worth showing.
FAINTEST = 0.35
DECIDED = (Action.VISIBLE, Action.REMOVED, Action.EDITED)


@dataclass(frozen=True)
class Similar:
    """A decision on another comment, and how alike the two are, in 0..1."""

    decision: Decision
    likeness: float


def fingerprint(words: str) -> NDArray[np.uint64]:
    """BITS bits, 64 in each number; none of them set where there is no letter."""
    folded = " ".join(unicodedata.normalize("NFKC", words[:LONGEST]).casefold().split())
    pieces = {folded[i : i + PIECE] for i in range(max(1, len(folded) - PIECE + 1))} if folded else set()
    bits = np.zeros(BITS, dtype=np.uint8)
    if pieces:
        bits[[zlib.crc32(piece.encode()) % BITS for piece in pieces]] = 1
    return np.packbits(bits).view(np.uint64)


class Memory:
    """The fingerprints of what was decided, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decisions: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._comments: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._prints: NDArray[np.uint64] = np.zeros((0, BITS // 64), dtype=np.uint64)
        # How many bits of each are set.
        self._sizes: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._has_oldest = False

    def forget(self) -> None:
        """All of it: another test's, say."""
        with self._lock:
            self._decisions, self._comments = self._decisions[:0], self._comments[:0]
            self._prints, self._sizes, self._has_oldest = self._prints[:0], self._sizes[:0], False

    def read_on(self) -> None:
        """What was decided since the last look; and some of what was decided before the first. 1 query, or 2."""
        with self._lock:
            newest, oldest = (
                (int(self._decisions.max()), int(self._decisions.min())) if len(self._decisions) else (0, 0)
            )
            self._add(newest, None)
            if 0 < len(self._decisions) < KEPT and oldest and not self._has_oldest:
                self._has_oldest = self._add(0, oldest) < AT_ONCE

    def _add(self, above: int, below: int | None) -> int:
        """How many were read."""
        found = (
            Decision.objects.standing().meant().filter(action__in=DECIDED, is_automated=False, comment__isnull=False)
        )
        found = found.filter(pk__gt=above) if below is None else found.filter(pk__lt=below)
        rows = list(found.order_by("-pk").values_list("pk", "comment", "comment__plain")[:AT_ONCE])
        if not rows:
            return 0
        decisions, comments, words = zip(*rows, strict=True)
        prints = np.stack([fingerprint(one) for one in words])
        both = np.concatenate([self._decisions, np.array(decisions, dtype=np.int64)])
        order = np.argsort(-both)[:KEPT]
        self._decisions = both[order]
        self._comments = np.concatenate([self._comments, np.array(comments, dtype=np.int64)])[order]
        self._prints = np.concatenate([self._prints, prints])[order]
        sizes = np.maximum(1, np.bitwise_count(prints).sum(axis=1, dtype=np.int64))
        self._sizes = np.concatenate([self._sizes, sizes])[order]
        return len(rows)

    def nearest(self, words: str, *, without: int, most: int) -> dict[int, float]:
        """Decision -> likeness, the most alike first; of each comment its latest decision."""
        with self._lock:
            decisions, comments, prints, sizes = self._decisions, self._comments, self._prints, self._sizes
        own = fingerprint(words)
        size = int(np.bitwise_count(own).sum())
        if not len(decisions) or not size:
            return {}
        shared = np.bitwise_count(prints & own).sum(axis=1, dtype=np.int64)
        likeness = shared / np.sqrt(sizes * size)
        found: dict[int, float] = {}
        seen = {without}
        for i in np.argsort(-likeness, kind="stable"):
            if likeness[i] < FAINTEST or len(found) == most:
                break
            if int(comments[i]) not in seen:
                seen.add(int(comments[i]))
                found[int(decisions[i])] = float(likeness[i])
        return found


memory = Memory()


def decided_on(comment: Comment, reader: Reader, *, most: int) -> list[Similar]:
    """What was decided on comments like this one in the reader's part of the site, the most alike first. 2 or 3 queries."""
    memory.read_on()
    likeness = memory.nearest(comment.plain, without=comment.pk, most=most)
    mine = queries.in_part_of(reader, "comment__thread__story")
    found = Decision.objects.filter(mine, pk__in=likeness).select_related("rule", "comment", "undone_by")
    standing = [one for one in found if not one.is_undone and one.comment is not None]
    return sorted((Similar(one, likeness[one.pk]) for one in standing), key=lambda one: -one.likeness)
