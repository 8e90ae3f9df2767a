"""What callers may want to catch."""

from __future__ import annotations


class BridgingError(ValueError):
    """Something the caller gave cannot be used; the message says what and what to do."""


class VotesError(BridgingError):
    """A vote that cannot be used. `row` is its place in the input, counted from 0, or None where no single one is to blame."""

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message if row is None else f"Vote {row + 1}: {message}")
        self.row = row
        self.reason = message


class StateError(BridgingError):
    """A saved model that is damaged, of a later version, or not a saved model at all."""


class NotFittedError(BridgingError):
    """The model has not seen votes yet: call `fit` first."""
