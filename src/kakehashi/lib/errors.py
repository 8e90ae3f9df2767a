"""One error tree for everything a person can do wrong; one middleware renders it (server.middleware)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class DomainError(Exception):
    """A refusal with a sentence for the person who asked.

    `message` says what happened and what to do; `code` is stable and machine-readable; `status` is the HTTP status.
    """

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code

    def __str__(self) -> str:
        return str(self.message)


class Invalid(DomainError):
    """What was sent cannot be used as it is."""

    status = 422
    default_code = "invalid"


class NotAllowed(DomainError):
    """The person may know of the thing but not do this to it."""

    status = 403
    default_code = "not-allowed"


class NotFound(DomainError):
    """Absent, or not for this person to know of: the answer is the same."""

    status = 404
    default_code = "not-found"


class Conflict(DomainError):
    """Somebody else was quicker: the name is taken, the thread has closed."""

    status = 409
    default_code = "conflict"


class TooMany(DomainError):
    """A limit was reached; `retry_at` (UTC) says when the same request will pass."""

    status = 429
    default_code = "too-many"

    def __init__(self, message: str, *, retry_at: datetime, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_at = retry_at
