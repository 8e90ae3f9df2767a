"""A removal as everybody concerned meets it: the moderator, the author, whoever hears the objection, all readers."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import NARROW, PATIENCE, WIDE, Newsroom, Visit, Visitor

SETUP = """
from kakehashi.comments import actions
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from kakehashi.comments.models import Comment
from kakehashi.moderation.models import Appeal

def comment():
    reader = Reader.objects.get(email="reader@demo.example")
    story = StoryPage.objects.live().order_by("-published_at").first()
    made = actions.post_comment(author=reader, story=story, source="Only a lamp post could vote for this timetable.")
    return made.pk

def appeal():
    return Appeal.objects.filter(reader__email="reader@demo.example").latest("pk").pk
"""
REPORT = """
import numpy as np
from django.utils import timezone
from kakehashi.moderation.model import report
from kakehashi.moderation.model.lesson import Lesson
from kakehashi.moderation.models import ModelVersion

def learned():
    chance = np.random.default_rng(1)
    lessons = [Lesson(n, f"word{n % 7} windbag", n % 2 == 0, n % 8, ("en", "ja")[n % 3 == 0], "x") for n in range(160)]
    scores = np.clip([0.5 * one.is_removed for one in lessons] + 0.5 * chance.random(160), 0, 1)
    figures = report.figures(scores, lessons) | {"words": report.words(lessons, lambda plain: len(plain) - 5.5)}
    version = ModelVersion.objects.create(
        number=ModelVersion.objects.count() + 1, state="kept", learned=480, held_out=160, figures=figures,
        figures_before=figures, used_since=timezone.now(), made_with="scikit-learn",
    )
    return version.number
"""
NEW_MEMBER = """
from kakehashi.moderation import actions
from kakehashi.moderation.actions import WordText
from kakehashi.readers.actions import register_reader
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage

def member():
    moderator = Reader.objects.get(email="moderator@demo.example")
    actions.save_word(actor=moderator, text=WordText("windbag", rule_number=1, note="Said often."))
    register_reader(name="Hanna Loud", email="hanna@example.org", password="paper lantern harbour 7", standing="established")
    story = next(s.url for s in StoryPage.objects.live().latest() if s.section.vote_display == "split")
    return dict(story=story, login=dict(email="hanna@example.org", password="paper lantern harbour 7"))
"""
QUARREL = """
from datetime import timedelta
from django.utils import timezone
from kakehashi.stories.models import SectionPage
from tests.factories import a_comment, a_story, a_thread

def story():
    # Not the latest, under which other tests write.
    published_at = timezone.now() - timedelta(days=10)
    section = SectionPage.objects.live().first()
    made = a_story("Whose quay is it?", section=section, slug="whose-quay", published_at=published_at)
    a_comment(a_thread(made))
    return made.get_absolute_url()
