"""Housekeeping of accounts, run by the worker."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef

from kakehashi.readers import actions, traces
from kakehashi.readers.models import Reader, Role, Session

UNCONFIRMED_FOR = timedelta(days=7)


def forget_unconfirmed(now: datetime) -> int:
    """Delete accounts nobody ever confirmed, so that a mistyped address or a joke does not hold a name for ever."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    addressed = EmailAddress.objects.filter(user=OuterRef("pk"))
    stale = Reader.objects.filter(
        Exists(addressed),
        ~Exists(confirmed),
        role=Role.READER,
        last_login=None,
        erased_at=None,
        date_joined__lt=now - UNCONFIRMED_FOR,
    )
    return stale.delete()[1].get("readers.Reader", 0)


def forget_sessions(now: datetime) -> int:
    """Delete sessions that have run out."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def carry_out_departures(now: datetime) -> int:
    """Erase the readers whose day of waiting has passed."""
    return actions.carry_out_departures(now=now)


def make_exports(now: datetime) -> int:
    """Put together the data that readers have asked for."""
    return actions.make_exports(now=now)


def forget_old(now: datetime) -> int:
    """Delete copies of data after their day, changes of address that can no longer be undone, and traces of log-ins."""
    return traces.forget(now=now) + actions.forget_exports(now=now) + actions.forget_email_changes(now=now)
