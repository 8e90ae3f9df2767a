"""Keyed digests: by them texts are found to be the same, and nothing else can be told from them."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

from kakehashi.lib.words import Reading

# Shorter texts are often the same without meaning anything by it: "Well said!"
FEWEST_LETTERS = 25


def digest_of(reading: Reading) -> int | None:
    """Of the letters, no two alike in a row, and of all digits: 11 is not 1. None where they are too few."""
    letters = reading.collapsed
    if len(letters) < FEWEST_LETTERS:
        return None
    return digest(letters + "".join(filter(str.isdecimal, reading.letters)), "alike")


def digest(text: str, purpose: str) -> int:
    """64 bits, signed, as a column of the database holds them."""
    found = hashlib.blake2b(
        text.encode("utf-8", "surrogatepass"), key=_key(settings.SECRET_KEY, purpose), digest_size=8
    )
    return int.from_bytes(found.digest(), "big", signed=True)


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    return salted_hmac(f"kakehashi.moderation.{purpose}", "", secret=secret, algorithm="sha256").digest()
