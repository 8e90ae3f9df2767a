"""The one figure that others ask for."""

from __future__ import annotations

from dataclasses import dataclass

from kakehashi.moderation.model import versions


@dataclass(frozen=True)
class Score:
    """How likely a text is to be removed here, `value` 0 to 1, by which `version`. `is_prior`: by the word list, for want
    of decisions to learn from, so that it is an order rather than a share to count on."""

    value: float
    version: str
    is_prior: bool


def score(plain: str, language: str) -> Score:
    """Of a comment's plain text; `language` is the site's, where the script tells none. 1 query, see `versions.in_use`."""
    reckoner = versions.in_use()
    return Score(reckoner.probability(plain, language), reckoner.version, reckoner.is_prior)
