"""Second-factor secrets at rest."""

from __future__ import annotations

import re

import pytest
from pytest_django import Settings

from kakehashi.readers.secrets import seal, unseal

pytestmark = pytest.mark.once

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_what_is_sealed_cannot_be_read_and_comes_back() -> None:
    sealed = seal(SECRET)
    assert SECRET not in sealed
    assert sealed != seal(SECRET)
    assert unseal(sealed) == SECRET


def test_a_new_secret_key_with_the_old_one_behind_it_still_opens(settings: Settings) -> None:
    settings.SECRET_KEY = "old"
    sealed = seal(SECRET)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert unseal(sealed) == SECRET


def test_without_the_key_no_code_can_fit(settings: Settings) -> None:
    settings.SECRET_KEY = "lost"
    sealed = seal(SECRET)
    settings.SECRET_KEY = "found"
    first, second = unseal(sealed), unseal(sealed)
    assert SECRET not in {first, second}
    assert first != second
    assert re.fullmatch(r"[A-Z2-7]{32}", first)
