"""The demo newsroom: invented stories, members, comments and votes, made from a seed number.

Stories are Markdown files in `content/stories`, phrases of the discussions TOML files in `content/phrases`.
"""

from kakehashi.archive.demo.newsroom import DemoSummary, make_newsroom

__all__ = ["DemoSummary", "make_newsroom"]
