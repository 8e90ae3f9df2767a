"""The queue's other end: mails are claimed, written, handed over and what became of each is written down.

Before the mail server hears of a mail, its row says so (`HANDING`); after it has answered, the row says what. A worker
that dies in between leaves a row of which nobody knows, and nobody sends it again by itself (`DOUBTFUL`). A worker that
dies at any other moment has handed nothing over: its claims run out, and others take them.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation

from kakehashi.alerts import envelopes, letters
from kakehashi.alerts.actions.troubling import note_bounce
from kakehashi.alerts.handing import Away, Later, Line, Never, Unknown
from kakehashi.alerts.models import Mail, MailState, Receiver
from kakehashi.alerts.receivers import addressed, is_reachable, language_of
from kakehashi.lib.errors import DomainError

logger = logging.getLogger(__name__)

BATCH = 100
# Long enough for a batch at a slow server: whoever still has mails after that is taken for dead.
CLAIM = timedelta(minutes=10)
# A mail server answers within EMAIL_TIMEOUT, a few times over.
HANDING = timedelta(minutes=5)
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 480, 960)]
# Mails that somebody asks for at a place of ours go to addresses that are not proven, or came back before.
ASKED_FOR = {"confirm", "notice-receipt", "notice-outcome", "notice-bar"}


class MailServerAway(DomainError):
    """Nothing can be handed over; what waits goes on waiting."""

    default_code = "mail-server-away"


def send_due(*, now: datetime, seconds: float = 10.0) -> int:
    """Send what is due, the most urgent first, for so many seconds; how many were handed over.

    Any number of workers may. Raises MailServerAway.
    """
    run = _Run(now)
    settle_old_claims(now=now)
    try:
        while run.elapsed() < seconds and (mails := run.claim()):
            run.send(mails)
            if len(mails) < BATCH:
                break
    except Away as error:
        raise MailServerAway(f"The mail server is away: {error}") from error
    finally:
        run.end()
    return run.handed_over


def settle_old_claims(*, now: datetime) -> None:
    """What a dead worker had not begun goes back into the queue; what it was handing over stays in doubt."""
    old = Mail.objects.filter(claimed_until__lte=now)
    back = {"state": MailState.WAITING, "claimed_by": "", "claimed_until": None}
    old.filter(state=MailState.CLAIMED).update(**back)
    why = "The worker ended while it was handing this over."
    old.filter(state=MailState.HANDING).update(state=MailState.DOUBTFUL, finished_at=now, why=why)


def send_again(*, ids: Sequence[int], now: datetime) -> int:
    """Put mails that are in doubt or failed into the queue once more, at an operator's word; how many."""
    ended = Mail.objects.filter(pk__in=ids, state__in=[MailState.DOUBTFUL, MailState.FAILED])
    return ended.update(
        state=MailState.WAITING, due_at=now, attempts=0, claimed_by="", claimed_until=None, finished_at=None, why=""
    )


