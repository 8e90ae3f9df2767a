"""Who may do what with mails; pure."""

from __future__ import annotations

from kakehashi.readers.models import Reader


def can_send_breaking_news(reader: Reader) -> bool:
    return reader.is_active and reader.is_editor


def can_see_mail(reader: object) -> bool:
    """What became of mails, and which addresses have trouble: addresses are for administrators."""
    return isinstance(reader, Reader) and reader.is_active and reader.is_superuser
