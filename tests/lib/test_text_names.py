"""Display names and their keys."""

import pytest

from kakehashi.lib import text
from kakehashi.lib.text.lookalikes import LOOKALIKES

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("P. Smith", "p smith"),
        ("Storm R", "StormR"),
        ("Storm_R", "storm-r"),
        ("O'Brien", "O’Brien"),
        ("O´Brien", "obrien"),
        ("Ｓｔｏｒｍ　Ｒ", "Storm R"),
        ("Ⓢtorm", "Storm"),
        ("STRASSE", "straße"),
        ("İzmir", "izmir"),
        ("Sеvеrnу", "Severny"),  # Cyrillic е, у
        ("РОСА", "POCA"),  # all Cyrillic
        ("Αlexander", "Alexander"),  # Greek capital alpha
        ("Stοrm", "Storm"),  # Greek omicron
        ("ニコ", "二コ"),  # katakana ni, kanji two
        ("Zoe\u0308", "Zoë"),
        ("山田・太郎", "山田太郎"),
        ("inv\u200bisible", "invisible"),
        ("Anna ❤️", "Anna ❤"),
    ],
)
def test_names_that_a_reader_would_confuse_have_one_key(one: str, other: str) -> None:
    assert text.fold(one) == text.fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José", "Jose"),
        ("agent0", "agento"),
        ("Bill", "Bi11"),
        ("山田", "山日"),
        ("がく", "かく"),
        ("...", "---"),
        ("a€", "a$"),
    ],
)
def test_names_that_differ_have_two_keys(one: str, other: str) -> None:
    assert text.fold(one) != text.fold(other)


def test_a_key_is_never_longer_than_its_column() -> None:
    assert len(text.fold("ﷺ" * 40)) == text.KEY_MAX
    assert text.fold("x" * 5_000_000) == "x" * text.KEY_MAX


def test_no_lookalike_stands_for_another() -> None:
    assert not set(LOOKALIKES) & set(LOOKALIKES.values())


@pytest.mark.parametrize(
    "name",
    ["Storm R", "P. Smith", "englisc aspyrgend", "2€Ishiwara", "山田さん", "山田　太郎", "O’Brien", "Łukasz_99", "Jo", "x" * 40,
     "Mr.", "Tom & Jerry", "Anna ❤️", "שרה", "नेहा", "+1", "Dr. No!"],
)  # fmt: skip
def test_ordinary_and_odd_names_are_accepted(name: str) -> None:
    assert text.name_problem(name) is None


LENGTH = "A name has between 2 and 40 characters."
EDGE = "A name neither begins nor ends with a space."
SPACE = "Please part the words of the name with one ordinary space."
SIGNS = 'These signs cannot be part of a name: / \\ < > @ # ? % " ` [ ] { } | ^ *'
UNSEEN = "The name holds invisible or heaped characters. Please type it anew."
EMPTY = "A name needs at least one letter or digit."


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", LENGTH),
        ("x", LENGTH),
        ("x" * 41, LENGTH),
        ("x" * 5_000_000, LENGTH),
        (" ab", EDGE),
        ("ab\n", EDGE),
        ("a  b", SPACE),
        ("a\tb", SPACE),
        ("a\u00a0b", SPACE),
        *((f"a{sign}b", SIGNS) for sign in '/\\<>@#?%"`[]{}|^*'),
        ("a\u202eb", UNSEEN),
        ("a\u200bb", UNSEEN),
        ("a\u200db", UNSEEN),
        ("a\x00b", UNSEEN),
        ("a\ud800b", UNSEEN),
        ("a\ue000b", UNSEEN),
        ("a\u0322\u0322\u0322\u0322b", UNSEEN),
        ("\u0322ab", UNSEEN),
        ("..", EMPTY),
        ("-_-", EMPTY),
        ("€€", EMPTY),
        ("👍👍", EMPTY),
        ("ﷺ" * 10, "The name is too long when written out. Please choose a shorter one."),
    ],
)
def test_other_names_are_refused_with_a_reason(name: str, sentence: str) -> None:
    assert text.name_problem(name) == sentence
