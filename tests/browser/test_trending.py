"""The boxes of what is trending, here and on sister sites, at phone and desktop width."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDE, Newsroom, Visitor


@pytest.mark.parametrize("width", [390, WIDE])
def test_what_is_trending_is_seen_and_leads_on(visitor: Visitor, newsroom: Newsroom, width: int) -> None:
    visit = visitor(width=width)
    page = visit.go("/")
    for path in ("/", "/politics/"):
        visit.go(path)
        for name in ("Most read", "Most discussed", "What is trending on our other sites"):
            box = page.get_by_role("region", name=name)
            expect(box).to_be_visible()
            assert box.get_by_role("listitem").count() >= 3
        assert visit.overflow() <= 0
        assert visit.violations() == []
    sisters = page.get_by_role("region", name="What is trending on our other sites").get_by_role("link")
    assert {link.get_attribute("rel") for link in sisters.all()} == {"external noopener"}
    expect(page.get_by_text("The Lowmarsh Lantern").first).to_be_visible()
    # From the most read story to the next one, which leaves itself out.
    page.get_by_role("region", name="Most read").get_by_role("link").first.click()
    here = page.url.removeprefix(newsroom.address)
    read = page.get_by_role("complementary", name="Most read").get_by_role("link")
    addresses = [link.get_attribute("href") for link in read.all()]
    assert len(addresses) >= 3
    assert here not in addresses
    expect(page.get_by_role("region", name="What is trending on our other sites")).to_be_visible()
    assert visit.overflow() <= 0
    assert visit.violations() == []
    visit.assert_quiet()
