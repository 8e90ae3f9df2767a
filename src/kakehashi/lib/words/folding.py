"""What a text says, whatever it is dressed up as: the same letters in another case, width or script, with marks, with
signs between them, with digits in their places, or stretched.

Pure, and linear in the length of the text. docs/decisions tells why each of these is undone, and what is not.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from kakehashi.lib.text import characters as ch
from kakehashi.lib.words.lookalikes import LOOKALIKES

# At a place where a word may begin or end; a place over which no word reaches.
BORDER, WALL = 1, 2
# Stands for 1, ! and |, which may be an i or an l. No folded text holds it otherwise.
I_OR_L = "ı"
# i and l are looked up as one letter, and told apart afterwards.
COARSE = str.maketrans({"l": "i", I_OR_L: "i"})
# So many single letters in a row are one word that is spelled out.
SPELLED = 3

_UNSEEN = re.compile(rf"[{ch.UNSEEN}\u200c-\u200f\u061c\ufe00-\ufe0f\u180b-\u180f\U000e0000-\U000e0fff]+")
_STACKED = re.compile(f"[{ch.STACKABLE_MARKS}]+")
_LETTERS = re.compile(rf"(?:[^\W_]|[{ch.MARKS}])+")
_ASCII_LETTERS = re.compile(r"[a-z0-9]+")
# What parts words in ordinary writing. Other signs within a word are there to hide it.
_PARTS = re.compile(r"[\s'’‘ʼ\"“”„«»()\[\]{}/\\,;:?!¿¡&\-‐-―−、。「」『』（）！？…]")
_IS_UNSPACED = re.compile(f"[{ch.UNSPACED}]")
# Han and kana: letters with no space between them, whatever they say.
_IS_CLOSE = re.compile(rf"[{ch.HAN}\u3041-\u309f\u30a1-\u30ff\u31f0-\u31ff]")
_IS_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_RUNS = re.compile(r"([^\x00])\1*")
_DOUBLED = re.compile(r"([^\x00])\1+")

_LEET = str.maketrans(
    {"0": "o", "1": I_OR_L, "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e",
     "£": "l", "!": I_OR_L, "|": I_OR_L, "+": "t"}
)  # fmt: skip
_HAS_LEET = re.compile(r"[013457-9@$€£!|+]")
# Where no spaces part words a number stands beside letters for no reason: 455円.
_CHUNK = re.compile(rf"[^\s{ch.UNSPACED}]+")
_HAS_LETTER = re.compile(r"[^\W\d_]")
# At the end of a word these are what they are everywhere else.
_TAIL = '!|+.,;:?)"”’'
_AROUND = f"{_TAIL}(“‘'«»#"
# A number with what it counts or measures, or one by another: 1st, 10s, 5km, 4x4.
_COUNTED = re.compile(
    r"[$€£]?\d+([.,:/x-]\d+)*-?(st|nd|rd|th|s|sec|min|h|hrs?|d|am|pm|k|bn|m|km|cm|mm|g|kg|mg|t|l|ml|w|kw|kwh|mw|gw|v|kb|mb|"
    r"gb|tb|hz|khz|mhz|ghz|p|px|x|c|f)?"
)


def fold(text: str) -> str:
    """The text without case, width, marks on its letters and unseen signs; look-alike letters are one. Folding what is
    folded changes nothing."""
    if text.isascii():
        return text.lower()
    seen = _UNSEEN.sub("", text)
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", seen).casefold())
    letters = _STACKED.sub("", wide).translate(LOOKALIKES)
    return unicodedata.normalize("NFC", letters)


@dataclass(frozen=True)
class Reading:
    """One way to read a text. `letters` are all its letters without anything between them; `flags` say for each place
    before a letter, and at the end, whether a word may begin there (BORDER) and whether none reaches over it (WALL).
    `collapsed` is what is looked up: no letter twice in a row, i and l one letter."""

    letters: str
    flags: bytes
    collapsed: str
    _joined: str

    @cached_property
    def starts(self) -> list[int]:
        """Where in `letters` each letter of `collapsed` begins, and the end."""
        starts, before = [], 0
        # Between runs that must not become one stands a NUL.
        for run in _RUNS.finditer(self._joined):
            starts.append(run.start() - before)
            before += self._joined.startswith("\x00", run.end())
        return [*starts, len(self.letters)]

    @cached_property
    def walls(self) -> list[int]:
        """How many walls stand before each place."""
        counts, so_far = [0], 0
        for flag in self.flags:
            so_far += flag >> 1 & 1
            counts.append(so_far)
        return counts

    def said(self, begin: int, end: int) -> str:
        """What stands there, with a space for each wall."""
        letters = self.letters.replace(I_OR_L, "i")
        return "".join(
            f" {letters[place]}" if place > begin and self.flags[place] & WALL else letters[place]
            for place in range(begin, end)
        )

    def is_border(self, place: int) -> bool:
        """Whether a word may begin or end here. Where a script without spaces is on one side, it may."""
        if self.flags[place] & BORDER:
            return True
        return is_unspaced(self.letters[place - 1]) or is_unspaced(self.letters[place])

    @cached_property
    def words(self) -> list[tuple[int, int]]:
        """(begin, end) of what stands between walls."""
        places = [place for place, flag in enumerate(self.flags) if flag & WALL]
        return list(itertools.pairwise(places))


def is_unspaced(letter: str) -> bool:
    """Whether its script puts no spaces between words."""
    return not letter.isascii() and _IS_UNSPACED.match(letter) is not None


def read(text: str) -> list[Reading]:
    """The ways to read a text: as it stands, and with digits and signs for the letters that they resemble."""
    folded = fold(text)
    undone = _without_leet(folded)
    return [reading(folded)] + ([reading(undone)] if undone != folded else [])


def _without_leet(folded: str) -> str:
    """`sh0p`, `$hop`; not `2026`, nor `1st`."""
    return _CHUNK.sub(_letters_for_signs, folded) if _HAS_LEET.search(folded) else folded


def _letters_for_signs(chunk: re.Match[str]) -> str:
    said = chunk.group()
    if not (_HAS_LEET.search(said) and _HAS_LETTER.search(said)) or _COUNTED.fullmatch(said.strip(_AROUND)):
        return said
    end = len(said.rstrip(_TAIL))
    return said[:end].translate(_LEET) + said[end:]


def reading(folded: str) -> Reading:
    """Folded text as letters, with what stands between them as flags."""
    pieces = list((_ASCII_LETTERS if folded.isascii() else _LETTERS).finditer(folded))
    words = [piece[0] for piece in pieces]
    lengths = [len(word) for word in words]
    flags = bytearray(sum(lengths) + 1)
    joined: list[str] = []
    place, before = 0, 0
    for word, length, gap in zip(words, lengths, _gaps(folded, pieces, lengths), strict=True):
        flags[place] = gap
        # A letter doubled over a border is one that is spelled out; else each word keeps its own.
        if before and (gap & WALL or (length > 1 and before > 1)):
            joined.append("\x00")
        joined.append(word)
        place, before = place + length, length
    flags[place] = BORDER | WALL
    coarse = "".join(joined).translate(COARSE)
    return Reading("".join(words), bytes(flags), _DOUBLED.sub(_first, coarse).replace("\x00", ""), coarse)


def _first(run: re.Match[str]) -> str:
    return run[1]


def _gaps(folded: str, pieces: list[re.Match[str]], lengths: list[int]) -> list[int]:
    """For each piece, the flags of the place before it."""
    if not pieces:
        return []
    kinds, end = [BORDER | WALL], pieces[0].end()
    for after in pieces[1:]:
        between = folded[end : after.start()]
        is_wall = (between == " " or _PARTS.search(between)) and not _is_idle(folded[end - 1], between, after[0][0])
        kinds.append(BORDER | WALL if is_wall else BORDER)
        end = after.end()
    # Within what is spelled out stand no walls.
    first = 0
    for number, length in enumerate([*lengths, SPELLED]):
        if length > 1:
            # Two syllables are a whole word of Korean.
            if number - first >= SPELLED or (number - first == 2 and _IS_HANGUL.match(pieces[first][0])):
                for inner in range(first + 1, number):
                    kinds[inner] = BORDER
            first = number + 1
    return kinds


def _is_idle(before: str, between: str, after: str) -> bool:
    """Whether these are spaces that part no words, as between letters of Chinese and Japanese; a blank line does."""
    return (
        before > "\u2e7f"
        and between.isspace()
        and between.count("\n") < 2
        and _IS_CLOSE.match(before) is not None
        and _IS_CLOSE.match(after) is not None
    )
