"""Many phrases looked for in one text at once, in time that grows with the text and not with their number.

An Aho–Corasick automaton (pyahocorasick) finds where the letters of phrases stand; what it finds is then looked at closely:
whether words begin and end there, and whether the letters are those of the phrase. Phrases hold two wildcards, `*` for any
letters within a word and `?` for one. Nothing that people type becomes a regular expression.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import ahocorasick

from kakehashi.lib.words.folding import COARSE, I_OR_L, SPELLED, WALL, Reading, fold, is_unspaced, reading

T = TypeVar("T")

LONGEST_PHRASE = 120
# So many letters in a row a phrase with wildcards holds at least, and of a script without spaces one with or without:
# what is shorter would be found everywhere.
FEWEST_LETTERS = 3
FEWEST_UNSPACED = 2

ANY, ONE = "*", "?"
_WILDCARDS = re.compile(r"([*?])")
_RUNS = re.compile(r"(.)\1*")
_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True)
class Match(Generic[T]):
    """`value` is what was given with the phrase; `letters` is what the text says there, without what stood between."""

    value: T
    phrase: str
    letters: str


@dataclass
class Found(Generic[T]):
    """`fine` are the phrases within which others do not count; `steps` counts letters compared, which is what the time
    goes by."""

    matches: list[Match[T]] = field(default_factory=list)
    fine: list[Match[T]] = field(default_factory=list)
    steps: int = 0


@dataclass(slots=True)
class _Phrase:
    """One phrase made ready, when its key is first met with. One whose only wildcards stand at its ends is compared letter
    by letter (`runs`, `spaces`), another one word by word (`words`, of which the one at `key_word` holds the key)."""

    length: int
    runs: tuple[str, ...] = ()
    spaces: tuple[int, ...] = ()
    is_open_before: bool = False
    is_open_after: bool = False
    words: tuple[str, ...] = ()
    key_word: int = 0


def words_of(phrase: str) -> list[str]:
    """The words of a phrase, folded, with their wildcards; what stands between is gone. One that is spelled out letter by
    letter is one word."""
    folded = fold(phrase[:LONGEST_PHRASE])
    words = [word for part in folded.split() for word in _words_in(part)]
    if len(words) >= SPELLED and all(len(word) == 1 for word in words):
        words = ["".join(words)]
    return [word for word in words if word.strip(ANY)]


def _words_in(part: str) -> list[str]:
    """Of what stands between two spaces."""
    if part.isascii() and part.isalnum():
        return [part]
    words = [""]
    for piece in _WILDCARDS.split(part):
        if piece in {ANY, ONE}:
            words[-1] += "" if piece == ANY and words[-1].endswith(ANY) else piece
            continue
        found = reading(piece)
        walls = [place for place, flag in enumerate(found.flags) if flag & WALL][1:-1]
        first, *more = [found.letters[a:b] for a, b in itertools.pairwise([0, *walls, len(found.letters)])]
        words[-1] += first
        words += more
    return words


def is_findable(phrase: str) -> bool:
    """Whether the phrase says enough to be looked for: two letters, and in a row three of them beside wildcards."""
    return bool(_key(phrase))


def _key(phrase: str) -> str:
    """What the automaton looks for: all letters, or the longest piece between wildcards. Empty: it says too little."""
    if phrase.isascii() and phrase.isalnum() and len(phrase) <= LONGEST_PHRASE:
        return _coarse(phrase.lower()) if len(phrase) >= FEWEST_UNSPACED else ""
    words = words_of(phrase)
    if not words:
        return ""
    inner, *_open = _inner(words)
    if not _has_wildcards(inner):
        pieces = ["".join(inner)]
        fewest = FEWEST_UNSPACED if inner == words else FEWEST_LETTERS
        return _collapsed(inner) if _is_enough(pieces[0], fewest) else ""
    piece, _at = _longest(inner)
    return _coarse(piece) if _is_enough(piece, FEWEST_LETTERS) else ""


def _is_enough(letters: str, fewest: int) -> bool:
    is_mixed = not letters.isascii() and any(map(is_unspaced, letters))
    return len(letters) >= (FEWEST_UNSPACED if is_mixed else fewest)


def _inner(words: list[str]) -> tuple[list[str], bool, bool]:
    """The words without the wildcards at both ends, and whether there were any."""
    inner = " ".join(words).strip(ANY).split(" ")
    return inner, words[0].startswith(ANY), words[-1].endswith(ANY)


def _has_wildcards(words: list[str]) -> bool:
    return any(ANY in word or ONE in word for word in words)


def _longest(words: list[str]) -> tuple[str, int]:
    """The longest piece between wildcards, and the number of the word in which it stands."""
    pieces = [(piece, at) for at, word in enumerate(words) for piece in word.replace(ONE, ANY).split(ANY)]
    return max(pieces, key=lambda found: len(found[0]))


def _coarse(letters: str) -> str:
    """As the automaton has letters: no two alike in a row, i and l one."""
    return _DOUBLED.sub(r"\1", letters.translate(COARSE))


def _collapsed(words: list[str]) -> str:
    return "".join(map(_coarse, words))


def _always(_value: object) -> bool:
    return True


class Matcher(Generic[T]):
    """Phrases, each with a value that matches carry. Made once, then used by many threads."""

    def __init__(self, phrases: Iterable[tuple[str, T]], fine: Iterable[tuple[str, T]] = ()) -> None:
        """What stands within one of the phrases that are `fine` does not count. Phrases that are not `is_findable` are left
        out."""
        self._phrases: list[tuple[str, T]] = []
        self._ready: dict[int, _Phrase] = {}
        by_key: dict[str, list[int]] = {}
        for phrase, value in phrases:
            if key := _key(phrase):
                by_key.setdefault(key, []).append(len(self._phrases))
                self._phrases.append((phrase, value))
        self._automaton = ahocorasick.Automaton()
        for key, numbers in by_key.items():
            self._automaton.add_word(key, (len(key), tuple(numbers)))
        if by_key:
            self._automaton.make_automaton()
        excuses = list(fine)
        self._fine: Matcher[T] | None = Matcher(excuses) if excuses else None

    def __len__(self) -> int:
        return len(self._phrases)

    def find(self, readings: Sequence[Reading], counts: Callable[[T], bool] = _always) -> Found[T]:
        """Which phrases stand in the text, each once; of those whose value `counts`."""
        found: Found[T] = Found()
        seen: set[int] = set()
        for one in readings:
            reach = self._fine._reach(one, counts, found) if self._fine is not None else []
            for number, begin, end in self._places(one, seen, found):
                phrase, value = self._phrases[number]
                if not counts(value) or (reach and reach[begin] >= end):
                    continue
                seen.add(number)
                found.matches.append(Match(value, phrase, one.said(begin, end)))
        return found

    def _reach(self, one: Reading, counts: Callable[[T], bool], found: Found[T]) -> list[int]:
        """For each place in the text, how far a phrase reaches that begins there or before it; empty where there is none."""
        ends = [0] * (len(one.letters) + 1)
        for number, begin, end in self._places(one, set(), found):
            phrase, value = self._phrases[number]
            if counts(value):
                ends[begin] = max(ends[begin], end)
                if all(match.value != value for match in found.fine):
                    found.fine.append(Match(value, phrase, one.said(begin, end)))
        return list(itertools.accumulate(ends, max)) if any(ends) else []

    def _places(self, one: Reading, seen: set[int], found: Found[T]) -> Iterator[tuple[int, int, int]]:
        """(number, begin, end) wherever a phrase stands that is not among the `seen`."""
        tried: set[tuple[int, int]] = set()
        for last, (length, numbers) in self._automaton.iter(one.collapsed) if self._phrases else ():
            for number in numbers:
                if number not in seen:
                    span = self._look(number, one, last + 1 - length, tried, found)
                    if span is not None:
                        yield number, *span

    def _look(
        self, number: int, one: Reading, first: int, tried: set[tuple[int, int]], found: Found[T]
    ) -> tuple[int, int] | None:
        """From where to where the text says the phrase, if it does from the letter `first` of `collapsed` on."""
        found.steps += 1
        phrase = self._ready.get(number)
        if phrase is None:
            phrase = self._ready[number] = _ready(self._phrases[number][0])
        if not phrase.words:
            return _literal(phrase, one, first, found)
        # Each phrase is compared with each word once, however often its key stands in it.
        at = bisect_right(one.words, (one.starts[first], len(one.letters))) - 1
        if (number, at) in tried:
            return None
        tried.add((number, at))
        return _by_words(phrase, one, at, found)


def _ready(phrase: str) -> _Phrase:
    words = words_of(phrase)
    inner, is_open_before, is_open_after = _inner(words)
    if _has_wildcards(inner):
        piece, at = _longest(inner)
        return _Phrase(len(_coarse(piece)), words=tuple(words), key_word=at)
    runs: list[str] = []
    spaces: list[int] = []
    for word in inner:
        spaces.append(len(runs))
        runs += [word[run.start() : run.end()] for run in _RUNS.finditer(word.translate(COARSE))]
    return _Phrase(
        len(runs),
        runs=tuple(runs),
        spaces=tuple(spaces[1:]),
        is_open_before=is_open_before or is_unspaced(inner[0][0]),
        is_open_after=is_open_after or is_unspaced(inner[-1][-1]),
    )


def _literal(phrase: _Phrase, one: Reading, first: int, found: Found[T]) -> tuple[int, int] | None:
    """Letter by letter, from the letter of that number in `collapsed` on."""
    starts = one.starts
    begin, end = starts[first], starts[first + phrase.length]
    if not (phrase.is_open_before or one.is_border(begin)) or not (phrase.is_open_after or one.is_border(end)):
        return None
    # Walls stand where the phrase has its spaces, and nowhere else.
    walls = one.walls[end] - one.walls[begin + 1]
    for space in phrase.spaces:
        place = starts[first + space]
        if not one.is_border(place):
            return None
        walls -= one.flags[place] >> 1 & 1
    if walls:
        return None
    last = phrase.length - 1
    for number, run in enumerate(phrase.runs):
        said = one.letters[starts[first + number] : starts[first + number + 1]]
        found.steps += 1
        if said == run:
            continue
        # Where more letters may stand beside it, more of the same may.
        if number == last and phrase.is_open_after:
            said = said[: len(run)]
        if number == 0 and phrase.is_open_before:
            said = said[-len(run) :]
        if not _is_run(said, run):
            return None
    return begin, end


def _is_run(said: str, run: str) -> bool:
    """Whether what is said is this letter of the phrase (or its two), perhaps stretched: three or more count as any number."""
    if len(said) == len(run):
        return all(a in (b, I_OR_L) for a, b in zip(said, run, strict=True))
    return len(said) > len(run) and len(said) >= 3 and set(said) - {I_OR_L} <= set(run)


def _by_words(phrase: _Phrase, one: Reading, at: int, found: Found[T]) -> tuple[int, int] | None:
    words, first = phrase.words, at - phrase.key_word
    if first < 0 or first + len(words) > len(one.words):
        return None
    spans = one.words[first : first + len(words)]
    for word, (begin, end) in zip(words, spans, strict=True):
        found.steps += end - begin
        if not _is_like(one.letters[begin:end], word):
            return None
    return spans[0][0], spans[-1][1]


def _is_like(said: str, word: str) -> bool:
    """Whether a word is like one with wildcards. Pieces are taken from left to right, each as early as it can be, so no
    piece is looked for twice: the time is that of reading both once."""
    if I_OR_L in said:
        said, word = said.translate(COARSE), word.translate(COARSE)
    if is_unspaced(word[0]):
        word = ANY + word
    if is_unspaced(word[-1]):
        word += ANY
    pieces = word.split(ANY)
    if len(pieces) == 1:
        return len(said) == len(word) and _stands_at(said, 0, word)
    head, *middle, tail = pieces
    if len(said) < sum(map(len, pieces)) or not _stands_at(said, 0, head):
        return False
    place, end = len(head), len(said) - len(tail)
    for piece in filter(None, middle):
        place = _next(said, place, piece, end)
        if place < 0:
            return False
        place += len(piece)
    return place <= end and _stands_at(said, end, tail)


def _stands_at(said: str, place: int, piece: str) -> bool:
    return all(b in (ONE, a) for a, b in zip(said[place : place + len(piece)], piece, strict=True))


def _next(said: str, place: int, piece: str, end: int) -> int:
    """Where the piece stands next, -1 where it does not."""
    if ONE not in piece:
        return said.find(piece, place, end)
    return next((n for n in range(place, end - len(piece) + 1) if _stands_at(said, n, piece)), -1)
