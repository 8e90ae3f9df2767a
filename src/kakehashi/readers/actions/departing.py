"""Leaving takes a day: asked for, taken back or carried out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, DomainError
from kakehashi.readers import mails
from kakehashi.readers.actions.leaving import erase_reader
from kakehashi.readers.actions.roles import is_last_administrator
from kakehashi.readers.languages import language_of
from kakehashi.readers.models import Reader

logger = logging.getLogger(__name__)
WAIT = timedelta(hours=24)


def ask_to_leave(*, reader: Reader, withdraw: bool, now: datetime | None = None) -> Reader:
    """The account goes after a day, with `withdraw` what its owner wrote too. Asked once more, the day does not begin
    anew. Raises Conflict for the last administrator and for somebody who has left."""
    now = now or timezone.now()
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        if reader.is_erased:
            raise Conflict(_("This account is closed."))
        if is_last_administrator(reader):
            raise Conflict(_("This is the last administrator. Make somebody else administrator first."))
        reader.leaves_at = reader.leaves_at or now + WAIT
        reader.leaves_with_comments = withdraw
        reader.save(update_fields=["leaves_at", "leaves_with_comments"])
    return reader


def stay(*, reader: Reader) -> bool:
    """Take the wish to leave back; True where there was one and it was not too late."""
    waiting = Reader.objects.filter(pk=reader.pk, erased_at=None, leaves_at__isnull=False)
    return bool(waiting.update(leaves_at=None, leaves_with_comments=False))


def carry_out_departures(*, now: datetime) -> int:
    """Erase the readers whose day has passed, each in a transaction of its own; how many."""
    due = Reader.objects.filter(leaves_at__lte=now, erased_at=None).order_by("leaves_at")
    return sum(_depart(pk, now) for pk in list(due.values_list("pk", flat=True)))


def _depart(pk: int, now: datetime) -> bool:
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=pk)
        # Somebody may have changed their mind, or another worker been quicker, since we looked.
        if reader.is_erased or reader.leaves_at is None or reader.leaves_at > now:
            return False
        email, language, withdraw = reader.email, language_of(reader), reader.leaves_with_comments
        try:
            with transaction.atomic():
                erase_reader(reader=reader, withdraw=withdraw, now=now)
        except DomainError as error:
            logger.warning("reader %s cannot leave: %s", pk, error.message)
            Reader.objects.filter(pk=pk).update(leaves_at=None)
            return False
    try:
        mails.send("left", email, {"withdraw": withdraw}, language=language)
    except OSError:
        # The address is gone with the account, so this mail is not tried again.
        logger.exception("mail not sent: left")
    return True
