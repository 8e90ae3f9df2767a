"""The copy of a reader's data: asked for, made by the worker, told by mail, forgotten after a day."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict
from kakehashi.readers import mails, takeout
from kakehashi.readers.actions.leaving import export_pieces
from kakehashi.readers.languages import language_of, speaking
from kakehashi.readers.models import DataExport, ExportPart, Reader

logger = logging.getLogger(__name__)
State = DataExport.State
GOOD_FOR = timedelta(hours=24)
# A worker that has given no sign for so long is gone.
LEASE = timedelta(minutes=10)
REST = timedelta(minutes=2)
TRIES = 5


class Superseded(Exception):
    """The export was taken by another worker, or is not there any more: whoever makes it stops."""


def ask_for_export(*, reader: Reader, now: datetime | None = None) -> DataExport:
    """Put the reader's export into the queue. One at a time: raises Conflict while one is being made or is there."""
    now = now or timezone.now()
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        if reader.is_erased:
            raise Conflict(_("This account is closed."))
        found = DataExport.objects.filter(reader=reader).first()
        if found is not None and found.state == State.WAITING:
            raise Conflict(_("Your data are being put together already. We write to you when they are ready."))
        if found is not None and found.state == State.READY and found.ends_at and found.ends_at > now:
            raise Conflict(_("Your data are ready already. You find them on the page “Your account”."))
        DataExport.objects.filter(reader=reader).delete()
        return DataExport.objects.create(reader=reader, asked_at=now, due_at=now)


def make_exports(*, now: datetime) -> int:
    """Make what waits, one after the other, and write to whom a finished one has not been told yet; how many."""
    made = 0
    while (export := _claim(now)) is not None:
        made += _make(export, now)
    for export in DataExport.objects.filter(state=State.READY, told_at=None, due_at__lte=now).select_related("reader"):
        _tell(export, now)
    return made


def _claim(now: datetime) -> DataExport | None:
    """The next export, for this worker alone until it gives no sign for LEASE."""
    for export in DataExport.objects.filter(state=State.WAITING, due_at__lte=now).order_by("due_at")[:10]:
        mine = DataExport.objects.filter(pk=export.pk, state=State.WAITING, run=export.run, due_at__lte=now)
        if mine.update(run=F("run") + 1, tries=F("tries") + 1, due_at=timezone.now() + LEASE):
            return DataExport.objects.select_related("reader").get(pk=export.pk)
    return None


def _make(export: DataExport, now: datetime) -> bool:
    mine = DataExport.objects.filter(pk=export.pk, run=export.run, state=State.WAITING)

    def keep(number: int, part: bytes) -> None:
        with transaction.atomic():
            if not mine.update(due_at=timezone.now() + LEASE):
                raise Superseded
            ExportPart.objects.create(export=export, run=export.run, number=number, content=part)

    out = takeout.Parts(keep)
    try:
        ExportPart.objects.filter(export=export).exclude(run=export.run).delete()
        with speaking(export.reader):
            title = _("Your data at %(site)s") % {"site": mails.site_name(None)}
            takeout.write_zip(export_pieces(export.reader), out, title=title, now=now)
        out.finish()
    except (Superseded, IntegrityError):
        # Its reader has left, or another worker has it.
        return False
    except Exception:
        logger.exception("export %s not made", export.pk)
        is_over = export.tries >= TRIES
        mine.update(state=State.FAILED if is_over else State.WAITING, due_at=now + REST * 2**export.tries)
        ExportPart.objects.filter(export=export, run=export.run).delete()
        return False
    ready = timezone.now()
    return bool(
        mine.update(state=State.READY, ready_at=ready, ends_at=ready + GOOD_FOR, size=out.size, due_at=now, tries=0)
    )


def _tell(export: DataExport, now: datetime) -> None:
    """Once: whoever writes `told_at` sends it. A worker killed between the two loses the mail; the page has the file."""
    untold = DataExport.objects.filter(pk=export.pk, run=export.run, told_at=None)
    if not untold.update(told_at=now):
        return
    reader = export.reader
    address = mails.link("account_export_file", export.pk, export.run, reader.pk)
    try:
        mails.send("export_ready", reader.email, {"name": reader.name, "link": address}, language=language_of(reader))
    except OSError:
        logger.exception("mail not sent: export_ready")
        DataExport.objects.filter(pk=export.pk, run=export.run).update(told_at=None, due_at=now + REST)


def export_parts(export: DataExport) -> Iterator[bytes]:
    """The file, one part in memory at a time."""
    numbers = ExportPart.objects.filter(export=export, run=export.run).order_by("number").values_list("pk", flat=True)
    for pk in list(numbers):
        yield bytes(ExportPart.objects.values_list("content", flat=True).get(pk=pk))


def forget_exports(*, now: datetime) -> int:
    """Delete the files whose day has passed, and failed ones after as long; how many."""
    over = DataExport.objects.filter(state=State.READY, ends_at__lte=now).values_list("pk", flat=True)
    failed = DataExport.objects.filter(state=State.FAILED, due_at__lte=now - GOOD_FOR).values_list("pk", flat=True)
    gone = [*over, *failed]
    for pk in gone:
        ExportPart.objects.filter(export=pk).delete()
        DataExport.objects.filter(pk=pk).delete()
    return len(gone)