"""
WORDS = "Only a lamp post could vote for this timetable."


def assert_clean(visit: Visit) -> None:
    """Accessible, quiet, and no wider than a phone."""
    assert visit.violations() == []
    visit.assert_quiet()
    for width in (NARROW, 390, WIDE):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.overflow() <= 0


def test_removed_with_a_rule_objected_to_and_back_again(visitor: Visitor, newsroom: Newsroom) -> None:
    pk = newsroom.ask(SETUP, "comment()")
    place = f"/comment/{pk}/"

    moderator = visitor(scheme="dark")
    moderator.log_in(newsroom.logins["moderator"])
    moderator.go(place)
    article = moderator.page.locator(f"#c-{pk}")
    article.locator("details.moderate summary").click()
    article.get_by_role("link", name="Remove").click()
    article.get_by_label("Rule").select_option(index=1)
    article.get_by_label("Why").fill("It speaks of voters, not of the timetable.")
    assert_clean(moderator)
    article.get_by_role("button", name="Decide").click()
    expect(article.locator(".state-note")).to_contain_text("A moderator has removed this comment.")
    moderator.go(place)
    expect(article.locator(".state-note")).to_contain_text("(rule 1)")
    moderator.go("/moderation/")
    assert_clean(moderator)

    author = visitor()
    author.log_in(newsroom.logins["reader"], next_path="/account/decisions/")
    author.page.get_by_role("link", name="Removed").first.click()
    statement = author.page.locator("main")
    for words in (WORDS, "It speaks of voters", "1. Argue with what was said", "None: people found it"):
        expect(statement).to_contain_text(words)
    author.page.get_by_label("Why do you object?").fill("I was speaking of lamp posts, and of nobody else.")
    assert_clean(author)
    author.page.get_by_role("button", name="Object").click()
    expect(statement).to_contain_text("Waiting for an answer")

    moderator.go("/moderation/appeals/")
    moderator.page.locator(".decision-list a").first.click()
    second = visitor(scheme="dark", javascript=False)
    second.log_in(newsroom.logins["second moderator"], next_path="/moderation/appeals/")
    second.page.locator(f'a[href$="/appeals/{newsroom.ask(SETUP, "appeal()")}/"]').click()
    expect(second.page.locator("main")).to_contain_text("speaking of lamp posts")
    second.page.get_by_label("Your answer").fill("So you were. The comment is back.")
    second.page.get_by_role("button", name="Grant").click()
    expect(second.page.locator(".messages")).to_contain_text("Answered.")

    author.page.reload()
    expect(statement).to_contain_text("The comment is back.")
    expect(statement).to_contain_text("It no longer holds.")
    anybody = visitor()
    anybody.go(place)
    expect(anybody.page.locator(f"#c-{pk}")).to_contain_text(WORDS)
    # The log may be some seconds old, as lists for everybody are.
    anybody.go_until(
        "/rules/log/", anybody.page.locator("tbody tr").nth(1).get_by_text("Granted: the decision was overturned")
    )
    assert_clean(anybody)
    anybody.go("/rules/")
    assert_clean(anybody)


def test_asked_to_think_again_and_a_word_of_the_list(visitor: Visitor, newsroom: Newsroom) -> None:
    made = newsroom.ask(NEW_MEMBER, "member()")
    # Not the same text twice: nobody is asked about one again, unless it was sent by two clicks at once.
    for scheme, javascript, what in (("light", True, "signed"), ("dark", False, "read")):
        text = f"Only a stupid windbag could have {what} that."
        writer = visitor(scheme=scheme, javascript=javascript)
        writer.log_in(made["login"], next_path=made["story"])
        writer.page.fill("#comment-text", text)
        writer.page.click("#reply button[type=submit]")
        expect(writer.page.locator("#comment-question")).to_contain_text("sounds harsh")
        expect(writer.page.locator("#comment-text")).to_have_value(text)
        if javascript:
            assert_clean(writer)
    writer.page.get_by_role("button", name="Post it as it is").click()
    expect(writer.page.locator("article.comment").filter(has_text="stupid windbag")).to_be_visible()

    for scheme in ("light", "dark"):
        moderator = visitor(scheme=scheme)
        moderator.log_in(newsroom.logins["moderator"], next_path="/moderation/words/")
        moderator.page.get_by_label("What would be found").fill("Such a w1ndb4g!")
        moderator.page.get_by_role("button", name="Look").click()
        expect(moderator.page.locator(".word-list")).to_contain_text("the text reads: windbag")
        assert_clean(moderator)
        moderator.page.locator(".word-list a").first.click()
        expect(moderator.page.get_by_label("Note")).to_have_value("Said often.")
        assert_clean(moderator)


def test_a_discussion_is_closed_and_everybody_reads_why(visitor: Visitor, newsroom: Newsroom) -> None:
    path = newsroom.ask(QUARREL, "story()")
    moderator, anybody = visitor(width=390), visitor(scheme="dark")
    page = moderator.log_in(newsroom.logins["moderator"], next_path=path)
    page.get_by_role("group", name="Moderate this discussion").get_by_role("link", name="Close").click()
    page.get_by_label("Why").fill("It has become about who owns the quay, once more.")
    page.get_by_role("button", name="Decide").click()
    expect(page.locator("main")).to_contain_text("Please choose the rule for whose sake you do this")
    assert_clean(moderator)
    page.get_by_label("Rule").select_option(index=6)
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".thread-reason")).to_contain_text("It has become about who owns the quay, once more.")
    assert_clean(moderator)
    anybody.go_until(path, anybody.page.locator(".thread-reason").get_by_role("link", name="rule 6"))
    expect(anybody.page.locator(".thread-reason")).to_contain_text("A moderator has closed this discussion.")
    expect(anybody.page.locator("#reply")).to_contain_text("takes no more comments")
    assert_clean(anybody)
    page.get_by_role("group", name="Moderate this discussion").get_by_role("link", name="Open").click()
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".comment-form")).to_be_visible()
    expect(page.locator(".thread-reason")).to_have_count(0)


def test_the_report_of_what_was_learned(visitor: Visitor, newsroom: Newsroom) -> None:
    assert newsroom.ask(REPORT, "learned()")
    for scheme in ("light", "dark"):
        moderator = visitor(scheme=scheme)
        moderator.log_in(newsroom.logins["moderator"], next_path="/moderation/model/")
        expect(moderator.page.locator("main")).to_contain_text("What holding would do")
        assert_clean(moderator)
    # The worker has the newsroom's decisions to learn from, and may be at it.
    train = moderator.page.get_by_role("button", name="Train now")
    moderator.go_until("/moderation/model/", train, patience=2 * PATIENCE)
    train.click()
    expect(moderator.page.locator(".messages")).to_contain_text("within a minute")
    assert_clean(moderator)