class _Run:
    """One worker's run: its claims, its line, and what is still to be written down."""

    def __init__(self, now: datetime) -> None:
        self._began, self._watch = now, time.monotonic()
        self._name = uuid.uuid4().hex
        self._line = Line()
        # The last mail's end, written together with the next one's beginning: one commit a mail.
        self._ended: tuple[int, dict[str, object]] | None = None
        self.handed_over = 0

    def elapsed(self) -> float:
        return time.monotonic() - self._watch

    def _now(self) -> datetime:
        return self._began + timedelta(seconds=self.elapsed())

    def claim(self) -> list[Mail]:
        """The next mails, from now on this run's: of all who try, one finds each row waiting."""
        now = self._now()
        # What a newer version has queued is for its own workers.
        waiting = Mail.objects.filter(state=MailState.WAITING, kind__in=letters.KINDS)
        due = waiting.filter(due_at__lte=now).order_by("urgency", "due_at").values_list("pk", flat=True)
        ids = list(due[:BATCH])
        if not ids:
            return []
        values = {"state": MailState.CLAIMED, "claimed_by": self._name, "claimed_until": now + CLAIM}
        waiting.filter(pk__in=ids).update(**values)
        mine = Mail.objects.filter(claimed_by=self._name, state=MailState.CLAIMED, pk__in=ids)
        return list(mine.order_by("urgency", "due_at"))

    def send(self, mails: Sequence[Mail]) -> None:
        """Write and hand over each; raises Away."""
        now = self._now()
        receivers = {row.pk: row for row in addressed().filter(pk__in={mail.receiver_id for mail in mails})}
        wanted = [m for m in mails if m.kind in ASKED_FOR or is_reachable(receivers.get(m.receiver_id), now)]
        sheets, unwritten = _write(wanted, receivers, now)
        self._drop([mail.pk for mail in mails if mail.pk not in sheets and mail.pk not in unwritten])
        for mail in wanted:
            if mail.pk in unwritten:
                mine = Mail.objects.filter(pk=mail.pk, claimed_by=self._name, state=MailState.CLAIMED)
                mine.update(**self._again(mail, unwritten[mail.pk]))
            elif mail.pk in sheets:
                self._send_one(mail, receivers[mail.receiver_id], sheets[mail.pk])

    def _send_one(self, mail: Mail, receiver: Receiver, sheet: envelopes.Sheet) -> None:
        address: str = receiver.address  # type: ignore[attr-defined]
        with translation.override(language_of(receiver)):
            message = envelopes.message(mail, address, sheet)
        if not self._begin(mail):
            return
        self._ended = mail.pk, self._outcome(mail, address, message)

    def _outcome(self, mail: Mail, address: str, message: EmailMessage) -> dict[str, object]:
        """Hand it over; what the row is to say of that. Raises Away, with the mail back in the queue."""
        try:
            self._line.hand_over(message)
        except Later as error:
            return self._again(mail, str(error))
        except Never as error:
            if error.is_address:
                note_bounce(address=address, said=str(error), is_hard=error.is_hard, now=self._now())
            return self._finished(MailState.FAILED, str(error))
        except Unknown as error:
            return self._finished(MailState.DOUBTFUL, str(error))
        except Away:
            self._ended = mail.pk, {"state": MailState.WAITING, "claimed_by": "", "claimed_until": None}
            raise
        self.handed_over += 1
        return self._finished(MailState.HANDED_OVER)

    def _again(self, mail: Mail, why: str) -> dict[str, object]:
        """Later, after a wait that grows; after the last one never."""
        if mail.attempts >= len(WAITS):
            return self._finished(MailState.FAILED, why) | {"attempts": mail.attempts + 1}
        return {
            "state": MailState.WAITING,
            "due_at": self._now() + WAITS[mail.attempts],
            "attempts": mail.attempts + 1,
            "claimed_by": "",
            "claimed_until": None,
            "why": why[:300],
        }

    def _finished(self, state: str, why: str = "") -> dict[str, object]:
        return {"state": state, "finished_at": self._now(), "claimed_until": None, "why": why[:300]}

    def _begin(self, mail: Mail) -> bool:
        """Write down that the mail is being handed over; False where another has it by now."""
        mine = Mail.objects.filter(pk=mail.pk, claimed_by=self._name, state=MailState.CLAIMED)
        with transaction.atomic():
            self._write_down()
            return bool(mine.update(state=MailState.HANDING, claimed_until=self._now() + HANDING))

    def _write_down(self) -> None:
        if self._ended is None:
            return
        (pk, values), self._ended = self._ended, None
        # Also where it was taken for dead meanwhile: this one knows.
        states = [MailState.HANDING, MailState.DOUBTFUL]
        Mail.objects.filter(pk=pk, claimed_by=self._name, state__in=states).update(**values)

    def _drop(self, ids: Sequence[int]) -> None:
        mine = Mail.objects.filter(pk__in=ids, claimed_by=self._name, state=MailState.CLAIMED)
        mine.update(state=MailState.DROPPED, finished_at=self._now(), claimed_until=None)

    def end(self) -> None:
        """Write down the last, and give back what was not begun."""
        self._line.close()
        with transaction.atomic():
            self._write_down()
            mine = Mail.objects.filter(claimed_by=self._name, state=MailState.CLAIMED)
            mine.update(state=MailState.WAITING, claimed_by="", claimed_until=None)


Sheets = dict[int, envelopes.Sheet]


def _write(mails: Sequence[Mail], receivers: dict[int, Receiver], now: datetime) -> tuple[Sheets, dict[int, str]]:
    """The mails that have something to say, each with its sheet, and those that could not be written, with why."""
    groups: dict[tuple[str, str], list[Mail]] = {}
    for mail in mails:
        mail.receiver = receivers[mail.receiver_id]
        groups.setdefault((mail.kind, language_of(mail.receiver)), []).append(mail)
    sheets: Sheets = {}
    unwritten: dict[int, str] = {}
    for (kind, language), group in groups.items():
        try:
            with translation.override(language):
                sheets |= _sheets(kind, group, now)
        except Exception as error:
            # One kind with a fault must not hold up the others.
            logger.exception("mails of the kind %s cannot be written", kind)
            unwritten |= dict.fromkeys((mail.pk for mail in group), f"{type(error).__name__}: {error}")
    return sheets, unwritten


def _sheets(kind: str, mails: Sequence[Mail], now: datetime) -> Sheets:
    """What is the same for many is rendered once."""
    rendered: dict[letters.Letter, envelopes.Sheet] = {}
    written = letters.writer_of(kind)(mails, now)
    for letter in written.values():
        if letter not in rendered:
            rendered[letter] = envelopes.render(letter)
    return {pk: rendered[letter] for pk, letter in written.items()}
