"""Two readers with one discussion open: what one writes the other is told of, and nothing moves before it is asked for."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import NARROW, WIDE, Newsroom, Visit, Visitor

PASSWORD = "paper lantern harbour 7"
numbers = itertools.count(1)

SETUP = f"""
from kakehashi.comments import actions
from kakehashi.readers.actions import register_reader
from kakehashi.readers.models import Reader
from kakehashi.stories.models import SectionPage, StoryPage
from tests.factories import a_reader, a_story

def member(name, email):
    register_reader(name=name, email=email, password={PASSWORD!r}, standing='established')
    return dict(email=email, password={PASSWORD!r})

def story(slug):
    section = SectionPage.objects.live().filter(vote_display='split').first()
    return a_story('The harbour at night ' + slug, section=section, slug=slug).get_absolute_url()

def post(path, text):
    found = next(s for s in StoryPage.objects.live().latest() if s.get_absolute_url() == path)
    author = a_reader('Guest of ' + text, email=text.lower().replace(' ', '.') + '@example.org')
    return actions.post_comment(author=author, story=found, source=text).pk
"""


class Stage:
    """A story of its own with two members."""

    def __init__(self, newsroom: Newsroom, visitor: Visitor) -> None:
        self.newsroom, self.visitor = newsroom, visitor
        n = next(numbers)
        made = [f"member('Live {who} {n}', 'live{n}{who}@example.org')" for who in "ab"]
        self.path, *self.logins = newsroom.ask(SETUP, f"[story('harbour-{n}'), {', '.join(made)}]")

    def post(self, text: str) -> int:
        """A guest's comment; its number."""
        pk: int = self.newsroom.ask(SETUP, f"post({self.path!r}, {text!r})")
        return pk

    def seat(self, login: dict[str, str]) -> Visit:
        visit = self.visitor()
        visit.log_in(login, next_path=self.path)
        # Without what log-in says.
        visit.go(self.path)
        listen(visit)
        return visit


def listen(visit: Visit) -> None:
    """Scroll to the discussion, and wait until the page hears of changes: then it needs no link any more."""
    visit.page.locator("#live").scroll_into_view_if_needed()
    expect(visit.page.locator("#live a")).to_be_hidden()


@pytest.fixture
def stage(newsroom: Newsroom, visitor: Visitor) -> Stage:
    return Stage(newsroom, visitor)


def test_a_comment_is_announced_shown_when_asked_rated_and_removed(stage: Stage, newsroom: Newsroom) -> None:
    reader, writer = stage.seat(stage.logins[0]), stage.seat(stage.logins[1])
    reader.page.fill("#comment-text", "Half a thought")
    reader.page.locator("#live").scroll_into_view_if_needed()
    before = reader.page.evaluate("scrollY")

    writer.page.fill("#comment-text", "The lamps are lit.")
    writer.page.click("#reply button[type=submit]")
    expect(writer.page.locator("article.comment")).to_have_count(1)
    button = reader.page.get_by_role("button", name="1 new comment")
    expect(button).to_be_visible()
    expect(reader.page.locator("article.comment")).to_have_count(0)
    expect(reader.page.locator("#comments-title")).to_have_text("1 Comment")
    assert reader.page.evaluate("scrollY") == before
    assert reader.violations() == []

    button.press("Enter")
    new = reader.page.locator("article.comment")
    expect(new).to_have_count(1)
    expect(new).to_be_focused()
    expect(new).to_contain_text("The lamps are lit.")
    expect(reader.page.locator("#live button")).to_be_hidden()
    expect(reader.page.locator("#comment-text")).to_have_value("Half a thought")
    expect(reader.page.locator("#comments .empty-line")).to_have_count(0)

    new.locator("button.up").click()
    expect(new.locator(".score")).to_have_text("1 ( +1 / -0 )")
    expect(writer.page.locator("article.comment .score")).to_have_text("1 ( +1 / -0 )")
    expect(writer.page.locator("#live button")).to_be_hidden()

    moderator = stage.seat(newsroom.logins["moderator"])
    moderator.page.locator("article.comment details.moderate summary").click()
    moderator.page.locator("article.comment").get_by_role("link", name="Remove").click()
    moderator.page.get_by_label("Rule").select_option(index=1)
    moderator.page.get_by_role("button", name="Decide").click()
    for visit in (reader, writer):
        expect(visit.page.locator("article.comment")).to_have_text("A moderator has removed this comment.")
        expect(visit.page.locator("#comments-title")).to_have_text("0 Comments")
        visit.assert_quiet()
    assert reader.violations() == []


def test_newest_first_puts_them_on_top_and_counts_them(stage: Stage) -> None:
    stage.post("One")
    visit = stage.visitor()
    visit.go(stage.path + "?order=newest")
    listen(visit)
    stage.post("Two")
    stage.post("Three")
    visit.page.get_by_role("button", name="2 new comments").click()
    expect(visit.page.locator("article.comment .e-content")).to_have_text(["Three", "Two", "One"])
    expect(visit.page.locator("article.comment").first).to_be_focused()
    stage.post("Four")
    visit.page.get_by_role("button", name="1 new comment").click()
    expect(visit.page.locator("article.comment .e-content")).to_have_text(["Four", "Three", "Two", "One"])
    visit.assert_quiet()


def test_who_is_refused_the_stream_asks_now_and_then(stage: Stage) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    visit = stage.visitor()
    visit.page.route(re.compile("/live/"), refuse)
    visit.go(stage.path)
    visit.page.locator("#live").scroll_into_view_if_needed()
    expect(visit.page.get_by_role("link", name="Look for new comments")).to_be_visible()
    stage.post("Five")
    visit.page.get_by_role("button", name="1 new comment").click()
    expect(visit.page.locator("article.comment .e-content")).to_have_text(["Five"])
    assert visit.strangers == []


def test_without_scripts_a_link_leads_to_the_first_new_comment(stage: Stage) -> None:
    visit = stage.visitor(javascript=False)
    visit.go(stage.path)
    pk = stage.post("Six")
    visit.page.get_by_role("link", name="Look for new comments").click()
    visit.page.wait_for_url(f"**{stage.path}?newest={pk}#c-{pk}")
    expect(visit.page.locator(f"#c-{pk}")).to_contain_text("Six")


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_button_fits_and_can_be_read(stage: Stage, width: int, scheme: str) -> None:
    visit = stage.visitor(width=width, scheme=scheme)
    visit.go(stage.path)
    listen(visit)
    stage.post(f"Seven {width} {scheme}")
    button = visit.page.get_by_role("button", name="1 new comment")
    expect(button).to_be_in_viewport()
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert visit.overflow() == 0
    assert visit.violations() == []
