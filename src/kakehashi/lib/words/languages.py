"""In which language a text is, as far as its script tells. Pure."""

from __future__ import annotations

import re

_KANA = re.compile(r"[\u3041-\u30fa\uff66-\uff9f]")
_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Written in scripts of their own: a text in none of these is in another language.
_IN_HAN = ("ja", "zh")
_BY_SCRIPT = (*_IN_HAN, "ko")


def language_of(plain: str, *spoken: str) -> str:
    """`ja` or `ko` where the script tells; else the first of the languages `spoken` in which it may be written, English where
    none is. Nothing here tells Chinese from Japanese: Han alone is the first of these two that is spoken, or Japanese."""
    if not plain.isascii():
        if _HANGUL.search(plain):
            return "ko"
        if _KANA.search(plain):
            return "ja"
        if _HAN.search(plain):
            return next((language for language in spoken if _base(language) in _IN_HAN), "ja")
    return next((language for language in spoken if language and _base(language) not in _BY_SCRIPT), "en")


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
