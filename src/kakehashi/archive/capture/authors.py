"""Which lines of a discussion without scores are the names of authors, and which are what they wrote.

Every short line gets a weight of evidence (positive: a name) from its own shape and its neighbours. Names then are the set
of lines with the greatest sum in which no two are neighbours and the last line is none: each author wrote something.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kakehashi.archive.capture.shapes import Line
from kakehashi.archive.capture.stamps import is_stamp_line
from kakehashi.archive.capture.words import FUNCTION_WORDS, LINKING_WORDS, REMARKS

LONGEST_NAME = 40
UNSURE = 1.5
_IMPOSSIBLE = float("-inf")

_URL = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_END = re.compile(r"[.!?…。!?]+[\"'”’»」)\]]*$|[\"”»」]$")
_OPEN_END = re.compile(r"[,:;(\-–—]$")
_ABBREVIATION = re.compile(r"\b(?:[jms]r|dr|inc|esq|[a-z])\.$", re.IGNORECASE)
_CONTRACTION = re.compile(r"\w['’](?:t|m|re|s|ve|ll|d)\b", re.IGNORECASE)
_CJK = re.compile(r"[぀-ヿ㐀-鿿가-힣]")


@dataclass(frozen=True)
class Split:
    """Indexes of the author lines, in order; `unsure` are those (chosen or left) whose evidence was thin."""

    authors: list[int]
    unsure: list[int]


def split_by_authors(lines: Sequence[Line], *, stated: int = -1, starts_here: bool = True) -> Split:
    """Find the author lines. `stated` is the number of comments that the page states (-1: none); it settles doubtful
    lines, never clear ones. `starts_here`: the first line is the first comment's author unless it cannot be a name."""
    weights = _weights(lines)
    if starts_here and weights and weights[0] > -2.0:
        weights[0] = max(weights[0], 6.0)
    authors = _best(weights, 0.0)
    if stated > 0 and len(authors) != stated:
        authors = _best_of_number(weights, stated) or authors
    chosen = set(authors)
    unsure = [index for index in authors if weights[index] < UNSURE]
    unsure += [
        index
        for index, weight in enumerate(weights)
        if index not in chosen and weight > -UNSURE and not ({index - 1, index + 1} & chosen)
    ]
    return Split(authors=authors, unsure=sorted(unsure))


def is_possible_name(text: str) -> bool:
    """Short enough, with a letter or digit, and without signs that no display name holds."""
    text = text.strip()
    return (
        0 < len(text) <= LONGEST_NAME
        and not _URL.search(text)
        and not set(text) & set("/\\<>@|")
        and any(character.isalnum() for character in text)
    )


def name_weight(text: str) -> float:
    """Evidence from the line alone that it is a display name; minus infinity: it cannot be."""
    text = text.strip()
    if not is_possible_name(text):
        return _IMPOSSIBLE
    words = [word.strip(".,!?") for word in text.lower().split()]
    if " ".join(words) in REMARKS:
        return -6.0
    weight = {1: 2.0, 2: 1.5, 3: 0.3, 4: -1.2}.get(_word_count(text), -3.0)
    if _END.search(text):
        weight -= 0.5 if _ABBREVIATION.search(text) else 3.0
    elif _OPEN_END.search(text):
        weight -= 4.5
    is_titled = all(
        not word[0].isalpha() or word[0].isupper() or word in LINKING_WORDS or bool(_CJK.match(word))
        for word in text.split()
    )
    functions = sum(word in FUNCTION_WORDS for word in words)
    links = sum(word in LINKING_WORDS for word in words)
    weight -= min(functions * (0.7 if is_titled and len(words) > 1 else 1.5) + links * (0.2 if is_titled else 0.7), 4.0)
    weight -= min(sum(text[:-1].count(sign) for sign in '?!,;:"“”'), 2) * 2.0
    weight -= 1.5 if _CONTRACTION.search(text) else 0.0
    weight -= 0.7 * sum(word not in {"&", "+"} and not any(c.isalnum() for c in word) for word in text.split())
    if _word_count(text) == 1 and re.search(r"\d|_|[a-z][A-Z]|-\w", text) and re.search(r"[^\W\d_]", text):
        weight += 0.7
    return weight


