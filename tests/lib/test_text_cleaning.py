"""What is stored of what was typed."""

import unicodedata

import pytest

from kakehashi.lib import text

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        (" \n\t\u3000\u00a0\u2800 ", ""),
        ("\u200b\u200d\ufeff\u2060\u3164\u00ad\u200e", ""),
        ("\u0301\u0301", ""),
        ("one\r\ntwo\rthree\u2028four\u2029five\x85six\x0bseven", "one\ntwo\nthree\nfour\nfive\nsix\nseven"),
        ("one\n\n\n\n\n\ntwo", "one\n\n\ntwo"),
        ("one  \n   \n two", "one\n\n two"),
        ("a\tb", "a    b"),
        ("nul\x00 bell\x07 escape\x1b delete\x7f c1\x9f", "nul bell escape delete c1"),
        ("lone \ud800 surrogate \udfff", "lone  surrogate"),
        ("over\u202eride \u2066isolate\u2069 embed\u202b\u202c", "override isolate embed"),
        ("zero\u200bwidth soft\u00adhyphen \ufeffmark", "zerowidth softhyphen mark"),
        ("Latin\u200d joiner\u200cs", "Latin joiners"),
        ("e\u0301", "é"),
        ("not\ufffe a \uffff character \U0001ffff", "not a  character"),
        ("hidden\U000e0068\U000e0069 tags", "hidden tags"),
        ("a\ufe0fb", "ab"),
        ("left\u200e to right", "left to right"),
    ],
)
def test_clean_takes_out_what_cannot_be_seen(typed: str, stored: str) -> None:
    assert text.clean(typed) == stored


@pytest.mark.parametrize(
    "legitimate",
    [
        "👩‍👩‍👧‍👦 family",
        "🏳️‍🌈 and 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "👍🏽 ❤️ ☂︎ 1️⃣ 🙂‍↔️",
        "می‌خواهم",
        "क्‍ष and न्‌न",
        "葛󠄀城市",
        "Tiếng Việt rất đẹp",
        "ที่นี่ น้ำ",
        "שָׁלוֹם עֲלֵיכֶם",
        "हिन्दी में टिप्पणी",
        "လျှော့",
        "مُحَمَّدٌ",
        "ｆｕｌｌ　ｗｉｄｔｈ",
        "12 °C – “quoted” … 3 ½ €",
        "אבג (\u200fdef\u200f)",
        "- a\n    - b",
    ],
)
def test_clean_leaves_what_a_script_or_an_emoji_needs(legitimate: str) -> None:
    assert text.clean(legitimate) == unicodedata.normalize("NFC", legitimate)


@pytest.mark.parametrize(("letter", "mark", "left"), [("x", "\u0322", 2), ("ก", "\u0e49", 4), ("က", "\u103d", 6)])
def test_heaped_marks_are_cut_to_what_the_script_can_need(letter: str, mark: str, left: int) -> None:
    assert text.clean(letter + mark * 10_000 + "!") == letter + mark * left + "!"


def test_ten_thousand_marks_of_changing_class_are_cut() -> None:
    heap = text.clean("x" + "\u0322\u0316\u0359" * 10_000)

    assert heap[0] == "x"
    assert len(heap) == 3


def test_joiners_do_not_help_marks_past_the_bound() -> None:
    heap = text.clean("ا" + "\u0651\u200d" * 1000)

    assert len(heap) <= 7


@pytest.mark.parametrize(
    ("typed", "count"), [("  ab  ", 2), ("日本", 2), ("e\u0301\u200b", 1), ("👍🏽", 2), ("\r\n", 0)]
)
def test_length_counts_characters_of_the_stored_text(typed: str, count: int) -> None:
    assert text.length(typed) == count


@pytest.mark.parametrize("unit", ["a", " ", "\n", " \n", "\u0301\u0316", "\u200d", "山", "\ud800", "a\ufe0f", "\u202e"])
def test_a_text_of_megabytes_is_counted(unit: str) -> None:
    assert 0 <= text.length(unit * (1_000_000 // len(unit))) <= 1_000_000
