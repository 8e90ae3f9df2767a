"""The sister sites are asked, and the last good copy of each is kept."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib import safe_http
from kakehashi.lib.errors import DomainError, Invalid
from kakehashi.lib.safe_http import Answer, Limits
from kakehashi.trending.models import Sister, validate_address
from kakehashi.trending.reading import TYPES, BadFeed, read_feed

logger = logging.getLogger(__name__)

# Stories kept of each, however many are shown.
KEPT_ITEMS = 10
# A worker that is killed while it asks leaves the sister to others after so long.
CLAIM = timedelta(minutes=3)
LONGEST_WAIT = timedelta(hours=12)
MOST_DOUBLINGS = 10
# Waits differ by this part, so that a thousand sites do not ask one at the same second.
JITTER = 0.2
# A run that has taken so long leaves the others to the next.
RUN_SECONDS = 90.0

Draw = Callable[[], float]


def ensure_sister(*, name: str, address: str, number: int = 3, position: int = 0) -> Sister:
    """The sister site of that name; one that is there keeps its own address. Raises `Invalid` for an address that this site
    would not ask."""
    try:
        validate_address(address)
    except ValidationError as error:
        raise Invalid(error.messages[0], code="bad-address") from error
    return Sister.objects.get_or_create(
        name=name, defaults={"address": address, "number": number, "position": position}
    )[0]


def ask_sisters(*, now: datetime | None = None, limits: Limits | None = None, draw: Draw = random.random) -> int:
    """Ask every sister site whose time has come, or whose address has changed; how many answered well."""
    now = now or timezone.now()
    until = time.monotonic() + RUN_SECONDS
    due = Sister.objects.filter(Q(next_try_at__lte=now) | ~Q(tried_address=F("address")), is_on=True)
    answered = 0
    for sister in due.order_by("next_try_at"):
        if time.monotonic() > until:
            break
        if _claim(sister, now):
            answered += _ask(sister, now, limits or Limits(), draw)
    return answered


def _claim(sister: Sister, now: datetime) -> bool:
    """Of all workers that try, one finds the row as it was read."""
    as_read = Sister.objects.filter(
        pk=sister.pk,
        address=sister.address,
        next_try_at=sister.next_try_at,
        tried_address=sister.tried_address,
        tried_at=sister.tried_at,
    )
    return bool(as_read.update(next_try_at=now + CLAIM, tried_at=now, tried_address=sister.address))


def _ask(sister: Sister, now: datetime, limits: Limits, draw: Draw) -> bool:
    # What another address answered with says nothing about this one.
    is_same = sister.copied_from == sister.address
    etag, last_modified = (sister.etag, sister.last_modified) if is_same else ("", "")
    try:
        answer = safe_http.fetch(sister.address, accept=TYPES, etag=etag, last_modified=last_modified, limits=limits)
        take_answer(sister=sister, answer=answer, now=now, draw=draw)
    except DomainError as error:
        _note_failure(sister, error, now, draw)
        return False
    except Exception:
        # Nothing that one sister sends may keep us from asking the others.
        logger.exception("the feed of a sister site could not be read")
        _write(sister, etag="", last_modified="")
        _note_failure(sister, BadFeed(_("There is no story in the feed.")), now, draw)
        return False
    return True


def take_answer(*, sister: Sister, answer: Answer, now: datetime, draw: Draw = random.random) -> None:
    """Keep what a sister's feed says now. Raises BadFeed, and keeps what there was."""
    if answer.is_unchanged and sister.copied_from != sister.address:
        # Nobody had asked whether anything changed.
        raise BadFeed(_("There is no story in the feed."))
    values: dict[str, object] = {}
    if not answer.is_unchanged:
        entries = read_feed(
            answer.body,
            content_type=answer.content_type,
            charset=answer.charset,
            url=answer.url,
            number=KEPT_ITEMS,
        )
        values = {
            "copy": [list(entry) for entry in entries],
            "copied_from": sister.address,
            "etag": answer.etag,
            "last_modified": answer.last_modified,
        }
    every = timedelta(minutes=settings.KAKEHASHI_SISTERS_MINUTES)
    _write(
        sister,
        good_at=now,
        tried_at=now,
        tried_address=sister.address,
        failures=0,
        failure="",
        next_try_at=now + _about(every, draw),
        **values,
    )


def _note_failure(sister: Sister, error: DomainError, now: datetime, draw: Draw) -> None:
    """Wait twice as long each time, and as long as the other side asks for."""
    every = timedelta(minutes=settings.KAKEHASHI_SISTERS_MINUTES)
    wait = _about(min(every * 2 ** min(sister.failures + 1, MOST_DOUBLINGS), LONGEST_WAIT), draw)
    asked_for = error.retry_after if isinstance(error, safe_http.Refused) else None
    wait = max(wait, asked_for) if asked_for is not None else wait
    _write(sister, failures=F("failures") + 1, failure=str(error)[:300], next_try_at=now + wait)


def _write(sister: Sister, **values: object) -> None:
    """Unless the address was changed meanwhile: then this was about another feed."""
    Sister.objects.filter(pk=sister.pk, address=sister.address).update(**values)


def _about(wait: timedelta, draw: Draw) -> timedelta:
    return wait * (1 + JITTER * (2 * draw() - 1))
