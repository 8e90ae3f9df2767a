"""News by mail in the browser: subscribe, confirm, choose what comes, and end it by the link in a mail."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, SECONDS, Newsroom, Visitor


def mail_with(newsroom: Newsroom, address: str, kind: str) -> str:
    """The path of that kind of link in the latest mail to the address, which the worker writes into a file."""
    until = time.monotonic() + PATIENCE / SECONDS
    while time.monotonic() < until:
        for file in sorted(
            (newsroom.site.data / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True
        ):
            text = Path(file).read_text(errors="replace")
            found = re.search(rf"https?://[^/\s]+(/alerts/{kind}/[^/\s]+/)", text)
            if f"To: {address}" in text and found is not None:
                return found.group(1)
        time.sleep(0.2)
    raise AssertionError(f"No mail with a link to {kind} came for {address}.")


def test_from_the_form_to_the_end_of_it(visitor: Visitor, newsroom: Newsroom) -> None:
    phone, wide = visitor(width=390), visitor(scheme="dark")
    page = phone.go("/alerts/")
    assert phone.violations() == []
    assert phone.overflow() == 0
    page.get_by_label("Breaking news").check()
    page.get_by_label("Everything on the site").check()
    page.get_by_label("Once a week").check()
    page.get_by_label("E-mail address").fill("mia@reader.example")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    confirm = mail_with(newsroom, "mia@reader.example", "confirm")
    page = wide.go(confirm)
    assert wide.violations() == []
    page.get_by_role("button", name="Yes, write to me").click()
    expect(page.get_by_text("Thank you. Mail comes from now on")).to_be_visible()
    preferences = page.url.removeprefix(newsroom.address)
    assert wide.violations() == []
    page = phone.go(preferences)
    assert phone.violations() == []
    assert phone.overflow() == 0
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("Everything on the site").select_option("daily")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. This holds from now on.")).to_be_visible()
    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tokyo")
    ending = newsroom.ask(
        "from kakehashi.alerts import links\nfrom kakehashi.alerts.models import Receiver",
        'links.unsubscribe_url(Receiver.objects.get(email="mia@reader.example").pk, "digest:daily")',
    )
    page = wide.go(ending.removeprefix(newsroom.address))
    assert wide.violations() == []
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", name="No more of these mails")).to_be_visible()
    page = phone.go(preferences)
    expect(page.get_by_label("Everything on the site")).to_have_count(0)
    for visit in (phone, wide):
        visit.assert_quiet()
