"""What can go wrong outside, each with a sentence for whoever listed the address."""

from __future__ import annotations

from datetime import timedelta

from kakehashi.lib.errors import DomainError


class OutsideError(DomainError):
    """Nothing usable came from outside."""

    status = 502
    default_code = "outside"


class BadAddress(OutsideError):
    """The address, or one that it leads to, is none that we would ask."""

    default_code = "bad-address"


class PrivateAddress(BadAddress):
    """The name leads into a network that is not public."""

    default_code = "private-address"


class Unreachable(OutsideError):
    """No such name, no connection, no trust in the certificate."""

    default_code = "unreachable"


class TooSlow(OutsideError):
    default_code = "too-slow"


class TooLarge(OutsideError):
    default_code = "too-large"


class TooManyRedirects(OutsideError):
    default_code = "too-many-redirects"


class WrongType(OutsideError):
    """Something else came than was asked for, a page where a feed should be."""

    default_code = "wrong-type"


class BadAnswer(OutsideError):
    """What came is not HTTP, was cut off, or cannot be unpacked."""

    default_code = "bad-answer"


class Refused(OutsideError):
    """The other side answered with an error. `answered` is its status, `retry_after` how long it asks us to wait."""

    default_code = "refused"

    def __init__(self, message: str, *, answered: int, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.answered = answered
        self.retry_after = retry_after