def _word_count(text: str) -> int:
    """Words; beyond four, each four signs of a script without spaces count as one more."""
    return len(text.split()) + max(0, len(_CJK.findall(text)) - 4) // 4


def _weights(lines: Sequence[Line]) -> list[float]:
    times = Counter(line.text.strip().casefold() for line in lines)
    addressed = {name.rstrip(".,:;!?") for line in lines for name in _names_addressed(line.text)}
    # Blank lines speak only where some lines have one before them and others have none.
    blanks = sum(line.after_blank for line in lines[1:])
    has_blocks = 0 < blanks < len(lines) - 1
    weights = []
    for index, line in enumerate(lines):
        weight = name_weight(line.text)
        if weight == _IMPOSSIBLE or index + 1 == len(lines):
            weights.append(_IMPOSSIBLE)
            continue
        name = line.text.strip().casefold()
        if times[name] > 1 and weight > 0.5:
            weight += 2.0
        around = _after(lines[index + 1].text) + (_before(lines[index - 1].text) if index else 1.0)
        # A good place makes no name of what does not look like one.
        weight += around if weight > 0 or around < 0 else 0.6 * around
        if name in addressed:
            weight += 2.5
        if has_blocks:
            weight += 1.5 if line.after_blank or not index else -2.5
        weights.append(weight)
    return weights


def _names_addressed(text: str) -> list[str]:
    """The first one to four words behind each of the first `@` of a line, each of which may be a name."""
    names = []
    for part in text.casefold().split("@", 8)[1:8]:
        words = part[: LONGEST_NAME + 1].split()[:4]
        names += [" ".join(words[: count + 1]) for count in range(len(words))]
    return names


def _after(text: str) -> float:
    """Evidence from the line that follows: names stand before what was written, long and with an end."""
    if is_stamp_line(text):
        return 4.0
    if _URL.match(text):
        return 0.5
    if text.startswith(("@", ">", '"', "“", "「")):
        return 1.5
    weight = 1.5 if _word_count(text) >= 6 else 0.0
    weight += 1.0 if _END.search(text) else 0.0
    return weight if weight or name_weight(text) < 1.0 else -0.5


def _before(text: str) -> float:
    """Evidence from the line in front: it ends what somebody else wrote."""
    if _OPEN_END.search(text):
        return -2.5
    if _END.search(text) or _URL.match(text.rsplit(maxsplit=1)[-1]):
        return 1.5
    if name_weight(text) < 0:
        return 0.5 if _word_count(text) <= 4 else -0.3
    return -2.0


def _best(weights: Sequence[float], bias: float) -> list[int]:
    """The lines that make the greatest sum of weight + bias, no two of them neighbours."""
    best: list[float] = [0.0, 0.0]  # the best of the first n lines, shifted by one
    takes: list[bool] = []
    for weight in weights:
        taken = best[-2] + weight + bias
        takes.append(taken > best[-1])
        best.append(max(taken, best[-1]))
    chosen, index = [], len(weights) - 1
    while index >= 0:
        if takes[index]:
            chosen.append(index)
            index -= 1
        index -= 1
    return chosen[::-1]


def _best_of_number(weights: Sequence[float], number: int) -> list[int] | None:
    """The best set of exactly so many lines, reached by favouring or doubting all lines alike, within reason."""
    low, high = -2.5, 2.5
    for _round in range(24):
        middle = (low + high) / 2
        chosen = _best(weights, middle)
        if len(chosen) == number:
            return chosen
        low, high = (middle, high) if len(chosen) < number else (low, middle)
    return None
