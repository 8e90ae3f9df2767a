"""What was found on a captured page: plain values, ready to be written by `archive.actions`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kakehashi.archive.capture.shapes import Score

STORY = 0  # the position that stands for the story itself
ELSEWHERE = -1  # marked as a quote, of something that is not on the page


@dataclass(frozen=True)
class Note:
    """A remark for the import record: `kind` is "not-understood", "unsure", "mismatch" or "concluded"; `line` from 1."""

    kind: str
    text: str
    line: int | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph of a comment. `quotes` is None for the writer's own words, else the position quoted (STORY, ELSEWHERE).

    `joins` says that it stood on the line right below the block before it, with no blank line between.
    """

    text: str
    line: int
    quotes: int | None = None
    joins: bool = False


@dataclass(frozen=True)
class CapturedMention:
    """A name addressed in a comment. `position` is the comment it leads to; None where nobody of that name is known."""

    name: str
    position: int | None


@dataclass(frozen=True)
class CapturedComment:
    """One comment. `position` counts from 1 down the page; `parent` and the targets of its mentions are positions.

    `author_name` is empty where the page does not say it, and `is_name_inferred` where another comment does.
    """

    position: int
    line: int
    blocks: tuple[Block, ...]
    author_name: str = ""
    is_name_inferred: bool = False
    score: Score | None = None
    parent: int | None = None
    written_at: datetime | None = None
    mentions: tuple[CapturedMention, ...] = ()

    @property
    def text(self) -> str:
        """Its blocks as printed, a line each."""
        return "\n".join(block.text for block in self.blocks)


@dataclass(frozen=True)
class Capture:
    """A story page as read. What the page does not hold is empty, None or 0."""

    headline: str = ""
    section: str = ""
    byline: str = ""
    agency: str = ""
    credit_line: str = ""
    site_copyright: str = ""
    year: int = 0
    published_at: datetime | None = None
    is_expired: bool = False
    stated_count: int = -1
    body: tuple[str, ...] = ()
    comments: tuple[CapturedComment, ...] = ()
    notes: tuple[Note, ...] = field(default=())
