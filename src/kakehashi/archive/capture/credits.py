"""Copyright lines: the agency's credit (`© (c) 2014 AFP`, `…the end.© KYODO`) and the site's own (`©2024 Name Inc.`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = r"(?:©|Ⓒ|\(c\)|copyright\b)"
_ANY_MARK = re.compile(_MARK, re.IGNORECASE)
_LONGEST = 200
_WHOLE = re.compile(rf"{_MARK}.{{1,160}}", re.IGNORECASE)
_GLUED = re.compile(r"(?P<before>.*\S)\s*(?P<credit>(?:©|Ⓒ|\(c\)\s*(?:19|20)\d\d).{1,80})", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_COMPANY = re.compile(
    r"\b(?:inc|ltd|llc|corp|k\.?k|gmbh|plc|pty|co|b\.?v|company|limited|group|incorporated)\b\.?", re.IGNORECASE
)
_SMALL = {"by", "the", "and", "of", "all", "rights", "reserved", "de", "for", "&", "c"}
_RIGHTS = re.compile(r"all rights reserved.*|this material may not be.*|unauthori[sz]ed.*", re.IGNORECASE)


@dataclass(frozen=True)
class Credit:
    """A copyright line. `holder` without mark, years and rights; `year` 0 where none is printed."""

    before: str
    line: str
    holder: str
    year: int
    is_company: bool


def credit_of(text: str) -> Credit | None:
    """The credit that a line is or ends in; `before` is what stands in front of it, a paragraph of the story."""
    text = text.strip()
    if not _ANY_MARK.search(text, max(0, len(text) - _LONGEST)):
        return None
    if _WHOLE.fullmatch(text) and _reads_like_a_credit(text):
        return _credit("", text)
    head, tail = text[:-_LONGEST], text[-_LONGEST:]
    match = _GLUED.fullmatch(tail)
    if match and _reads_like_a_credit(match["credit"]):
        return _credit((head + match["before"]).strip(), match["credit"].strip())
    return None


def _reads_like_a_credit(text: str) -> bool:
    """Names and years, not the rest of a sentence that happens to hold the sign."""
    words = [word.strip(".,;:()©Ⓒ") for word in _RIGHTS.sub("", text).split()]
    plain = [word for word in words if word and word[0].islower() and word.lower() not in _SMALL]
    return len(words) <= 10 and not [word for word in plain if word.lower() != "copyright"]


def _credit(before: str, line: str) -> Credit | None:
    holder = _RIGHTS.sub("", re.sub(_MARK, " ", line, flags=re.IGNORECASE))
    is_company = bool(_COMPANY.search(holder))
    holder = re.sub(r"\b(?:19|20)\d\d(?:\s*[-–]\s*(?:19|20)?\d\d)?\b", " ", holder)
    holder = re.sub(r"^\s*by\b|\s+", " ", holder, flags=re.IGNORECASE).strip(" .,;:-–—|()")
    if not holder or len(holder) > 80:
        return None
    years = [int(year) for year in _YEAR.findall(line)]
    return Credit(before=before, line=line, holder=holder, year=max(years, default=0), is_company=is_company)
