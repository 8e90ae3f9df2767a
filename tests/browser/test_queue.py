"""The queue as a moderator works through it: a hundred decisions by keyboard, on a phone, without a script."""

from __future__ import annotations

import statistics
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import Newsroom, Visitor
from tests.browser.test_moderation import assert_clean

DECISIONS = 100
# On the server for one decision, in the middle; and for all of them in the browser.
MOST_MS, MOST_SECONDS = 800, 300
# In turn: what is pressed, and what becomes of the comment.
KEYS = (("a", "visible"), ("7r", "removed"), ("a", "visible"), ("3w", "removed"), ("1r", "removed"))
SETUP = """
from datetime import timedelta
from django.utils import timezone
from kakehashi.comments.actions import thread_for
from kakehashi.comments.models import Comment
from kakehashi.moderation import actions
from kakehashi.moderation.models import Decision, Waiting
from kakehashi.readers.actions import register_reader
from kakehashi.stories.models import StoryPage

def fill(number, section):
    now = timezone.now()
    story = StoryPage.objects.live().order_by("-published_at")[section]
    thread = thread_for(story)
    # Somebody of their own: whoever is warned writes nothing in other tests.
    author = register_reader(email=f"queue{section}@demo.example", name=f"Quentin {section}", now=now)
    made = Comment.objects.bulk_create(
        Comment(thread=thread, author=author, source=f"Queue {section}, {n}.", html=f"<p>Queue {section}, {n}.</p>",
                plain=f"Queue {section}, {n}.", state="held", created_at=now - timedelta(minutes=number - n))
        for n in range(number))
    actions.settle_waiting(comments=[one.pk for one in made], now=now)
    return author.pk

def states(author):
    found = Comment.objects.filter(author=author)
    return [found.filter(state=state).count() for state in ("visible", "removed", "held")]
"""


def heading(page: Page) -> str:
    """The number of the comment that is decided on."""
    return page.locator("[data-item]").get_attribute("data-item") or ""


def test_a_hundred_decisions_by_keyboard(visitor: Visitor, newsroom: Newsroom) -> None:
    author = newsroom.ask(SETUP, f"fill({DECISIONS}, 0)")
    visit = visitor()
    page = visit.log_in(newsroom.logins["moderator"], next_path=f"/moderation/queue/?member={author}")
    expect(page.locator("#queue-title")).to_be_visible()
    server: list[float] = []
    page.on(
        "response",
        lambda answer: (
            server.append(float(answer.headers["server-timing"].partition("dur=")[2]))
            if answer.request.method == "POST" and "/claim/" not in answer.url
            else None
        ),
    )
    began = time.perf_counter()
    for turn in range(DECISIONS):
        before = heading(page)
        for key in KEYS[turn % len(KEYS)][0]:
            page.keyboard.press(key)
        expect(page.locator(f"[data-item='{before}']")).to_have_count(0)
    seconds = time.perf_counter() - began
    print(
        f"\n{DECISIONS} decisions by keyboard in {seconds:.0f} s; each with the next comment on the server "
        f"{statistics.median(server):.0f} ms in the middle, {max(server):.0f} ms at most"
    )
    assert len(server) == DECISIONS
    # Wide of what a quiet machine needs: what becomes slow by ten times is found all the same.
    assert statistics.median(server) < MOST_MS
    assert seconds < MOST_SECONDS
    visible, removed, held = newsroom.ask(SETUP, f"states({author})")
    assert (visible, removed, held) == (DECISIONS * 2 // 5, DECISIONS * 3 // 5, 0)
    assert newsroom.ask(SETUP, f"Decision.objects.filter(reader={author}, action='warned').count()") >= 20
    expect(page.locator("#queue-said")).to_contain_text("Removed")
    expect(page.locator("#queue-title")).to_be_focused()
    visit.assert_quiet()


def test_undone_put_off_and_changed_by_keyboard(visitor: Visitor, newsroom: Newsroom) -> None:
    author = newsroom.ask(SETUP, "fill(4, 1)")
    visit = visitor(scheme="dark")
    page = visit.log_in(newsroom.logins["moderator"], next_path=f"/moderation/queue/?member={author}")
    first = heading(page)
    page.keyboard.press("a")
    expect(page.locator(f"[data-item='{first}']")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(f"[data-item='{first}']")).to_have_count(1)
    expect(page.locator("#queue-title")).to_be_focused()
    page.keyboard.press("n")
    expect(page.locator(f"[data-item='{first}']")).to_have_count(0)
    second = heading(page)
    # In a field letters are letters; Escape leads back to the keys.
    page.locator("[name=explanation]").fill("")
    page.locator("[name=explanation]").press_sequentially("a rare word")
    assert heading(page) == second
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.locator("[name=text]").fill("Changed by hand.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(f"[data-item='{second}']")).to_have_count(0)
    changed = newsroom.ask(SETUP, f"Comment.objects.values_list('source', 'is_edited_by_staff').get(pk={second})")
    assert changed == ["Changed by hand.", True]
    # In Hangul mode the letter of a key is another one; its place is not.
    third = heading(page)
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅜ', code: 'KeyN', bubbles: true}))")
    expect(page.locator(f"[data-item='{third}']")).to_have_count(0)
    # Held back already: on to the next one, which is what was put off before.
    fourth = heading(page)
    page.keyboard.press("h")
    expect(page.locator("#queue-title")).to_have_text("Nothing waits for you here.")
    page.keyboard.press("n")
    expect(page.locator("[data-item]")).to_have_count(1)
    assert heading(page) in (first, third, fourth)
    # Switched off, no single key does anything.
    page.keyboard.press("?")
    page.get_by_role("button", name="Switch single keys off or on").click()
    last = heading(page)
    page.keyboard.press("a")
    page.wait_for_timeout(300)
    assert heading(page) == last
    assert_clean(visit)


def test_on_a_phone_and_without_a_script(visitor: Visitor, newsroom: Newsroom) -> None:
    author = newsroom.ask(SETUP, "fill(5, 2)")
    visit = visitor(width=390, javascript=False)
    page = visit.log_in(newsroom.logins["second moderator"], next_path=f"/moderation/queue/?member={author}")
    first = heading(page)
    box = page.get_by_role("button", name="Approve").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(f"[data-item='{first}']")).to_have_count(0)
    # Which of two buttons is seen, the style sheet says.
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"[data-item='{first}']")).to_have_count(1)
    page.get_by_label("Leave private lives private").check()
    page.get_by_role("button", name="Remove and warn").click()
    expect(page.locator(f"[data-item='{first}']")).to_have_count(0)
    page.get_by_role("link", name="Decide on all held of this member").click()
    page.get_by_label("Rule").select_option(index=7)
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_role("heading", name="4 comments decided on")).to_be_visible()
    page.get_by_role("link", name="undo all of them together").click()
    page.get_by_role("button", name="Undo all 4").click()
    expect(page.locator(".messages")).to_be_visible()
    assert newsroom.ask(SETUP, f"states({author})") == [0, 1, 4]


