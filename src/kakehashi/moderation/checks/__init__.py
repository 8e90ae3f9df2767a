"""Checks before publication. A check is a function of a `Draft` that says what it found, or nothing:

    def check(draft: Draft) -> Finding | None

`settings.KAKEHASHI_COMMENT_CHECKS` lists them by dotted path; `gate.py` runs them in this order. docs/checks.md
tells how to write one.
"""

from kakehashi.moderation.checks.draft import Draft, Finding, Refused, named, of_memory, quick

__all__ = ["Draft", "Finding", "Refused", "named", "of_memory", "quick"]
