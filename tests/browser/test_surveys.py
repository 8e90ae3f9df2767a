"""A reader answers the newspaper's survey and a poll: on a phone with scripts, on a desk without."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Newsroom, Visit, Visitor

PHONE, DESK = 390, 1280
STORY = "a[href*='keep-one-boat']"


def check(visit: Visit) -> None:
    assert visit.violations() == []
    assert visit.overflow() <= 0


def first_page(page: Page) -> None:
    page.get_by_label("At breakfast").check()
    page.get_by_label("The letters").check()
    page.get_by_role("group", name="Does the Packet treat").get_by_label("5").check()
    for place, label in enumerate(["Books and stages", "Reports from Kawara", "The Assembly", "The harbour"], start=1):
        page.get_by_label(label).select_option(str(place))
    page.get_by_label("I keep away").check()


def fill_in(visit: Visit) -> None:
    """From the banner to the thanks, with a mistake and a step back on the way."""
    page = visit.go("/")
    page.locator(".banner a").click()
    check(visit)
    page.get_by_role("button", name="Continue").click()
    summary = page.locator(".error-summary")
    expect(summary).to_contain_text("2 answers need another look")
    expect(summary).to_be_focused()
    check(visit)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("On the morning boat")).to_be_focused()
    first_page(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_label("What keeps you away").fill("The gulls.")
    check(visit)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("At breakfast")).to_be_checked()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("What keeps you away")).to_have_value("The gulls.")
    page.get_by_role("button", name="Send your answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.locator(".banner")).to_have_count(0)
    page.get_by_role("link", name="See the results").click()
    expect(page.locator("svg.chart").first).to_be_visible()
    check(visit)
    assert visit.go("/").locator(".banner").count() == 0


def vote(visit: Visit) -> None:
    page = visit.go("/politics/")
    page.locator(STORY).first.click()
    poll = page.locator("section.poll")
    poll.get_by_label("Yes, every night").check()
    check(visit)
    poll.get_by_role("button", name="Vote").click()


def test_on_a_phone_with_scripts(visitor: Visitor, newsroom: Newsroom) -> None:
    visit = visitor(width=PHONE, scheme="dark")
    fill_in(visit)
    vote(visit)
    page = visit.page
    expect(page.locator(".poll-says")).to_contain_text("Thank you for your answer.")
    expect(page.locator(".poll svg.chart")).to_be_visible()
    expect(page).to_have_url(re.compile("keep-one-boat"))
    check(visit)


def test_on_a_desk_without_scripts(visitor: Visitor, newsroom: Newsroom) -> None:
    visit = visitor(width=DESK)
    page = visit.go("/politics/")
    page.get_by_role("button", name="Not now").click()
    page.wait_for_url("**/politics/")
    expect(page.locator(".banner")).to_have_count(0)
    plain = visitor(width=DESK, javascript=False)
    page = plain.go("/")
    page.locator(".banner a").click()
    first_page(page)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send your answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page = plain.go("/politics/")
    page.locator(STORY).first.click()
    page.locator("section.poll").get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_label("No", exact=True)).to_be_checked()
    page.get_by_role("button", name="Vote").click()
    expect(page.locator(".poll-says")).to_contain_text("Thank you for your answer.")
    page.get_by_role("link", name="Back to the story").click()
    expect(page).to_have_url(re.compile("keep-one-boat"))
