"""Common ground as readers meet it: the box beside a discussion, its own page, the explanation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, Newsroom, Visit, Visitor

SETUP = """
from kakehashi.comments.models import Comment, Thread
from kakehashi.comments.actions import set_comment_state
from kakehashi.ranking.models import OpinionMap
from kakehashi.readers.models import Reader, Role

def lively():
    maps = [m for m in OpinionMap.objects.select_related("thread__story") if m.content]
    story = max(maps, key=lambda m: len(m.content["comments"])).thread.story
    return [story.url, story.pk]

def remove(pk):
    moderator = Reader.objects.filter(role=Role.MODERATOR).first()
    set_comment_state(actor=moderator, comment=Comment.objects.get(pk=pk), state="removed")
"""
BOX = ".ground"
EXPLANATION = "/common-ground/"


@pytest.fixture(scope="module")
def story(newsroom: Newsroom) -> tuple[str, str]:
    """The address of the story whose discussion is best known, and of its page about common ground."""
    path, pk = newsroom.ask(SETUP, "lively()")
    return path, f"/story/{pk}/common-ground/"


def unfold(visit: Visit) -> None:
    """Open whatever can be opened."""
    for summary in visit.page.locator("main details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["explanation", "own page", "own place"])
def test_its_pages_are_accessible_and_fit(
    visitor: Visitor, newsroom: Newsroom, story: tuple[str, str], which: str, scheme: str
) -> None:
    visit = visitor(scheme=scheme)
    if which == "own place":
        visit.log_in(newsroom.logins["reader"])
    visit.go({"explanation": EXPLANATION, "own page": story[1], "own place": f"{story[1]}?me=1"}[which])
    unfold(visit)
    assert visit.violations() == []
    visit.assert_quiet()
    for width in (NARROW, 390, 768, WIDE):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.overflow() <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, WIDE])
def test_the_box_is_accessible_open_and_closed(
    visitor: Visitor, story: tuple[str, str], width: int, scheme: str
) -> None:
    visit = visitor(scheme=scheme, width=width)
    visit.go(story[0])
    assert visit.violations() == []
    summary = visit.page.locator(f"{BOX} summary")
    if width < WIDE:
        summary.click()
        assert visit.violations() == []
    assert visit.overflow() <= 0
    visit.assert_quiet()


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_phone_it_is_folded_and_the_first_comment_near(
    visitor: Visitor, story: tuple[str, str], javascript: bool
) -> None:
    page = visitor(width=390, javascript=javascript).go(story[0])
    box, first = page.locator(BOX), page.locator("article.comment").first
    folded = box.bounding_box()
    assert folded is not None
    assert folded["height"] < 150
    expect(box.locator(".voice").first).to_be_hidden()
    summary = box.locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(box.locator(".voice").first).to_be_visible()
    assert 2 <= box.locator(".voice").count() <= 5
    expect(box.locator("svg.opinion-map")).to_be_visible()
    target = box.locator(".voice-words").first.get_attribute("href")
    box.locator(".voice-words").first.click()
    number = re.findall(r"\d+", target or "")[0]
    page.wait_for_url(f"**#c-{number}")
    expect(page.locator(f"#c-{number}")).to_be_in_viewport()
    expect(first).to_be_attached()


def test_where_there_is_room_it_stands_open(visitor: Visitor, story: tuple[str, str]) -> None:
    page = visitor(width=WIDE).go(story[0])
    expect(page.locator(f"{BOX} summary")).to_be_hidden()
    expect(page.locator(f"{BOX} .voice").first).to_be_visible()
    expect(page.locator(f"{BOX} svg.opinion-map")).to_be_visible()


def test_the_map_says_aloud_what_it_shows(visitor: Visitor, story: tuple[str, str]) -> None:
    visit = visitor()
    page = visit.go(story[1])
    picture = page.get_by_role("img", name="Map of this discussion")
    expect(picture).to_be_visible()
    expect(picture).to_have_accessible_name(re.compile(r"\d+ readers, in groups of at least 5"))
    page.get_by_text("The map as a table").click()
    rows = page.locator("table.figures tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() == picture.locator("rect[x]").count()


def test_a_member_asks_for_their_own_place_and_puts_it_away(
    visitor: Visitor, newsroom: Newsroom, story: tuple[str, str]
) -> None:
    visit = visitor(javascript=False)
    visit.log_in(newsroom.logins["reader"])
    page = visit.go(story[1])
    expect(page.locator(".map-own")).to_have_count(0)
    page.get_by_role("link", name="Where do I stand?").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody else can see it")
    expect(page.locator("g.map-own")).to_have_count(1)
    page.get_by_role("link", name="Without me").click()
    expect(page.locator(".map-own")).to_have_count(0)


def test_what_a_moderator_removes_leaves_the_open_page(
    visitor: Visitor, newsroom: Newsroom, story: tuple[str, str]
) -> None:
    open_page, other = visitor(), visitor(javascript=False)
    page = open_page.go(story[0])
    page.locator("#comments").scroll_into_view_if_needed()
    expect(page.locator("#live a")).to_be_hidden()  # It listens.
    address = page.locator(f"{BOX} .voice-words").first.get_attribute("href") or ""
    words = page.locator(f"{BOX} .voice-words").first.inner_text()
    newsroom.ask(SETUP, f"remove({int(address.split('/')[2])})")
    expect(page.locator(f"{BOX} [href='{address}']")).to_have_count(0)
    expect(page.locator(f"{BOX} .voice")).not_to_have_count(0)
    for path in story:
        other.go_until(path, other.page.locator(f"main:not(:has(.voice-words[href='{address}']))"))
        assert words not in other.page.content()
