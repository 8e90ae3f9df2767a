"""From a captured comment to the Markdown that shows it as it stood on the page."""

from __future__ import annotations

import re

from kakehashi.archive.capture.page import Block, CapturedComment
from kakehashi.lib import text

# Signs that would become emphasis, code or a link; an underscore inside a word is harmless.
_INLINE = re.compile(r"[\\`*\[\]]|(?<!\w)_|_(?!\w)")
_LIST = re.compile(r"^([-+])(?=\s|$)|^(\d{1,9})([.)])(?=\s|$)")
_FENCE = re.compile(r"^~~~|^>")


def markdown_of(comment: CapturedComment) -> str:
    """The comment's source: its own words as they stand, what it quotes as quotes."""
    parts: list[str] = []
    previous: Block | None = None
    for block in comment.blocks:
        shown = _escaped(block.text) if block.quotes is None else text.quote(_escaped(block.text))
        is_same_kind = previous is not None and (previous.quotes is None) == (block.quotes is None)
        if previous is not None:
            parts.append("\n" if block.joins and is_same_kind else _gap(previous, block))
        parts.append(shown)
        previous = block
    return "".join(parts)


def _gap(previous: Block, block: Block) -> str:
    """Quotes of one source stay one quote of several paragraphs."""
    return "\n>\n" if previous.quotes is not None and previous.quotes == block.quotes else "\n\n"


def _escaped(line: str) -> str:
    words = re.split(r"(\s+)", line)
    escaped = "".join(
        word if "://" in word or word.startswith("@") else _INLINE.sub(r"\\\g<0>", word) for word in words
    )
    escaped = _LIST.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", escaped)
    return _FENCE.sub(lambda match: f"\\{match[0]}", escaped)
