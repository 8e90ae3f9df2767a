"""Plain text, the writer's words without markup: quoted, cut, compared and made searchable."""

import re
import unicodedata
from itertools import pairwise

from kakehashi.lib.text import characters as ch

_QUOTE_SIGN = re.compile(r"^((?:\s*(?:[-+*]|\d{1,9}[.)])\s+)*\s*)>")
_WORD_END = re.compile(r"\s+\S*\Z")
_NOT_WORD = re.compile(rf"(?:[^\w{ch.MARKS}]|_)+")
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
_RUN = re.compile(rf"[{ch.UNSPACED}{ch.MARKS}]*[{ch.UNSPACED}][{ch.UNSPACED}{ch.MARKS}]*")


def quote(plain: str) -> str:
    """Return the text as one Markdown quote, to prefill an answer; empty for an empty text."""
    if not plain.strip():
        return ""
    lines = (_QUOTE_SIGN.sub(r"\1\\>", line).rstrip() for line in plain.strip().split("\n"))
    return "\n".join(f"> {line}".rstrip() for line in lines)


def excerpt(plain: str, limit: int) -> str:
    """Return the text on one line, of at most `limit` characters, cut at a word and then ended by `…`."""
    if limit <= 0:
        return ""
    line = " ".join(plain[: limit * 4 + 200].split())
    if len(line) <= limit:
        return line
    cut = limit - 1
    while cut > 0 and (ch.is_mark(line[cut]) or "\u200d" in line[cut - 1 : cut + 1]):
        cut -= 1
    text = line[:cut]
    if line[cut] != " " and not (ch.is_unspaced(line[cut]) and text and ch.is_unspaced(text[-1])):
        whole_words = _WORD_END.sub("", text)
        text = whole_words if len(whole_words) * 2 >= cut else text
    return text.rstrip(" ,;:-–—") + "…"


def normal(passage: str) -> str:
    """Return a passage's letters and digits only, without case and width, to find it repeated inside another text.

    Compare with `normal(passage) in normal(text)`; a passage of signs alone is the empty string, which proves nothing.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", passage).casefold())
    return unicodedata.normalize("NFC", _NOT_WORD.sub("", folded))


def searchable(plain: str) -> str:
    """Return the words of a text or of a query, parted by single spaces, for an index that knows only spaces.

    Case, width, punctuation and Western accents are gone. A run of a script without spaces becomes overlapping pairs
    (`東京都` → `東京 京都`), a lone character stays one.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", plain).casefold())
    composed = unicodedata.normalize("NFKC", _ACCENTS.sub("", folded))
    words: list[str] = []
    for word in _NOT_WORD.sub(" ", composed).split():
        at = 0
        for run in _RUN.finditer(word):
            words += _nonempty(word[at : run.start()])
            words += _pairs(run.group())
            at = run.end()
        words += _nonempty(word[at:])
    return " ".join(words)


def _nonempty(word: str) -> list[str]:
    return [word] if word else []


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [left + right for left, right in pairwise(run)]
