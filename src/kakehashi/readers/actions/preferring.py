"""What a reader wishes to see, and how."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Invalid
from kakehashi.readers import languages, rules
from kakehashi.readers.models import CommentLayout, CommentOrder, Mute, Reader


def update_preferences(*, reader: Reader, comment_order: str, comment_layout: str, is_modelled: bool) -> Reader:
    """Remember the order and layout of comments, and whether the ranking may learn from this reader's votes; an empty
    order means the site's. Raises Invalid for unknown ones."""
    if comment_order not in {"", *CommentOrder.values} or comment_layout not in CommentLayout.values:
        raise Invalid(_("Please pick one of the orders and layouts offered."), code="preference")
    reader.comment_order, reader.comment_layout, reader.is_modelled = comment_order, comment_layout, is_modelled
    reader.save(update_fields=["comment_order", "comment_layout", "is_modelled"])
    return reader


def choose_language(*, reader: Reader, language: str) -> Reader:
    """Speak this language to the reader from now on, on pages and in mails; an empty one means the site's, or what the
    browser has chosen. Raises Invalid for one that the site does not offer."""
    if language and language not in languages.offered():
        raise languages.not_offered()
    reader.language = language
    reader.save(update_fields=["language"])
    return reader


@transaction.atomic
def mute(*, reader: Reader, muted: Reader, now: datetime | None = None) -> None:
    """Hide from `reader` what `muted` writes; upper rooms take it away (KAKEHASHI_MUTINGS). Repeats are harmless; the muted
    member is not told. Raises Invalid."""
    if not rules.can_mute(reader, muted):
        raise Invalid(_("You cannot mute yourself."), code="mute-self")
    Mute.objects.get_or_create(reader=reader, muted=muted, defaults={"created_at": now or timezone.now()})
    _tell_upper_rooms(reader)


@transaction.atomic
def unmute(*, reader: Reader, muted: Reader) -> None:
    """Show again what `muted` writes. Repeats are harmless."""
    Mute.objects.filter(reader=reader, muted=muted).delete()
    _tell_upper_rooms(reader)


def _tell_upper_rooms(reader: Reader) -> None:
    for path in settings.KAKEHASHI_MUTINGS:
        import_string(path)(reader=reader)
