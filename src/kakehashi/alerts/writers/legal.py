"""Mails about legal notices (DSA Art. 16(4) and (5), Art. 23(2)): receipt, outcome, and a warning to the sender."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from kakehashi.alerts.letters import Letter
from kakehashi.alerts.models import Mail
from kakehashi.moderation import queries, rules
from kakehashi.moderation.models import LegalNotice, NoticeBar, Outcome


def _notices(mails: Sequence[Mail]) -> Iterable[tuple[Mail, LegalNotice]]:
    """One query. Of a notice whose sender is forgotten nobody is written to."""
    found = queries.told_notices().exclude(email="").in_bulk([mail.about["notice"] for mail in mails])
    return [(mail, found[mail.about["notice"]]) for mail in mails if mail.about["notice"] in found]


def _letter(subject: str, template: str, context: dict[str, Any]) -> Letter:
    why = _("You get this because somebody, probably you, sent us a legal notice and gave this address.")
    return Letter(subject=subject, template=f"alerts/mail/{template}", why=why, scope="", context=context)


def _context(notice: LegalNotice) -> dict[str, Any]:
    return {"notice": notice, "state_url": settings.BASE_URL + notice.get_absolute_url()}


def write_receipt(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """With what was written only to a member who has sent it: to a stranger's address anybody may have us write."""
    letters = {}
    for mail, notice in _notices(mails):
        subject = _("We have your notice %(reference)s") % {"reference": notice.reference}
        is_own = notice.reader_id is not None and mail.receiver.reader_id == notice.reader_id
        letters[mail.pk] = _letter(subject, "notice_receipt", _context(notice) | {"is_own": is_own})
    return letters


def write_outcome(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """As it stands now: what was undone meanwhile has its mail once it is decided again."""
    letters = {}
    for mail, notice in _notices(mails):
        if notice.outcome != Outcome.WAITING:
            subject = _("What was decided on your notice %(reference)s") % {"reference": notice.reference}
            may = {"may_complain": rules.can_complain(notice, now)}
            letters[mail.pk] = _letter(subject, "notice_outcome", _context(notice) | may)
    return letters


def write_bar(mails: Sequence[Mail], now: datetime) -> dict[int, Letter]:
    """One query; nothing of what was taken back."""
    bars = NoticeBar.objects.filter(lifted_at=None).in_bulk([mail.about["bar"] for mail in mails])
    letters = {}
    for mail in mails:
        bar = bars.get(mail.about["bar"])
        if bar is not None:
            subject = _("Your legal notices") if bar.until is None else _("We take no notices from you for some time")
            letters[mail.pk] = _letter(subject, "notice_bar", {"bar": bar})
    return letters
