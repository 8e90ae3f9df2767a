"""An answer rings the bell, the bell leads to the notice, the notice to the comment; and the pages look as they should."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, PATIENCE, WIDE, Newsroom, Visit, Visitor

PASSWORD = "paper lantern harbour 7"
SETUP = f"""
from kakehashi.readers.actions import register_reader
from kakehashi.stories.models import StoryPage

def member(name, email):
    register_reader(name=name, email=email, password={PASSWORD!r}, standing='established')
    return dict(email=email, password={PASSWORD!r})

def story():
    return next(s.url for s in StoryPage.objects.live().latest() if s.section.vote_display == 'split')
"""
BELL = ".masthead .bell"
NOTICES = "/account/notices/"


def wait_for_bell(visit: Visit, words: str) -> None:
    """Load the page anew until the worker has looked."""
    until = time.monotonic() + PATIENCE / 1000
    while visit.page.locator(BELL).inner_text().strip() != words and time.monotonic() < until:
        visit.page.wait_for_timeout(300)
        visit.page.reload()
    expect(visit.page.locator(BELL)).to_have_text(words)


def test_from_an_answer_to_the_bell_to_the_page_to_the_comment(newsroom: Newsroom, visitor: Visitor) -> None:
    ann_login, ben_login, story = newsroom.ask(
        SETUP,
        "[member('Ann of the Bell', 'bell1@example.org'), member('Ben of the Bell', 'bell2@example.org'), story()]",
    )
    ann, ben = visitor(javascript=False, width=390), visitor(javascript=False)
    ann.log_in(ann_login, next_path=story)
    expect(ann.page.locator(BELL)).to_have_text("Notices")
    ann.page.fill("#comment-text", "Who rang the bell on the quay?")
    ann.page.click("#reply button[type=submit]")
    # It may be the first of a page of its own: other tests write under this story too.
    ann.page.wait_for_url("**#c-*")

    ben.log_in(ben_login)
    ben.go(ann.page.url.removeprefix(newsroom.address))
    asked = ben.page.locator("article.comment").filter(has_text="Who rang the bell").last
    asked.get_by_role("link", name="Answer").click()
    ben.page.fill("textarea", "I did, and I would again.")
    ben.page.click("main button[type=submit], #reply button[type=submit]")

    wait_for_bell(ann, "1 unread notice1")
    ann.page.click(BELL)
    ann.page.wait_for_url(f"**{NOTICES}")
    item = ann.page.locator(".notice-item")
    expect(item).to_have_count(1)
    expect(item).to_contain_text("I did, and I would again.")
    expect(item.locator(".notice-new")).to_be_visible()
    item.get_by_role("button", name="Ben of the Bell answered your comment", exact=True).click()
    ann.page.wait_for_url("**#c-*")
    expect(ann.page.locator("article.comment:target")).to_contain_text("I did, and I would again.")
    expect(ann.page.locator(BELL)).to_have_text("Notices")
    ann.assert_quiet()
    ben.assert_quiet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_its_choices_are_accessible_and_fit(newsroom: Newsroom, visitor: Visitor, scheme: str) -> None:
    visit = visitor(scheme=scheme)
    visit.log_in(newsroom.logins["reader"])
    for path in (NOTICES, f"{NOTICES}?kind=flag", "/account/alerts/"):
        visit.go(path)
        assert visit.violations() == [], path
        for width in (NARROW, 390, 768, WIDE):
            visit.page.set_viewport_size({"width": width, "height": 900})
            assert visit.overflow() <= 0, (path, width)
    visit.page.uncheck("#mail-answer")
    visit.page.click("button[value=notices]")
    expect(visit.page.locator("#mail-answer")).not_to_be_checked()
    if scheme == "dark":
        visit.go(NOTICES)
        expect(visit.page.locator(".notice-item.is-unread").first).to_be_visible()
        visit.page.get_by_role("button", name="Mark all as read").click()
        expect(visit.page.locator(".notice-item.is-unread")).to_have_count(0)
        expect(visit.page.locator(BELL)).to_have_text("Notices")
    visit.assert_quiet()
