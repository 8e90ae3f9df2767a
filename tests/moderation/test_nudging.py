"""Being asked to think again before posting: when, what one may do then, and what is counted."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import translation

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.actions import threads
from kakehashi.comments.gate import NOTHING_SENT, Reconsider, Sent, Written
from kakehashi.comments.models import Comment
from kakehashi.lib.errors import Conflict, NotAllowed, TooMany
from kakehashi.lib.text import render
from kakehashi.moderation import actions, tasks
from kakehashi.moderation.checks import nudging
from kakehashi.moderation.checks.figures import nudge_figures
from kakehashi.moderation.checks.gate import draft_of
from kakehashi.moderation.checks.nudging import MOST_ASKED, is_shouted
from kakehashi.moderation.models import Nudge
from kakehashi.readers.models import Reader
from kakehashi.stories.models import NewsroomSettings, StoryPage
from tests.factories import a_comment, a_reader, a_story, a_thread
from tests.moderation.rows import a_moderator, a_removal

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HARSH = "Only an idiot could have signed that."


@pytest.fixture
def story() -> StoryPage:
    return a_story(published_at=NOW)


@pytest.fixture
def ana() -> Reader:
    return a_reader("Ana")


def post(story: StoryPage, author: Reader, source: str, asked: str = "", **fields: object) -> Comment:
    sent = fields.pop("sent", Sent(asked=asked))
    return comment_actions.post_comment(author=author, source=source, story=story, sent=sent, now=NOW, **fields)  # type: ignore[arg-type]


def question(story: StoryPage, author: Reader, source: str, asked: str = "", **fields: object) -> Reconsider:
    with pytest.raises(Reconsider) as caught:
        post(story, author, source, asked, **fields)
    return caught.value


class TestAsking:
    @pytest.mark.parametrize(
        ("source", "says"),
        [
            (HARSH, "sounds harsh"), ("1d10ts, all of them.", "sounds harsh"), ("この馬鹿者。", "sounds harsh"),
            ("이 바보야.", "sounds harsh"), ("THE COUNCIL HAS BEEN LYING TO ALL OF US", "like shouting"),
            ("Enough now!!!!", "like shouting"),
        ],
    )  # fmt: skip
    def test_harsh_words_and_shouting(self, story: StoryPage, ana: Reader, source: str, says: str) -> None:
        assert says in question(story, ana, source).message

    def test_harsh_words_to_a_person(self, story: StoryPage, ana: Reader) -> None:
        other = a_comment(a_thread(story), author=a_reader("Bo"))
        assert "to their face" in question(story, ana, HARSH, parent=other).message
        assert "to their face" in question(story, ana, "@Bo is a moron.").message

    def test_harsh_words_that_name_somebody_who_wrote_here(self, story: StoryPage, ana: Reader) -> None:
        thread = a_thread(story)
        for name in ("Bo Harbour", "木村太郎", ".", "You", "*art*", "Ana"):
            a_comment(thread, author=ana if name == "Ana" else a_reader(name))
        a_comment(author=a_reader("Cleo Elsewhere"))
        for source, is_named in (
            ("bo harbour is a moron.", True), ("木村太郎は馬鹿だ。", True), ("A moron in every harbour.", False),
            ("You are so stupid, start again.", False),
            ("Ana, you fool.", False), ("Cleo Elsewhere is a moron.", False),
        ):  # fmt: skip
            assert ("to their face" in question(story, ana, source).message) is is_named, source

    @pytest.mark.parametrize(
        "source",
        [
            "A fair point.",
            "NATO and the EU met.",
            "これは馬と鹿の話です。東京都庁ハ大キイ。",
            "OK!!!",
            "A foolproof plan.",
            "Ё-МОЁ",
        ],
    )
    def test_nothing_else(self, story: StoryPage, ana: Reader, source: str) -> None:
        assert post(story, ana, source).is_visible

    def test_less_will_do_where_it_is_said_to_somebody(self, story: StoryPage, ana: Reader) -> None:
        """A score by the model, where the newsroom has it look at comments before they are published."""
        parent = a_comment(a_thread(story))
        house = threads.house_of(story.pk, NewsroomSettings())
        written = Written(ana, house, "Not so.", render("Not so."), NOW)
        for answered, score, is_asked in (
            (None, 0.79, False),
            (None, 0.8, True),
            (parent, 0.64, False),
            (parent, 0.65, True),
        ):
            draft = draft_of(replace(written, parent=answered))
            with pytest.raises(Reconsider) if is_asked else nullcontext():
                assert nudging.consider(draft, NOTHING_SENT, score=score, require=lambda: None) is None
            Nudge.objects.all().delete()

    def test_it_is_asked_in_the_writers_language(self, story: StoryPage, ana: Reader) -> None:
        with translation.override("ja"):
            assert "きつく聞こえる" in question(story, ana, HARSH).message

    @pytest.mark.parametrize(
        "source",
        [
            "そればかりではない。",
            "そばかすの子。",
            "アルバカーキからバカンスへ。",
            "クズネツォフさん。",
            "알바보다 낫다.",
            "불이 꺼져 있다.",
            "위기가 닥쳐온다.",
        ],
    )  # fmt: skip
    def test_ordinary_words_that_hold_harsh_ones_are_no_matter(
        self, story: StoryPage, ana: Reader, source: str
    ) -> None:
        assert post(story, ana, source).is_visible

    def test_harsh_ones_beside_them_are(self, story: StoryPage, ana: Reader) -> None:
        for source in ("彼はばかだ。", "またばかなことを。", "クズしかいない。", "그는 바보다.", "꺼져 버려."):
            question(story, ana, source)

    def test_it_can_be_switched_off(self, story: StoryPage, ana: Reader) -> None:
        assert post(story, ana, HARSH, newsroom=NewsroomSettings(asks_to_reconsider=False)).is_visible

    @pytest.mark.parametrize(
        ("text", "shouts"), [("ПОЧЕМУ ОНИ МОЛЧАТ О МОСТЕ", True), ("これは大声ではありません" * 3, False)]
    )
    def test_shouting_needs_capitals(self, text: str, shouts: bool) -> None:
        assert is_shouted(text) is shouts


class TestWhatTheWriterDoes:
    def test_posting_it_as_it_is_takes_one_click(self, story: StoryPage, ana: Reader) -> None:
        asked = question(story, ana, HARSH)
        assert Nudge.objects.get().outcome == Nudge.Outcome.LEFT
        comment = post(story, ana, HARSH, asked.asked)
        nudge = Nudge.objects.get()
        assert (nudge.outcome, nudge.comment, comment.is_visible) == ("as_it_was", comment, True)

    def test_changing_it(self, story: StoryPage, ana: Reader) -> None:
        asked = question(story, ana, HARSH)
        comment = post(story, ana, "Nobody who read it could have signed that.", asked.asked)
        nudge = Nudge.objects.get()
        assert (nudge.outcome, nudge.comment) == ("changed", comment)

    def test_a_changed_text_is_asked_about_once_more_and_no_more(self, story: StoryPage, ana: Reader) -> None:
        asked = question(story, ana, HARSH).asked
        again = question(story, ana, HARSH + " What a fool.", asked).asked
        assert again == asked
        comment = post(story, ana, HARSH + " What a clown.", again)
        assert Nudge.objects.get().outcome == "changed"
        assert comment.is_visible

    def test_what_was_asked_about_is_not_asked_about_again_where_the_sign_was_lost(
        self, story: StoryPage, ana: Reader
    ) -> None:
        """The page was loaded anew, and the text came from the draft."""
        question(story, ana, HARSH)
        later = {"author": ana, "source": HARSH, "story": story, "now": NOW + timedelta(seconds=30)}
        assert comment_actions.post_comment(**later).is_visible  # type: ignore[arg-type]
        nudge = Nudge.objects.get()
        assert (nudge.outcome, nudge.turns) == ("as_it_was", 1)

    def test_to_post_it_as_it_is_posts_it_whatever_was_changed(self, story: StoryPage, ana: Reader) -> None:
        asked = question(story, ana, HARSH).asked
        sent = Sent(asked=asked, is_meant=True)
        comment = comment_actions.post_comment(author=ana, source=HARSH + " Fools.", story=story, sent=sent, now=NOW)
        assert comment.is_visible
        assert Nudge.objects.get().outcome == "changed"
        # Who was not asked cannot say so.
        question(story, a_reader(), HARSH, "", sent=Sent(is_meant=True))

    def test_a_sign_is_for_one_writer_and_one_comment(self, story: StoryPage, ana: Reader) -> None:
        asked = question(story, ana, HARSH).asked
        for sent in (asked + "x", "1", "1:forged", "", "\x00"):
            question(story, a_reader(), HARSH, sent)
        question(story, a_reader(), HARSH, asked)
        post(story, ana, HARSH, asked)
        with pytest.raises(Reconsider):
            comment_actions.post_comment(
                author=ana, source=HARSH, story=a_story(published_at=NOW), sent=Sent(asked=asked),
                now=NOW + timedelta(minutes=20),
            )  # fmt: skip


class TestWhoIsAsked:
    def test_nobody_who_would_be_refused_anyway(self, story: StoryPage, ana: Reader) -> None:
        suspended = a_reader(suspended_until=NOW + timedelta(days=1))
        with pytest.raises(NotAllowed):
            post(story, suspended, HARSH)
        with pytest.raises(Conflict):
            post(a_thread(a_story(published_at=NOW), state="closed").story, ana, HARSH)
        post(story, ana, "A fair point.")
        with pytest.raises(TooMany):
            post(story, ana, HARSH)
        assert Nudge.objects.count() == 0

    def test_a_form_sent_twice_is_one_question(self, story: StoryPage, ana: Reader) -> None:
        assert question(story, ana, HARSH).asked == question(story, ana, HARSH).asked
        assert Nudge.objects.count() == 1

    def test_not_as_often_as_somebody_likes(self, story: StoryPage, ana: Reader) -> None:
        for number in range(MOST_ASKED):
            question(story, ana, f"{HARSH} {number}")
        assert post(story, ana, HARSH).is_visible
        assert Nudge.objects.count() == MOST_ASKED


class TestKeeping:
    def test_a_reader_takes_it_along(self, story: StoryPage, ana: Reader) -> None:
        question(story, ana, HARSH)
        (told,) = actions.export_moderation(reader=ana)["asked_to_think_again"]
        assert (told["why"], told["outcome"], told["comment"]) == ("harsh", "left", None)
        actions.part_from(reader=ana, withdraw=False, now=NOW)
        assert Nudge.objects.get().reader is None

    def test_it_is_forgotten(self, story: StoryPage, ana: Reader) -> None:
        question(story, ana, HARSH)
        assert tasks.forget_nudges(NOW + timedelta(days=89)) == 0
        assert tasks.forget_nudges(NOW + timedelta(days=91)) == 1


class TestForm:
    def test_it_comes_back_with_the_text_and_two_ways(self, client: Client, story: StoryPage, ana: Reader) -> None:
        client.force_login(ana)
        address = f"/story/{story.pk}/comment/"
        page = client.post(address, {"text": HARSH})
        assert page.status_code == 422
        assert HARSH in page.text
        assert "sounds harsh" in page.text
        assert "Post it as it is" in page.text
        assert "Post comment" in page.text
        asked = page.text.split('name="asked" value="')[1].split('"')[0]
        client.post(address, {"text": HARSH + " Clowns.", "asked": asked, "meant": "1"})
        assert Comment.objects.get().source == HARSH + " Clowns."

    def test_in_place_too(self, client: Client, story: StoryPage, ana: Reader) -> None:
        client.force_login(ana)
        page = client.post(f"/story/{story.pk}/comment/", {"text": HARSH}, headers={"HX-Request": "true"})
        assert page.headers["HX-Retarget"] == "#reply"
        assert 'name="asked"' in page.text


def test_figures_say_whether_it_helped(client: Client, story: StoryPage) -> None:
    for number, text in enumerate([HARSH, HARSH, "Nobody could have signed that.", ""]):
        writer = a_reader()
        asked = question(story, writer, HARSH).asked
        if text:
            comment = post(story, writer, text, asked)
        if number == 0:
            a_removal(comment)
    found = {one.outcome: (one.asked, one.bad, one.share) for one in nudge_figures(since=NOW)}
    assert {one.outcome: one.part for one in nudge_figures(since=NOW)} == {
        "changed": 25,
        "as_it_was": 50,
        "left": 25,
    }
    assert found == {"changed": (1, 0, 0), "as_it_was": (2, 1, 50), "left": (1, 0, None)}
    client.force_login(a_moderator())
    page = client.get("/moderation/checks/").text
    assert "Posted as it was" in page
