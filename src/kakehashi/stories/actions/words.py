"""From somebody's text to a field of a story."""

from __future__ import annotations

from kakehashi.lib import text


def one_line(source: str, limit: int) -> str:
    """Cleaned, on one line, at most `limit` characters, cut at a word."""
    line = " ".join(text.clean(source).split())
    return line if len(line) <= limit else text.excerpt(line, limit)[:limit]
