"""Lines of a page, and those that are figures: a score, a count of comments; and the notice of an expired body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Line:
    """A line that is not blank. `number` counts from 1; `after_blank` says whether a blank line stands before it."""

    number: int
    text: str
    after_blank: bool


class Score(NamedTuple):
    """Figures as printed; net need not equal up minus down."""

    net: int
    up: int
    down: int


_NUMBER = r"\d[\d,]{0,11}"
_NET = rf"(?P<net>[+\-−–]?\s?{_NUMBER})\s*\(\s*"
_SCORE = re.compile(
    rf"(?:^|(?<=\s)|(?<=[.!?”\"])){_NET}\+\s*(?P<up>{_NUMBER})\s*/\s*[-−–]\s*(?P<down>{_NUMBER})\s*\)\s*$"
)
_LAX_SCORE = re.compile(rf"{_NET}\+?\s*(?P<up>{_NUMBER})\s*/\s*[-−–]?\s*(?P<down>{_NUMBER})\s*\)?")
_LIKE_SCORE = re.compile(r"[+\-−–]?\s?\d[\d\s,.+\-−–/]*\([\d\s,.+\-−–/]*\)?")
_LARGEST = 10_000_000
_LONGEST = 80  # characters of a printed score

_COUNT = re.compile(
    r"\(?(?P<n>\d[\d,]{0,8})\)?\s+(?:reader\s+|user\s+)?(?:comments?|responses?|replies|reactions?)"
    r"(?:\s+(?:so far|posted|on this (?:story|article)))?[.:]?"
    r"|(?:comments?|responses?|reader comments|コメント)\s*[:：]?\s*[（(\[]?\s*(?P<m>\d[\d,]{0,8})?\s*件?[）)\]]?"
    r"|no comments(?: yet)?\.?|(?P<k>\d[\d,]{0,8})\s*件のコメント",
    re.IGNORECASE,
)
_EXPIRED = re.compile(
    r"(?=.*\b(?:article|story|page|item)\b)"
    r"(?=.*(?:\bexpired\b|no longer available|licen[cs]e (?:has )?(?:ended|run out))).{0,240}",
    re.IGNORECASE,
)


def score_at_end(text: str) -> tuple[str, Score] | None:
    """The text before a score that ends the line (empty where the line is a score), and the score."""
    match = _SCORE.search(text, max(0, len(text) - _LONGEST))
    if match is None and len(text) <= _LONGEST and (lax := _LAX_SCORE.fullmatch(text.strip())):
        match = lax
    if match is None:
        return None
    net, up, down = (_number(match[name]) for name in ("net", "up", "down"))
    if max(abs(net), up, down) > _LARGEST:
        return None
    return text[: match.start()].strip(), Score(net, up, down)


def is_like_score(text: str) -> bool:
    """Made of the signs of a score only, whether its figures can be read or not."""
    text = text.strip()[: _LONGEST + 1]
    return (
        len(text) <= _LONGEST
        and bool(_LIKE_SCORE.fullmatch(text))
        and sum(c.isdigit() for c in text) > 1
        and ("/" in text or "+" in text)
    )


def stated_count(text: str) -> int | None:
    """How many comments a line like `15 Comments` states; -1 where it is such a line without a number."""
    match = _COUNT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    number = match["n"] or match["m"] or match["k"]
    if number:
        return int(number.replace(",", ""))
    return 0 if text.strip().lower().startswith("no ") else -1


def is_expired_notice(text: str) -> bool:
    return len(text) <= 300 and bool(_EXPIRED.fullmatch(text.strip()))


def _number(text: str) -> int:
    text = text.replace(",", "").replace(" ", "").replace("−", "-").replace("–", "-")
    return int(text)
