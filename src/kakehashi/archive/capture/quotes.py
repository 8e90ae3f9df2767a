"""Finding where a passage was said before, though spaces, signs, case, apostrophes or a letter differ."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from kakehashi.archive.capture.words import COMMON_WORDS

_WIDE = r"[぀-ヿ㐀-鿿가-힣]"
_TOKEN = re.compile(rf"{_WIDE}|(?:(?!{_WIDE})[^\W_])+(?:['’‘`´](?:(?!{_WIDE})[^\W_])+)*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)  # two links to one page quote nobody
_APOSTROPHES = re.compile(r"['’‘`´]")
_GAP = re.compile(r"\s*(?:…|\.\s?\.\s?\.[.\s]*|\[\W*\]|\(\W*\))\s*")
_RUN = 3  # words in a row that the passage and its source must share
_SOURCES_A_RUN = 16  # earliest places kept of a run: a phrase repeated a thousand times costs no more
_LONGEST_SOURCE = 2_000  # words of a paragraph that can be found again
_LONGEST_PASSAGE = 400  # words compared
_LONGEST_TEXT = 10_000
_VARIETY = 0.15  # different words among all: less is drumming, costly to compare and worth nothing
_LIKE = 0.87


@dataclass(frozen=True)
class Match:
    """`owner` said it first; `is_whole`: the passage is the whole of a paragraph of theirs."""

    owner: int
    likeness: float
    is_whole: bool


def tokens(text: str) -> list[str]:
    """The words without case, width, apostrophes and web addresses; each sign of a script without spaces is a word."""
    words = _TOKEN.finditer(_ADDRESS.sub(" ", text))
    return [_APOSTROPHES.sub("", unicodedata.normalize("NFKC", word.group()).casefold()) for word in words]


def telling_words(words: Sequence[str]) -> set[str]:
    """The words that are not among the commonest, in a rough singular."""
    return {word.removesuffix("s") for word in words if len(word) > 3 and word not in COMMON_WORDS}


def is_telling(words: Sequence[str], *, least: int) -> bool:
    """Long enough to be no coincidence: `least` words, or three and more with two uncommon ones."""
    if len(words) >= least:
        return True
    return len(words) >= _RUN and sum(word not in COMMON_WORDS for word in words) >= 2


class Passages:
    """The paragraphs said so far, each with its owner (0: the story, else a comment's position)."""

    def __init__(self) -> None:
        self._paragraphs: list[tuple[int, list[str]]] = []
        self._places: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)

    def add(self, text: str, owner: int) -> None:
        words = tokens(text)[:_LONGEST_SOURCE]
        number = len(self._paragraphs)
        self._paragraphs.append((owner, words))
        for start in range(len(words) - _RUN + 1):
            places = self._places[tuple(words[start : start + _RUN])]
            if len(places) < _SOURCES_A_RUN:
                places.append((number, start))

    def find(self, text: str) -> Match | None:
        """Who said this before: the likest paragraph, the earliest of equals. Pieces parted by "…" must share an owner."""
        pieces = [words for piece in _GAP.split(text[:_LONGEST_TEXT], maxsplit=9) if (words := tokens(piece))]
        if not pieces or max(map(len, pieces)) < _RUN:
            return None
        whole = self._find([word for words in pieces for word in words])
        if whole is not None or len(pieces) == 1:
            return whole
        found = [self._find(words) for words in pieces if len(words) >= _RUN]
        first = found[0]
        if first is None or any(match is None or match.owner != first.owner for match in found):
            return None
        return Match(first.owner, min(match.likeness for match in found if match), is_whole=False)

    def _find(self, words: list[str]) -> Match | None:
        words = words[:_LONGEST_PASSAGE]
        votes: Counter[tuple[int, int]] = Counter()
        for start in range(len(words) - _RUN + 1):
            for number, place in self._places.get(tuple(words[start : start + _RUN]), ()):
                votes[number, (place - start) // 8] += 1
        best: Match | None = None
        for (number, shift), _votes in sorted(votes.most_common(8), key=lambda item: item[0]):
            owner, said = self._paragraphs[number]
            start = max(0, shift * 8 - 4)
            window = said[start : shift * 8 + len(words) + 12]
            likeness = _likeness(words, window)
            if likeness >= _LIKE and (best is None or likeness > best.likeness):
                is_whole = len(said) <= len(words) * 1.1 + 1
                best = Match(owner, likeness, is_whole)
        return best


def _likeness(words: list[str], window: list[str]) -> float:
    """How much of both is the same, from 0 to 1, where the window is cut to the part that the words fit."""
    if any(window[at : at + len(words)] == words for at in range(len(window) - len(words) + 1)):
        return 1.0
    if len(set(words)) < len(words) * _VARIETY:
        return 0.0
    if (Counter(words) & Counter(window)).total() < len(words) * 0.6:
        return 0.0
    blocks = [
        block for block in SequenceMatcher(None, window, words, autojunk=False).get_matching_blocks() if block.size
    ]
    if not blocks:
        return 0.0
    first, last = blocks[0], blocks[-1]
    # What the passage has in front of its first shared word, and behind its last, is compared too.
    begin = max(0, first.a - first.b)
    end = last.a + last.size + (len(words) - last.b - last.size)
    cut = window[begin:end]
    if len(words) > 80:
        return 2 * sum(block.size for block in blocks) / (len(words) + len(cut))
    return SequenceMatcher(None, " ".join(cut), " ".join(words), autojunk=False).ratio()
