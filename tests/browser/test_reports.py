"""Reporting a comment with and without scripts and by the keyboard; a legal notice from a comment to its answer."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, Newsroom, Visit, Visitor


def assert_clean(visit: Visit) -> None:
    """Accessible, quiet, and no wider than a phone."""
    assert visit.violations() == []
    visit.assert_quiet()
    for width in (NARROW, 390, WIDE):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.overflow() <= 0


def posted(newsroom: Newsroom) -> int:
    """A comment of somebody else's, whoever that is in this newsroom."""
    found: int = newsroom.ask(
        """
from django.utils import timezone
from datetime import timedelta
from kakehashi.comments.models import Comment
from kakehashi.moderation.models import Flag, LegalNotice
from kakehashi.readers.models import Reader
reader = Reader.objects.get(email="reader@demo.example")
taken = set(Flag.objects.values_list("comment", flat=True)) | set(LegalNotice.objects.values_list("comment", flat=True))
""",
        "Comment.objects.visible().exclude(author=reader).exclude(pk__in=taken)"
        ".filter(author__isnull=False, thread__story__live=True).order_by('-pk').values_list('pk', flat=True).first()",
    )
    return found


def test_in_its_place_and_by_the_keyboard(visitor: Visitor, newsroom: Newsroom) -> None:
    pk = posted(newsroom)
    member = visitor(scheme="dark")
    member.log_in(newsroom.logins["reader"])
    member.go(f"/comment/{pk}/")
    article = member.page.locator(f"#c-{pk}")
    article.get_by_role("link", name="Report the comment by").focus()
    member.page.keyboard.press("Enter")
    form = article.locator("form.report")
    expect(form).to_be_visible()
    form.get_by_role("button", name="Report", exact=True).focus()
    member.page.keyboard.press("Enter")
    expect(form.get_by_role("alert").or_(form.locator(".error"))).to_contain_text("choose the rule")
    form.get_by_role("radio").first.focus()
    member.page.keyboard.press("Space")
    form.get_by_role("textbox").fill("The last sentence.")
    assert_clean(member)
    form.get_by_role("button", name="Report", exact=True).focus()
    member.page.keyboard.press("Enter")
    expect(article.locator(".state-note")).to_contain_text("You have reported this.")
    member.go(f"/comment/{pk}/report/")
    expect(member.page.get_by_role("textbox", name="What should")).to_have_value("The last sentence.")
    assert_clean(member)
    member.go("/account/reports/")
    expect(member.page.locator("main")).to_contain_text("A moderator will look at it.")
    assert_clean(member)


def test_without_scripts_and_through_log_in(visitor: Visitor, newsroom: Newsroom) -> None:
    pk = posted(newsroom)
    anybody = visitor(javascript=False)
    anybody.go(f"/comment/{pk}/")
    anybody.page.locator(f"#c-{pk}").get_by_role("link", name="Report").click()
    page = anybody.page
    page.get_by_role("radio").nth(2).check()
    page.get_by_role("textbox", name="What should").fill("Kept on the way.")
    page.get_by_role("button", name="Log in and report").click()
    login = newsroom.logins["reader"]
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.click(
        "main form:has(input[name=password]) button[type=submit], main form:has(input[name=password]) button:not([type])"
    )
    page.wait_for_url(f"**/comment/{pk}/report/")
    expect(page.get_by_role("textbox", name="What should")).to_have_value("Kept on the way.")
    expect(page.get_by_role("radio").nth(2)).to_be_checked()
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("The moderators look at it")
    anybody.go(f"/comment/{pk}/report/")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".messages")).to_contain_text("taken back")


def test_a_legal_notice_is_received_and_answered(visitor: Visitor, newsroom: Newsroom) -> None:
    pk = posted(newsroom)
    sender = visitor()
    sender.go(f"/comment/{pk}/report/")
    assert_clean(sender)
    sender.page.get_by_role("link", name="Send a legal notice").click()
    page = sender.page
    page.get_by_label("What it is").select_option(index=5)
    page.get_by_label("Why it is against the law").fill("It gives away where a witness lives, with the number.")
    page.get_by_label("Your name").fill("Ines Falk")
    page.get_by_label("Your e-mail address").fill("ines@notices.example")
    assert_clean(sender)
    page.get_by_role("button", name="Send the notice").click()
    expect(page.get_by_role("alert")).to_contain_text("true as far as you know")
    page.get_by_label("I believe in good faith").check()
    page.get_by_role("button", name="Send the notice").click()
    expect(page.get_by_role("status").first).to_contain_text("We have your notice.")
    assert_clean(sender)
    reference = (page.locator("h1").inner_text()).removeprefix("Notice ").strip()

    moderator = visitor(scheme="dark")
    moderator.log_in(newsroom.logins["moderator"], next_path="/moderation/notices/")
    assert_clean(moderator)
    moderator.page.get_by_role("link", name=reference).click()
    assert_clean(moderator)
    moderator.page.get_by_role("link", name="Follow it").click()
    assert_clean(moderator)
    desk = moderator.page
    expect(desk.locator("main")).to_contain_text("It gives away where a witness lives")
    desk.get_by_label("Rule", exact=True).select_option(index=4)
    desk.get_by_label("Why", exact=True).fill("A private address.")
    desk.get_by_role("button", name="Decide").click()
    expect(desk.locator(".messages")).to_be_visible()
    page.reload()
    expect(page.locator("main")).to_contain_text("the comment was removed")
    expect(page.locator("main")).to_contain_text("A private address.")
    assert_clean(sender)
    sender.go("/notice/state/")
    assert_clean(sender)
    moderator.go("/moderation/flaggers/")
    assert_clean(moderator)
    member = newsroom.ask(
        "from kakehashi.readers.models import Reader", "Reader.objects.get(email='reader@demo.example').pk"
    )
    moderator.go(f"/moderation/flaggers/{member}/")
    assert_clean(moderator)
