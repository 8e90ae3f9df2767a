"""Legal notices as their senders find them again: by a signed link, or by the reference and the address given with it."""

from __future__ import annotations

from kakehashi.moderation import queries
from kakehashi.moderation.models import LegalNotice

# Of a reference, however it was typed.
_NOISE = str.maketrans("", "", " -–—\t.")


def behind(token: str) -> LegalNotice | None:
    """The notice that such an address is of; None for one that we did not make. 1 query."""
    reference = LegalNotice.signed(token)
    return queries.told_notices().filter(reference=reference).first() if reference else None


def find(reference: str, email: str) -> LegalNotice | None:
    """By what its sender has; without the right address only where none was given, or it is forgotten. 1 query."""
    signs = reference.translate(_NOISE).upper()
    if len(signs) != 12:
        return None
    found = queries.told_notices().filter(reference=f"{signs[:4]}-{signs[4:8]}-{signs[8:]}").first()
    return found if found is not None and found.email in ("", email.strip().lower()) else None
