"""Sentences from phrase grammars: `{a|b}` picks one, `{name}` picks from a list, `{n:2-9}` is a number; all may nest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

from kakehashi.archive.demo.content import phrase_tables

ATTEMPTS = 24

_INNERMOST = re.compile(r"\{([^{}]*)\}")
_NUMBER = re.compile(r"n:(\d+)-(\d+)")
_SPACES = re.compile(r" +")
_BEFORE_STOP = re.compile(r" ([,.?!;:])")
_DOUBLED_STOP = re.compile(r"([.?!])[.,]")
_ARTICLE = re.compile(r"\b([Aa]) (?=(?!uni|use|one\b|eu)[aeiou])")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.?!] ))([a-zà-ÿ])")


def expand(template: str, slots: Mapping[str, Sequence[str]], rng: Random) -> str:
    """One sentence (or a few) from a template. Raises `KeyError` for a slot that no list fills."""

    def pick(match: re.Match[str]) -> str:
        inner = str(match.group(1))
        if number := _NUMBER.fullmatch(inner):
            return str(rng.randint(int(number[1]), int(number[2])))
        if "|" in inner:
            return rng.choice(inner.split("|"))
        if inner in slots:
            return str(rng.choice(slots[inner]))
        if inner[:1].isupper() and inner.lower() in slots:
            chosen = str(rng.choice(slots[inner.lower()]))
            return chosen[:1].upper() + chosen[1:]
        raise KeyError(inner)

    text = template
    while "{" in text:
        # Innermost braces first, so that a choice between choices works.
        text = _INNERMOST.sub(pick, text)
    return tidy(text)


def tidy(text: str) -> str:
    """Mend what joining leaves: doubled spaces and stops, “a” for “an”, small letters at the start of a sentence."""
    text = _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", text).strip())
    text = _ARTICLE.sub(r"\1n ", text)
    text = _DOUBLED_STOP.sub(r"\1", text)
    return _SENTENCE_START.sub(lambda match: match.group(1).upper(), text)


class PhraseBook:
    """Gives phrases by topic, side and kind, preferring in each thread what it has said least and never twice the same."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.tables = phrase_tables()
        self.common = self.tables["common"]
        self.said: set[str] = set()
        self.uses: Counter[str] = Counter()
        self.uses_here: Counter[tuple[str, str]] = Counter()

    def has(self, topic: str, side: str, kind: str) -> bool:
        """Whether the topic's side has phrases of that kind."""
        return bool(self._lines(topic, side, kind))

    def say(self, thread: str, topic: str, side: str, kind: str) -> str:
        """A phrase of a topic's side; empty where there is none of that kind."""
        lines = self._lines(topic, side, kind)
        slots = self.common["slots"] | self.tables.get(topic, {}).get("slots", {})
        return self._least_said(thread, lines, slots) if lines else ""

    def turn(self, thread: str, kind: str) -> str:
        """A turn of speech that belongs to no topic."""
        return self._least_said(thread, self.common[kind]["lines"], self.common["slots"])

    def _lines(self, topic: str, side: str, kind: str) -> list[str]:
        sides = self.tables.get(topic, {})
        return [*sides.get(side, {}).get(kind, []), *sides.get("any", {}).get(kind, [])]

    def _least_said(self, thread: str, lines: Sequence[str], slots: Mapping[str, Sequence[str]]) -> str:
        # Sorting is stable, so equally worn templates stay in the shuffled order.
        shuffled = self.rng.sample(lines, len(lines))
        ranked = sorted(shuffled, key=lambda line: (self.uses_here[thread, line], self.uses[line]))
        text = ""
        for attempt in range(ATTEMPTS):
            line = ranked[min(attempt // 4, len(ranked) - 1)]
            text = expand(line, slots, self.rng)
            if text not in self.said:
                break
        self.said.add(text)
        self.uses[line] += 1
        self.uses_here[thread, line] += 1
        return text
