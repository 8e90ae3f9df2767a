"""What is said of a text before there are enough decisions: a small word list and the form. A start, and it says so."""

from __future__ import annotations

import math
import re
import tomllib
from functools import cache
from importlib import resources

from kakehashi.lib.words import language_of
from kakehashi.moderation.model.form import FORMS, form_of, normal

# Says which rules reckoned; raised when the words or the figures below change.
VERSION = "prior-1"

# Set by hand, in logits: what a text without any of it starts from, what each word found adds (no more than three count),
# and what the form adds. With them one word makes 0.27, two 0.62, an offer with a link 0.5.
START = -2.5
WORD = 1.5
MOST_WORDS = 3
FORM = {"capitals": 1.6, "exclamation": 0.9, "repetition": 1.0, "links": 1.8, "addresses": 1.2}

_WORDS = re.compile(r"\w+")
# Where words are written without spaces between them, or with endings grown onto them.
_UNSPACED = frozenset({"ja", "ko", "zh"})


@cache
def _lists() -> dict[str, tuple[str, ...]]:
    """The words of each language, folded."""
    raw = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return {
        language: tuple(sorted({normal(word) for words in kinds.values() for word in words}))
        for language, kinds in tomllib.loads(raw).items()
    }


def words_in(plain: str, language: str) -> list[str]:
    """The words of the list that stand in the text, each once."""
    told = language_of(plain, language).partition("-")[0]
    listed = _lists().get(told, ())
    text = normal(plain)
    if told not in _UNSPACED:
        text = f" {' '.join(_WORDS.findall(text))} "
        return [word for word in listed if f" {word} " in text]
    return [word for word in listed if word in text]


def probability(plain: str, language: str) -> float:
    """From 0 to 1; an order of what to look at first rather than a share to count on."""
    form = dict(zip(FORMS, form_of(plain), strict=True))
    logit = START + WORD * min(len(words_in(plain, language)), MOST_WORDS)
    logit += sum(weight * form[name] for name, weight in FORM.items())
    return 1 / (1 + math.exp(-logit))
