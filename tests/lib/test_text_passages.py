"""Quoting, cutting, comparing and indexing plain text."""

import pytest

from kakehashi.lib import text

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("", ""),
        (" \n ", ""),
        ("one", "> one"),
        ("one\n\n two", "> one\n>\n>  two"),
        ("> odd\n- > odd", "> \\> odd\n> - \\> odd"),
    ],
)
def test_quote_prefixes_every_line(plain: str, expected: str) -> None:
    assert text.quote(plain) == expected


@pytest.mark.parametrize(
    ("plain", "limit", "expected"),
    [
        ("", 10, ""),
        ("short", 5, "short"),
        ("short", 0, ""),
        ("short", -1, ""),
        ("shorter", 1, "…"),
        ("several\n\nlines  here", 40, "several lines here"),
        ("The harbour board counted", 20, "The harbour board…"),
        ("The harbour, board", 13, "The harbour…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("a Donaudampfschifffahrt", 12, "a Donaudamp…"),
        ("海峡に架け橋を架ける計画", 8, "海峡に架け橋を…"),
        ("abc👩‍👩‍👧 end", 6, "abc…"),
        ("ab\u0e01\u0e49\u0e49 cd ef", 5, "ab…"),
    ],
)
def test_excerpt_is_one_line_cut_at_a_word(plain: str, limit: int, expected: str) -> None:
    assert text.excerpt(plain, limit) == expected


def test_quoted_passages_are_the_outermost_quotes() -> None:
    source = "> *one*\n> more\n\nmine\n\n> > deep\n>\n> two\n\n- > three\n\n> > > only deep\n\n>\n\n`> code`"

    assert text.quoted_passages(source) == ["one\nmore", "two", "three", "only deep"]


def test_a_repeated_passage_is_found_whatever_its_signs() -> None:
    earlier = text.render("Is the *toll* fair? “Don’t forget” that ferries,\ntoo, cost money…").plain

    assert text.normal('"DON\'T forget"  that ferries - too') in text.normal(earlier)
    assert text.normal("that buses too") not in text.normal(earlier)
    assert text.normal("Ｄｏｎ’ｔ ﾌｪﾘｰ") == text.normal("dont フェリー")
    assert text.normal("हिन्दी") != text.normal("हन्द")
    assert text.normal("?! …") == ""


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("", ""),
        ("?!", ""),
        ("The Ferry's K-pop_band", "the ferry s k pop band"),
        ("Café Ångström Straße", "cafe angstrom strasse"),
        ("ＡＢＣ１２", "abc12"),
        ("東京都", "東京 京都"),
        ("山", "山"),
        ("東京Tower2号 橋", "東京 tower2 号 橋"),
        ("がんばれ", "がん んば ばれ"),
        ("한국어 말", "한국 국어 말"),
        ("Ёлка й", "елка и"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_searchable_parts_words_by_spaces_and_unspaced_scripts_into_pairs(plain: str, expected: str) -> None:
    assert text.searchable(plain) == expected
    assert text.searchable(expected) == expected or " " in expected


def test_what_is_asked_in_pairs_is_found_in_pairs() -> None:
    indexed = text.searchable("来月、海峡に架け橋を架ける計画が発表された。")

    assert text.searchable("架け橋") == "架け け橋"
    assert f" {text.searchable('架け橋')} " in indexed
