"""A text as numbers: which n-grams of characters and words stand in it, and its form.

The same for training and scoring, so neither can see what the other does not. n-grams are scattered over a fixed number of
places (feature hashing, Weinberger et al. 2009), so there is no vocabulary to store, and no word of a reader in a model's
file. Japanese, Chinese and Korean need no word borders: their characters are read in twos, threes and fours.
"""

from __future__ import annotations

import re
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kakehashi.moderation.model.form import FORMS, form_of, normal
from kakehashi.moderation.model.stored import CHARACTER_BITS, CHARACTERS, SIZE, WORD_BITS, WORDS

__all__ = ["SIZE", "read"]

SHORTEST, LONGEST = 2, 4
# How much the three parts weigh against each other: each of the first two has length 1, the form what it has.
FORM_WEIGHT = 0.5

_WORD = re.compile(r"\w+")
# An odd constant whose multiples spread well over 64 bits (2^64 / golden ratio).
_STEP = np.uint64(0x9E3779B97F4A7C15)

Places = NDArray[np.int64]
Values = NDArray[np.float64]


def _scattered(values: NDArray[np.uint64], bits: int) -> Places:
    """Each number as a place of `bits` bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return (values >> np.uint64(64 - bits)).astype(np.int64)


def _character_places(text: str) -> Places:
    # What is no character at all (half of a pair) counts as a question mark.
    padded = f" {text} ".encode("utf-32-le", "replace")
    codes = np.frombuffer(padded, dtype="<u4").astype(np.uint64)
    grams, found = codes, []
    for length in range(2, min(LONGEST, len(codes)) + 1):
        grams = grams[:-1] * _STEP + codes[length - 1 :]
        if length >= SHORTEST:
            found.append(grams + np.uint64(length))
    return _scattered(np.concatenate(found), CHARACTER_BITS)


def _word_places(text: str) -> Places:
    """Words, and pairs of words that follow each other."""
    words = [crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text)]
    single = np.array(words, dtype=np.uint64)
    pairs = single[:-1] * _STEP + single[1:] + np.uint64(2)
    return _scattered(np.concatenate([single * _STEP, pairs]), WORD_BITS)


def _weighed(places: Places) -> tuple[Places, Values]:
    """Each place once, by how often it was met, less and less the oftener; together of length 1."""
    met, counts = np.unique(places, return_counts=True)
    values = 1.0 + np.log(counts)
    length = np.sqrt((values * values).sum())
    return met, values / (length or 1.0)


def read(plain: str) -> tuple[Places, Values]:
    """The places of a text, growing, and their values; all others are 0. SIZE places in all."""
    text = normal(plain)
    characters, many = _weighed(_character_places(text))
    words, often = _weighed(_word_places(text))
    form = np.arange(len(FORMS)) + CHARACTERS + WORDS
    return (
        np.concatenate([characters, words + CHARACTERS, form]),
        np.concatenate([many, often, np.array(form_of(plain)) * FORM_WEIGHT]),
    )
