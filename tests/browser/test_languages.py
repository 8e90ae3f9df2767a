"""One journey through the three languages: chosen in the footer, without JavaScript, on a phone and on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDE, Newsroom, Visitor
from tests.browser.test_pages import FINDERS, SETUP

PHONE = 390
# language -> (its name, how its lines break, words of the form below a story)
LANGUAGES = {"ko": ("한국어", "keep-all", "댓글"), "ja": ("日本語", "normal", "コメント")}


@pytest.mark.parametrize("width", [PHONE, WIDE])
def test_a_reader_reads_on_in_another_language(visitor: Visitor, newsroom: Newsroom, width: int) -> None:
    story = newsroom.ask(SETUP, FINDERS)["LIVELY"]
    visit = visitor(width=width, scheme="light" if width == PHONE else "dark", javascript=width == WIDE)
    page = visit.go(story)
    headline = page.locator("h1").inner_text()
    for code, (name, breaking, word) in LANGUAGES.items():
        page.get_by_role("contentinfo").get_by_role("link", name=name).click()
        expect(page.locator("html")).to_have_attribute("lang", code)
        assert visit.overflow() <= 0
        page.get_by_role("main").get_by_role("button", name=name).click()
        page.wait_for_url(f"{newsroom.address}{story}")
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator("h1")).to_have_text(headline)
        expect(page.locator("h1")).to_have_attribute("lang", "en")
        expect(page.locator("#comments-title")).to_contain_text(word)
        styles = page.locator("#comments-title").evaluate(
            "node => [getComputedStyle(node).wordBreak, getComputedStyle(node).letterSpacing, getComputedStyle(node).lineBreak]"
        )
        assert (styles[0] in {breaking, "auto-phrase"}, styles[1:]) == (True, ["normal", "strict"])
        assert page.locator(".prose p").first.evaluate("node => getComputedStyle(node).wordBreak") == "normal"
        for path in (story, "/"):
            visit.go(path)
            assert visit.overflow() <= 0, (code, path)
            if width == WIDE:
                assert visit.violations() == []
        visit.go(story)
    visit.assert_quiet()