def test_a_lost_connection_is_told_and_loses_nothing(visitor: Visitor, newsroom: Newsroom) -> None:
    author = newsroom.ask(SETUP, "fill(1, 4)")
    visit = visitor()
    page = visit.log_in(newsroom.logins["moderator"], next_path=f"/moderation/queue/?member={author}")
    page.locator("[name=explanation]").fill("A sentence of my own.")
    page.context.set_offline(True)
    trouble = page.locator("#queue-trouble")
    expect(trouble).to_contain_text("may be out of date")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("r")
    expect(trouble).to_contain_text("What you wrote is still here")
    expect(page.locator("[name=explanation]")).to_have_value("A sentence of my own.")
    page.context.set_offline(False)
    page.keyboard.press("r")
    expect(page.locator("#queue-said")).to_contain_text("Removed")
    expect(trouble).to_be_hidden()
    page.context.set_offline(True)
    expect(trouble).to_contain_text("may be out of date")
    page.context.set_offline(False)
    expect(trouble).to_be_hidden()


def test_two_moderators_see_each_other(visitor: Visitor, newsroom: Newsroom) -> None:
    author = newsroom.ask(SETUP, "fill(2, 3)")
    address = f"/moderation/queue/?member={author}"
    one, other = visitor(), visitor(scheme="dark", width=390)
    mine = one.log_in(newsroom.logins["moderator"], next_path=address)
    theirs = other.log_in(newsroom.logins["second moderator"], next_path=address)
    assert heading(mine) != heading(theirs)
    expect(mine.locator(f"[data-claim='{heading(theirs)}']")).to_have_text("Oswin Thatch")
    pk = heading(mine)
    other.go(f"/moderation/queue/{pk}/", status=409)
    expect(theirs.get_by_role("alert")).to_contain_text("is at this comment now")
    assert_clean(other)
    theirs.get_by_role("button", name="Take it over").click()
    expect(theirs.get_by_role("button", name="Approve")).to_be_visible()
    trouble = mine.locator("#queue-trouble")
    expect(trouble).to_contain_text("has taken this comment over: Oswin Thatch")
    expect(trouble).to_be_in_viewport()
    assert_clean(one)
    other.go("/moderation/")
    assert_clean(other)
