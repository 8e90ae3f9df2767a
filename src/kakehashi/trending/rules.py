"""Who may see what is counted."""

from __future__ import annotations

from kakehashi.readers.models import Reader


def can_see_readership(actor: Reader) -> bool:
    """The numbers are for those who make the newspaper and those who run it."""
    return actor.is_active and (actor.is_editor or actor.is_moderator)
