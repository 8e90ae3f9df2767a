"""Sentences of an invented language of newspapers: as many different words as people use, as unevenly."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

from kakehashi.lib import text

_BEGINNINGS = (
    "ba be bra co da dor el fa fen ga gor ha hel in ka kel la lor ma mer na nor or pa per ra ros sa sel ta tor va"
)
_MIDDLES = "d g l ll m n nd ng r rk s st t v"
_ENDINGS = "a al an ard ate e ed en er ing ion is ist ity le ly o or ous us y"
# How many different words; the n-th is used about 1/n as often as the first, as in any language.
_WORDS = 3000


@dataclass(frozen=True)
class Piece:
    """A comment's text in the four forms in which it is stored."""

    source: str
    html: str
    plain: str
    searchable: str


class Prose:
    """Texts from `rng`; the same seed writes the same."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        parts = itertools.product(_BEGINNINGS.split(), _MIDDLES.split(), _ENDINGS.split())
        self.words = rng.sample(["".join(word) for word in parts], _WORDS)
        self._weights = list(itertools.accumulate((n + 2) ** -1.15 for n in range(_WORDS)))

    def sentence(self, least: int = 5, most: int = 16) -> str:
        n = self._rng.randint(least, most)
        words = self._rng.choices(self.words, cum_weights=self._weights, k=n)
        return " ".join(words).capitalize() + "."

    def title(self) -> str:
        return self.sentence(4, 8)[:-1]

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self._rng.randint(1, 4)))

    def pieces(self, number: int) -> list[Piece]:
        """Comments of one to three paragraphs, some with emphasis, a list, a link or a quote."""
        return [self._piece(n) for n in range(number)]

    def _piece(self, n: int) -> Piece:
        paragraphs = [self.paragraph() for _ in range(self._rng.choice((1, 1, 1, 2, 2, 3)))]
        if n % 7 == 0:
            paragraphs.insert(0, "> " + self.sentence())
        if n % 11 == 0:
            paragraphs.append(f"*{self.sentence()}* https://example.org/{n}")
        source = text.clean("\n\n".join(paragraphs))
        rendered = text.render(source)
        return Piece(source, rendered.html, rendered.plain, text.searchable(rendered.plain))
