"""Keyed digests: by them texts are found to be the same, and nothing else can be told from them."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

# Shorter texts are often the same without meaning anything by it: "Well said!"
FEWEST_LETTERS = 25


def digest_of(letters: str) -> int | None:
    """Of folded letters; None where they are too few."""
    return digest(letters, "alike") if len(letters) >= FEWEST_LETTERS else None


def digest(text: str, purpose: str) -> int:
    """64 bits, signed, as a column of the database holds them."""
    found = hashlib.blake2b(
        text.encode("utf-8", "surrogatepass"), key=_key(settings.SECRET_KEY, purpose), digest_size=8
    )
    return int.from_bytes(found.digest(), "big", signed=True)


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    return salted_hmac(f"kakehashi.moderation.{purpose}", "", secret=secret, algorithm="sha256").digest()
