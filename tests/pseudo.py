"""A language in which every translated sentence stands between marks: whatever is read outside of them was forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import pytest
from django.utils.translation import trans_real

# Of no site and in no cache of other tests.
CODE = "el"
BEGIN, END = "⟦", "⟧"
_CONTEXT = trans_real.CONTEXT_SEPARATOR
# Scripts, and names of time zones.
_UNSEEN = re.compile(
    r"<(script|style)\b.*?</\1>|<!--.*?-->|<!DOCTYPE[^>]*>|<option value=\"[A-Z]\w+/[^\"]*\"[^>]*>[^<]*", re.DOTALL
)
_HEARD = re.compile(
    r'\s(?:aria-label|alt|title|placeholder|data-(?!live|story|place|order|version|max)\w+|hx-confirm|label)="([^"]*)"'
)
_BUTTON = re.compile(r'<input[^>]*type="(?:submit|button)"[^>]*\svalue="([^"]*)"')
_META = re.compile(r'<meta name="description" content="([^"]*)"')
_WORD = re.compile(r"[A-Za-z]{2,}(?:[ ’'-]+[A-Za-z]+)*")


class Pseudo:
    """In the place of Django's catalogue; `asked` are the sentences that were looked up, as catalogues name them."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return f"{BEGIN}{message.rpartition(_CONTEXT)[2]}{END}"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        self.asked.add(singular)
        return f"{BEGIN}{(singular if number == 1 else plural).rpartition(_CONTEXT)[2]}{END}"

    def to_language(self) -> str:
        return CODE

    def language(self) -> str:
        return CODE


@contextmanager
def pseudo(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Pseudo]:
    """The language, offered by the site beside its own."""
    made = Pseudo()
    monkeypatch.setitem(trans_real._translations, CODE, made)
    settings.KAKEHASHI_LANGUAGES = {"en": "Αγγλικά", CODE: "Δοκιμή"}
    yield made


def forgotten(html: str) -> set[str]:
    """Words in Latin letters that are read or heard on the page and were not translated. Write content in others."""
    page = _UNSEEN.sub(" ", html)
    heard = [*_HEARD.findall(page), *_BUTTON.findall(page), *_META.findall(page)]
    text = re.sub(r"<[^>]*>", "\n", page)
    return {word for part in [text, *heard] for word in _WORD.findall(outside(unescape(part)))}


def outside(text: str) -> str:
    """What stands outside of all marks, which may stand within each other."""
    depth, kept = 0, []
    for piece in re.split(f"([{BEGIN}{END}])", text):
        if piece == BEGIN:
            depth += 1
        elif piece == END:
            depth -= 1
        elif depth == 0:
            kept.append(piece)
    return "\n".join(kept)


def untranslated(asked: set[str], language: str) -> set[str]:
    """Those of the sentences for which neither our catalogue nor those of Django, Wagtail and allauth have words."""
    catalogue: Any = trans_real.translation(language)
    return {
        sentence
        for sentence in asked
        if sentence and catalogue.gettext(sentence) == sentence and not _has(catalogue, sentence)
    }


def _has(catalogue: Any, sentence: str) -> bool:
    return any(form in catalogue._catalog for form in (sentence, (sentence, 0)))
