"""What is wrong when the database cannot do its part: the one place that tells it from a fault of ours."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass

from django.db import InterfaceError, InternalError, OperationalError
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext as _

from kakehashi.lib.errors import DomainError

SQLITE_REASONS = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_INTERRUPT: "slow",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CANTOPEN: "away",
    sqlite3.SQLITE_IOERR: "away",
}
# By PostgreSQL's SQLSTATE, or its class of two characters.
POSTGRESQL_REASONS = {
    "57014": "slow",
    "55P03": "locked",
    "40": "locked",
    "53100": "full",
    "25006": "read-only",
}
RETRY_SECONDS = {"away": 5, "slow": 5, "locked": 2, "full": 60, "read-only": 60}


@dataclass(frozen=True)
class Trouble:
    """`reason` is away, slow, locked, full or read-only: for logs and figures, and for how soon to try again."""

    reason: str

    @property
    def retry_after(self) -> int:
        """Seconds."""
        return RETRY_SECONDS[self.reason]


class Unavailable(DomainError):
    """The site cannot do it now, and will do it again by itself."""

    status = 503
    default_code = "unavailable"

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(sentence(trouble))
        self.trouble = trouble


def sentence(trouble: Trouble) -> str:
    if trouble.reason in {"full", "read-only"}:
        return _("The site cannot keep anything new just now, because its storage is full or closed.")
    return _("The site’s database does not answer just now. It comes back by itself; please try again in a moment.")


def trouble_of(error: BaseException | None) -> Trouble | None:
    """What keeps the database (or the disk) from its work, or None for an error of another kind."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Trouble("full")
    if isinstance(error, TransactionManagementError):
        # Somebody went on after the failure, which is what it comes from.
        return trouble_of(error.__cause__ or error.__context__)
    if not isinstance(error, OperationalError | InterfaceError | InternalError):
        return None
    reason = _reason(error.__cause__)
    if reason is None and not isinstance(error.__cause__, sqlite3.Error) and not isinstance(error, InternalError):
        reason = "away"
    return Trouble(reason) if reason else None


def _reason(cause: BaseException | None) -> str | None:
    """What the database itself said, or None where it said nothing or something else."""
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return SQLITE_REASONS.get(code & 0xFF)
    state = getattr(cause, "sqlstate", None) or ""
    return POSTGRESQL_REASONS.get(state) or POSTGRESQL_REASONS.get(state[:2])
