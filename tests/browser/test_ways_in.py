"""From a half-written comment through an account from elsewhere, and back to it; and the pages of one's account."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Newsroom, Visit, Visitor

PASSWORD = "a lantern on the pier"


def let_out(visit: Visit, newsroom: Newsroom) -> Visit:
    """The provider may be asked as well; its own pages ask for a style sheet elsewhere, which they do not get."""
    visit.page.unroute_all()
    allowed = rf"^(?!{re.escape(visit.address)}/|{re.escape(newsroom.provider.url)}/|data:|blob:)"
    visit.page.route(re.compile(allowed), lambda route: route.abort())
    return visit


def say_yes(page: Page, newsroom: Newsroom, sub: str) -> None:
    page.click("text=Go on with Press Club")
    page.wait_for_url(newsroom.provider.url + "/**")
    page.fill("input[name=sub]", sub)
    page.click("text=Authorize >> nth=-1")


def an_open_story(newsroom: Newsroom) -> str:
    setup = (
        "from django.utils import timezone; from kakehashi.comments import page, orders;"
        "from kakehashi.stories.models import StoryPage;"
        "visits = (page.visit(s.pk, None, orders.Choice()) for s in StoryPage.objects.live().order_by('-pk'))"
    )
    return str(newsroom.ask(setup, "next(v.scene.path for v in visits if v and v.door.is_open)"))


def picture(visit: Visit, name: str) -> None:
    """Where somebody wants to look at it: KAKEHASHI_TEST_PICTURES names a directory."""
    if directory := os.environ.get("KAKEHASHI_TEST_PICTURES"):
        visit.page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)


def test_from_a_half_written_comment_to_the_provider_and_back(newsroom: Newsroom, visitor: Visitor) -> None:
    newsroom.provider.person("mara", name="Mara Quill", email="mara@press.example", email_verified=True)
    path = an_open_story(newsroom)
    visit = let_out(visitor(), newsroom)
    page = visit.log_in(newsroom.logins["reader"], next_path=path)
    page.fill("#comment-text", "The lamps were lit before the boats came in.")
    # Logged out meanwhile: in another browser, or because it was long ago.
    page.context.clear_cookies(name="sessionid")
    page.click("#reply button.primary")
    page.wait_for_url("**/account/login/**")
    assert visit.violations() == []
    picture(visit, "login-1280")
    say_yes(page, newsroom, "mara")
    page.wait_for_url("**/account/newcomer/")
    assert page.input_value("input[name=name]") == "Mara Quill"
    assert visit.violations() == []
    picture(visit, "newcomer-1280")
    page.fill("input[name=name]", "Quill of the Pier")
    page.click("main form button.button")
    page.wait_for_url(f"**{path}#reply")
    assert page.input_value("#comment-text") == "The lamps were lit before the boats came in."
    page.click("#reply button.primary")
    mine = page.locator("article.comment", has_text="The lamps were lit before the boats came in.")
    expect(mine).to_contain_text("Quill of the Pier")
    assert visit.complaints == []


@pytest.mark.parametrize("width", [390])
def test_without_scripts_an_account_joins_only_after_proof(newsroom: Newsroom, visitor: Visitor, width: int) -> None:
    login = {"email": "joan@press.example", "password": PASSWORD}
    register = "from kakehashi.readers.actions import register_reader"
    assert newsroom.ask(register, f"register_reader(name='Joan of the Quay', **{login!r}).pk")
    newsroom.provider.person("joan", name="Joan", email="joan@press.example", email_verified=True)
    newsroom.provider.person("imp", name="Joan", email="joan@press.example", email_verified=False)
    visit = let_out(visitor(width=width, javascript=False), newsroom)
    page = visit.go("/account/login/?next=/account/ways/")
    say_yes(page, newsroom, "imp")
    page.wait_for_url("**/account/newcomer/")
    page.click("main form button.button")
    page.wait_for_url("**/account/newcomer/code/")

    page = visit.go("/account/login/?next=/account/ways/")
    say_yes(page, newsroom, "joan")
    page.wait_for_url("**/account/join/")
    assert "joan@press.example" in page.inner_text("main")
    page.fill("input[name=password]", PASSWORD)
    page.click("text=Log in and connect")
    page.wait_for_url("**/account/ways/")
    assert "Press Club" in page.inner_text(".key-list")
    assert page.locator(".key-list form").count() == 1

    again = let_out(visitor(width=width, javascript=False), newsroom)
    say_yes(again.go("/account/login/?next=/account/"), newsroom, "joan")
    again.page.wait_for_url("**/account/")
    assert "Joan of the Quay" in again.page.inner_text("main")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_pages_of_the_account_are_clean(newsroom: Newsroom, visitor: Visitor, width: int, scheme: Any) -> None:
    visit = visitor(width=width, scheme=scheme)
    visit.log_in(newsroom.logins["reader"], next_path="/account/")
    for page in ("", "ways/", "sessions/", "leave/", "email/", "muted/"):
        visit.go(f"/account/{page}")
        assert visit.violations() == [], page
        assert visit.overflow() == 0, page
        picture(visit, f"account-{page.strip('/') or 'overview'}-{width}-{scheme}")
    if width == 390:
        visit.page.click("text=Ask for my data") if visit.go("/account/") else None
        expect(visit.page.locator("main")).to_contain_text("We are putting them together")
        visit.go("/account/leave/")
        visit.page.fill("input[name=password]", newsroom.logins["reader"]["password"])
        visit.page.click("main form button.button")
        visit.page.wait_for_url("**/account/")
        assert "Keep my account" in visit.page.inner_text("main")
        assert visit.violations() == []
        picture(visit, f"account-leaving-{width}")
        visit.page.click("text=Keep my account")
        expect(visit.page.locator("body")).to_contain_text("Your account stays.")
    assert visit.complaints == []
