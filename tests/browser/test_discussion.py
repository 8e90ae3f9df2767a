"""One discussion played by four members, in place with JavaScript and by pages without it."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Newsroom, Visit, Visitor

PASSWORD = "paper lantern harbour 7"
numbers = itertools.count(1)

SETUP = """
from django.utils import timezone
from kakehashi.readers.actions import register_reader
from kakehashi.stories.models import StoryPage

def member(name, email):
    register_reader(name=name, email=email, password={password!r}, standing='established')
    return dict(email=email, password={password!r})
"""
# The latest story of a section that shows the split of votes: its discussion is open.
STORY = "next(s.url for s in StoryPage.objects.live().latest() if s.section.vote_display == 'split')"


@pytest.fixture(scope="module")
def story(newsroom: Newsroom) -> str:
    path: str = newsroom.ask(SETUP.format(password=PASSWORD), STORY)
    return path


class Table:
    """A story's discussion and the members around it; each comments once, for ten seconds must lie between two."""

    def __init__(self, newsroom: Newsroom, visitor: Visitor, story: str, *, javascript: bool) -> None:
        self.visitor, self.story, self.javascript = visitor, story, javascript
        n = next(numbers)
        self.names = [f"Ann O. {n}", f"Ben {n}", f"木村 {n}", f"d€e {n}"]
        made = [f"member({name!r}, 'seat{n}x{i}@example.org')" for i, name in enumerate(self.names)]
        self.logins = newsroom.ask(SETUP.format(password=PASSWORD), f"[{', '.join(made)}]")

    def seat(self, number: int) -> Visit:
        visit = self.visitor(javascript=self.javascript)
        visit.log_in(self.logins[number], next_path=self.story)
        visit.page.on("dialog", lambda dialog: dialog.accept())
        if self.javascript:
            visit.page.evaluate("window.stayed = true")
        return visit

    def assert_heard(self, visit: Visit, focused: Locator, sentence: str) -> None:
        """With JavaScript, what changed is said in the live region and has the keyboard's focus."""
        if self.javascript:
            expect(visit.page.locator("#discussion-status")).to_have_text(sentence)
            expect(focused).to_be_focused()

    def assert_stayed(self, visit: Visit) -> None:
        """With JavaScript nothing of this loaded another page."""
        visit.assert_quiet()
        if self.javascript:
            assert visit.page.evaluate("window.stayed") is True


def comment(page: Page, text: str) -> Locator:
    return page.locator("article.comment").filter(has_text=text).last


def post(page: Page, text: str) -> None:
    page.click("#reply button[type=submit]")
    expect(comment(page, text)).to_be_visible()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def table(request: pytest.FixtureRequest, newsroom: Newsroom, visitor: Visitor, story: str) -> Table:
    return Table(newsroom, visitor, story, javascript=request.param)


def test_members_comment_answer_quote_mention_vote_edit_and_withdraw(table: Table) -> None:
    ann = table.seat(0)
    ann.page.fill("#comment-text", "The ferry *left* early.")
    post(ann.page, "The ferry left early.")
    number = comment(ann.page, "The ferry left early.").get_attribute("id") or ""
    first = ann.page.locator(f"#{number}")
    assert first.locator(".e-content em").inner_text() == "left"
    table.assert_heard(ann, first, "Your comment stands.")
    table.assert_stayed(ann)

    first.locator("a.edit").click()
    ann.page.fill(f"#{number} textarea, textarea[id^=edit-]", "The ferry left on time.")
    ann.page.get_by_role("button", name="Save").click()
    expect(ann.page.locator(f"#{number} .e-content")).to_have_text("The ferry left on time.")
    expect(ann.page.locator(f"#{number} .edited")).to_be_visible()
    table.assert_heard(ann, first, "Your change is saved.")
    table.assert_stayed(ann)

    ben = table.seat(1)
    ben.page.locator(f"#{number} a.answer").click()
    ben.page.fill("#comment-text", "I was on it, and it did.")
    post(ben.page, "I was on it, and it did.")
    answer = comment(ben.page, "I was on it, and it did.").locator(".u-in-reply-to")
    expect(answer).to_have_text(f"in answer to {table.names[0]}")
    table.assert_stayed(ben)

    up = ben.page.locator(f"#{number} button.up")
    up.click()
    expect(ben.page.locator(f"#{number} button.up")).to_have_attribute("aria-pressed", "true")
    expect(ben.page.locator(f"#{number} .score")).to_have_text("1 ( +1 / -0 )")
    ben.page.locator(f"#{number} button.down").click()
    expect(ben.page.locator(f"#{number} .score")).to_have_text("-1 ( +0 / -1 )")
    ben.page.locator(f"#{number} button.down").click()
    expect(ben.page.locator(f"#{number} button.down")).to_have_attribute("aria-pressed", "false")
    table.assert_stayed(ben)

    kimura = table.seat(2)
    kimura.page.locator(f"#{number} a.quote").click()
    expect(kimura.page.locator("#comment-text")).to_have_value("> The ferry left on time.\n\n")
    kimura.page.fill("#comment-text", "> The ferry left on time.\n\nSo says the log.")
    post(kimura.page, "So says the log.")
    quoting = comment(kimura.page, "So says the log.")
    expect(quoting.locator("blockquote")).to_have_text("The ferry left on time.")
    expect(quoting.locator("a.quotes")).to_have_text(f"quoting {table.names[0]}")
    expect(quoting.locator("a.quotes")).to_have_attribute("href", f"#{number}")
    table.assert_stayed(kimura)

    dee = table.seat(3)
    dee.page.fill("#comment-text", f"@{table.names[0]} and @{table.names[2]} agree, then.")
    post(dee.page, "agree, then.")
    mentions = comment(dee.page, "agree, then.").locator(".e-content a")
    expect(mentions).to_have_text([f"@{table.names[0]}", f"@{table.names[2]}"])
    table.assert_stayed(dee)

    ann.go(table.story)
    if table.javascript:
        ann.page.evaluate("window.stayed = true")
    ann.page.locator(f"#{number} a.withdraw").click()
    if not table.javascript:
        ann.page.get_by_role("button", name="Withdraw it").click()
    expect(ann.page.locator(f"#{number}.is-withdrawn")).to_be_visible()
    expect(ann.page.locator(f"#{number}")).not_to_contain_text("left on time")
    expect(comment(ann.page, "I was on it, and it did.")).to_be_visible()
    table.assert_stayed(ann)


def test_what_was_typed_survives_logging_in_and_a_refusal(table: Table) -> None:
    ann = table.seat(0)
    ann.page.fill("#comment-text", "x")
    ann.page.click("#reply button[type=submit]")
    expect(ann.page.locator("#comment-error")).to_be_visible()
    expect(ann.page.locator("#comment-text")).to_have_value("x")
    ann.assert_quiet()
    if table.javascript:
        ann.page.fill("#comment-text", "Half a thought that")
        ann.go(table.story)
        expect(ann.page.locator("#comment-text")).to_have_value("Half a thought that")


def test_the_keyboard_reaches_everything_that_matters(visitor: Visitor, story: str) -> None:
    visit = visitor()
    page = visit.go(story)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    ring = "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow"
    for _ in range(15):
        page.keyboard.press("Tab")
        assert page.evaluate(ring) != "nonenone", page.evaluate("document.activeElement.outerHTML")
