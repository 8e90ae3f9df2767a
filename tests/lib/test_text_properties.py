"""Whatever goes in: the promises that the text pipeline keeps."""

import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kakehashi.lib import text

pytestmark = pytest.mark.once

ALLOWED = {
    "p": set(), "br": set(), "blockquote": set(), "em": set(), "strong": set(), "ul": set(), "ol": {"start"}, "li": set(),
    "a": {"href", "rel", "class"}, "code": set(), "pre": set(),
}  # fmt: skip
PEOPLE = {text.fold(name): text.Person(name, f"/member/{at}/", at) for at, name in enumerate(["Storm R", "山田", "x"])}

FRAGMENTS = [
    "> ", ">", "- ", "1. ", "* ", "**", "_", "`", "```", "~~~", "[",
    "](", "](javascript:", "](https://e.org)", ")", "![", "<", ">",
    "<script>", "</p>", "<svg onload=x>", "<style>", "<!--", "&lt;",
    "&#x6a;", "javascript:", "data:", "https://", "www.", "e.org",
    "a@e.org", "@Storm R", "@storm", "@山田", "@", "x", "word", "山田さん",
    "é", "e\u0301", "\n", "\n\n", " ", "    ", "\t", "\r", "\\",
    "\x00", "\ud800", "\u202e", "\u200d", "\u200c", "\u200f", "\ufe0f",
    "\u0322", "\u0316", "क्", "ا", "א", "ก", "\u0e49", "👨", "👩",
    "\U000e0100", "葛", "\U0001f3f4", "\U000e0067", "\U000e007f",
    "\u212b", "\u2126", "\u0344", "\u0958", "\u1100", "\u1161", "\uac00",
    "\u11a8", "\u034f", "\u2028", "\ufeff", "'", '"', "=", "|",
    "#", "---", "ﷺ", "ß", "İ", "ΐ", "Ǆ", "\u0345", "·", "…",
]  # fmt: skip

anything = st.text(st.characters(exclude_categories=()), max_size=200)
marked_up = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=40).map("".join)
sources = anything | marked_up
modest = settings(max_examples=200, deadline=None)


class Checker(HTMLParser):
    """Fails on a tag or attribute that is not allowed, and on a tag that is not closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        values = dict(attrs)
        if tag == "a":
            assert values.get("class") == "mention" or values.get("rel") == "ugc nofollow noopener"
            expected = ("/member/",) if "class" in values else ("http://", "https://", "mailto:")
            assert (values["href"] or "").lower().startswith(expected)
            assert "a" not in self.open
        self.seen.append(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


@modest
@given(sources)
@example("@x" * 60)
@example("- " * 60 + ">" * 60)
def test_the_html_is_balanced_and_holds_only_what_is_allowed(source: str) -> None:
    rendered = text.render(source, people=PEOPLE)

    Checker(rendered.html)
    assert set(rendered.mentioned) <= set(PEOPLE.values())


@modest
@given(sources)
def test_clean_is_idempotent_and_normal(source: str) -> None:
    cleaned = text.clean(source)

    assert text.clean(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not {unicodedata.category(sign) for sign in cleaned.replace("\n", "")} & {"Cc", "Cs", "Zl", "Zp"}
    assert "\n\n\n\n" not in cleaned
    cleaned.encode()


@modest
@given(sources)
def test_rendering_a_stored_text_is_rendering_the_typed_one(source: str) -> None:
    assert text.render(text.clean(source), people=PEOPLE) == text.render(source, people=PEOPLE)


@modest
@given(sources)
@example("a\u0316 \u0322b")
def test_fold_is_idempotent_and_bounded(name: str) -> None:
    key = text.fold(name)

    assert text.fold(key) == key
    assert len(key) <= text.KEY_MAX


@modest
@given(st.text(st.sampled_from("abR é_-.'’€山田さ민12&+!,(:;=~$…กßİーﾆ") | st.characters(), min_size=2, max_size=40))
def test_an_acceptable_name_is_stored_as_it_is_and_has_a_key(name: str) -> None:
    cleaned = text.clean(name)
    if text.name_problem(cleaned) is None:
        assert text.fold(cleaned)
        assert text.clean(cleaned) == cleaned
        person = text.Person(cleaned, "/member/1/", 1)
        assert text.fold(cleaned) in text.mention_keys(f"@{cleaned}")
        assert text.render(f"@{cleaned}", people={text.fold(cleaned): person}).mentioned == (person,)


@modest
@given(sources)
def test_a_quoted_text_renders_as_one_quote(source: str) -> None:
    plain = text.render(source).plain
    quoted = text.render(text.quote(plain))
    tags = Checker(quoted.html).seen

    assert tags.count("blockquote") == bool(plain)
    assert tags[:1] == ["blockquote"][: bool(plain)]
    assert quoted.plain == ""


@modest
@given(sources)
def test_the_readers_of_a_text_never_fail(source: str) -> None:
    plain = text.render(source).plain

    assert len(text.mention_keys(source)) <= 900
    assert all(passage.strip() for passage in text.quoted_passages(source))
    assert text.normal(text.normal(plain)) == text.normal(plain)
    assert "  " not in text.searchable(plain)
    assert len(text.excerpt(plain, 20)) <= 20
    assert "\n" not in text.excerpt(plain, 20)
