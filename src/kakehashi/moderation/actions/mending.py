"""Checks that do not work: noted with the first comment that one of them held, and tried until they do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import translation

from kakehashi.comments.actions.recent import Recent
from kakehashi.moderation.checks import running
from kakehashi.moderation.checks.draft import Draft, Refused
from kakehashi.moderation.checks.running import Result
from kakehashi.moderation.models import Breakdown, Verdict
from kakehashi.readers.models import Reader

# What a check is tried with. No comment: nothing of it is kept.
PROBE = "The lamps were lit before the boats came in."


def note_breakdowns(*, results: Iterable[Result], now: datetime) -> None:
    """Note that these checks have failed, each for one comment more. Last in a transaction: others wait for the rows."""
    for result in results:
        is_open = Breakdown.objects.filter(check_name=result.check_name, ended_at=None)
        counted = {"last_at": now, "error": result.error, "comments": F("comments") + 1}
        if is_open.update(**counted):
            continue
        try:
            with transaction.atomic():
                Breakdown.objects.create(
                    check_name=result.check_name, since=now, last_at=now, error=result.error, comments=1
                )
        except IntegrityError:
            is_open.update(**counted)


def try_broken_checks(*, now: datetime) -> int:
    """Try each check that is noted as broken; how many work again, or are no longer asked. For the worker: nobody waits."""
    checks = {check.name: check for check in running.configured()}
    mended = 0
    for broken in Breakdown.objects.filter(ended_at=None):
        check = checks.get(broken.check_name)
        if check is None or _works(check, now):
            mended += Breakdown.objects.filter(pk=broken.pk, ended_at=None).update(ended_at=now)
    return mended


def _works(check: running.Check, now: datetime) -> bool:
    try:
        with translation.override(settings.LANGUAGE_CODE):
            result = running.run(check, _probe(now), seconds=settings.KAKEHASHI_CHECK_SECONDS)
    except Refused:
        return True
    return result is None or result.finding.verdict != Verdict.BROKEN


def _probe(now: datetime) -> Draft:
    """By nobody, about nothing."""
    nobody = Reader(pk=0, name="Kakehashi", email="probe@kakehashi.invalid")
    return Draft(
        author=nobody,
        thread_id=0,
        story_id=0,
        section_id=0,
        source=PROBE,
        plain=PROBE,
        html=f"<p>{PROBE}</p>",
        parent=None,
        quoted=None,
        mentioned=(),
        language="en",
        reads_in=settings.LANGUAGE_CODE,
        now=now,
        recent=Recent([], []),
    )
