"""The line that says why a comment stands among the first: what it proves, under which comments it stands, who sees it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from kakehashi.comments import actions, listings, page, reasons
from kakehashi.comments.actions import Place
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.readers.models import Mute, Reader
from kakehashi.stories.models import StoryPage
from tests.comments.test_pages import articles, get
from tests.factories import a_comment, a_reader, a_section, a_story, a_thread, changed

pytestmark = pytest.mark.django_db

BOTH = "34/39,12/15"
LINE = "Readers who usually disagree both rate this well: 34 of 39 and 12 of 15".replace(" of ", "\xa0of\xa0")


def put(*comments: Comment, agreement: str = BOTH, score: float = 0.5) -> list[Comment]:
    """In this order on common ground, all with the same words."""
    actions.place_by_common_ground(
        places=[Place(comment.pk, score - n / 100, agreement) for n, comment in enumerate(comments)]
    )
    return list(comments)


def lines(client: Client, story: StoryPage, query: str = "?order=common-ground") -> dict[int, str]:
    """What is said under each comment of the page, by its number, in their order."""
    said = {pk: re.search(r'<p class="reason"><a href="/common-ground/">(.*?)</a></p>', html) for pk, html in
            articles(get(client, story.url + query)).items()}  # fmt: skip
    return {pk: found[1] for pk, found in said.items() if found}


@pytest.mark.parametrize(
    ("agreement", "proven"),
    [
        ("", ()),
        ("34/39", ()),
        ("34/39,12/15", ((34, 39), (12, 15))),
        ("6/9,4/6", ((6, 9), (4, 6))),
        ("34/39,9/15", ()),
        ("5/9,15/15", ()),
        ("39/39,4/4", ()),
        ("5/5,5/5", ((5, 5), (5, 5))),
        ("8/9,7/8,5/6", ((8, 9), (7, 8), (5, 6))),
        ("8/9,7/8,1/6", ()),
        ("8/9,0/4,7/8", ((8, 9), (7, 8))),
        ("0/0,0/0", ()),
    ],
)
def test_what_proves_that_both_rate_it_well(agreement: str, proven: reasons.Reason) -> None:
    assert reasons.reason(agreement) == proven


@pytest.mark.parametrize(
    ("agreement", "has_figures", "words"),
    [
        (BOTH, True, "Readers who usually disagree both rate this well: 34 of 39 and 12 of 15"),
        (BOTH, False, "Readers who usually disagree both rate this well"),
        (
            "8/9,7/8,5/6",
            True,
            "Readers of 3 groups that usually disagree all rate this well: 8 of 9, 7 of 8 and 5 of 6",
        ),
        ("8/9,7/8,5/6,9/9", False, "Readers of 4 groups that usually disagree all rate this well"),
    ],
)
def test_the_words(agreement: str, has_figures: bool, words: str) -> None:
    html = reasons.line(reasons.reason(agreement), "en", has_figures=has_figures)
    assert html.replace("\xa0", " ") == f'\n<p class="reason"><a href="/common-ground/">{words}</a></p>'


def test_the_words_in_japanese() -> None:
    with translation.override("ja"):
        html = reasons.line(reasons.reason("8/9,7/8,5/6"), "ja", has_figures=True)
        assert "9人中8人、8人中7人と6人中5人" in html
        assert "39人中34人と15人中12人" in reasons.line(reasons.reason(BOTH), "ja", has_figures=True)


class TestWhere:
    def test_under_the_first_that_prove_it_in_that_order_alone(
        self, client: Client, story: StoryPage, thread: Thread
    ) -> None:
        comments = put(*[a_comment(thread) for _ in range(reasons.FIRST + 1)])
        put(comments[1], agreement="34/39,2/15", score=0.49)
        assert lines(client, story) == {comment.pk: LINE for comment in (comments[0], *comments[2:-1])}
        assert lines(client, story, "") == lines(client, story, "?order=popular") == {}

    @pytest.mark.usefixtures("pages_of_three")
    def test_on_the_first_page_alone(self, client: Client, story: StoryPage, thread: Thread) -> None:
        put(*[a_comment(thread) for _ in range(4)])
        assert len(lines(client, story)) == 3
        assert lines(client, story, "?order=common-ground&page=2") == {}

    def test_with_answers_below_under_what_was_not_said_in_answer(
        self, client: Client, story: StoryPage, thread: Thread
    ) -> None:
        root, other = a_comment(thread), a_comment(thread)
        put(root, other, *[a_comment(parent=root) for _ in range(reasons.FIRST)])
        assert list(lines(client, story, "?order=common-ground&layout=nested")) == [root.pk, other.pk]

    def test_not_of_what_is_not_to_be_read(
        self, client: Client, story: StoryPage, thread: Thread, moderator: Reader
    ) -> None:
        states = [CommentState.REMOVED, CommentState.WITHDRAWN, CommentState.HELD, CommentState.VISIBLE]
        *_others, visible = put(*[a_comment(thread, state=state) for state in states])
        assert list(lines(client, story)) == [visible.pk]
        client.force_login(moderator)
        assert list(lines(client, story)) == [visible.pk]

    def test_neither_in_what_machines_read_nor_alone(self, client: Client, story: StoryPage, thread: Thread) -> None:
        (comment,) = put(a_comment(thread))
        html = get(client, f"{story.url}?order=common-ground")
        assert html.count(LINE) == 1
        alone = client.get(f"/comment/{comment.pk}/?order=common-ground", headers={"HX-Request": "true"})
        assert LINE not in alone.content.decode()


class TestWho:
    def test_everybody_who_wrote_it_rated_it_or_muted_its_author(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader, bo: Reader
    ) -> None:
        mine, rated, muted = put(*[a_comment(thread, author=author) for author in (ana, a_reader(), bo)])
        actions.cast_vote(reader=ana, comment=rated, value=1)
        Mute.objects.create(reader=ana, muted=bo)
        client.force_login(ana)
        assert list(lines(client, story)) == [mine.pk, rated.pk, muted.pk]
        assert lines(client, story, "?order=newest") == {}

    def test_somebody_who_waits_for_a_moderator_here(
        self, client: Client, story: StoryPage, thread: Thread, ana: Reader
    ) -> None:
        (comment,) = put(a_comment(thread))
        a_comment(thread, author=ana, state=CommentState.HELD)
        client.force_login(ana)
        assert list(lines(client, story)) == [comment.pk]


class TestVotesAreNotShown:
    def test_without_figures_where_the_section_shows_no_split(self, client: Client) -> None:
        thread = a_thread(a_story(section=a_section("Sport", vote_display="net")))
        put(a_comment(thread))
        assert list(lines(client, thread.story).values()) == ["Readers who usually disagree both rate this well"]

    def test_not_while_votes_are_hidden(self, client: Client, now: datetime) -> None:
        thread = a_thread(a_story(section=a_section("Courts", vote_display="hidden", votes_hidden_hours=6)))
        young, old = put(a_comment(thread), a_comment(thread, created_at=now - timedelta(hours=7)))
        assert list(lines(client, thread.story)) == [old.pk]
        later = now + timedelta(hours=7)
        found = page.visit(thread.story_id, None, page.Choice("common-ground"), later)
        assert found is not None
        assert found.articles().count(b'class="reason"') == 2
        assert young.pk in found.listing.reasons


def test_it_follows_the_ranking_though_the_comment_did_not_change(
    client: Client, story: StoryPage, thread: Thread, ana: Reader
) -> None:
    first, second = put(a_comment(thread), a_comment(thread))
    client.force_login(ana)
    for reader in (True, False):
        if not reader:
            client.logout()
        put(first, second)
        assert lines(client, story) == {first.pk: LINE, second.pk: LINE}
        put(second, first, agreement="35/40,12/15")
        said = LINE.replace("34", "35").replace("39", "40")
        assert lines(client, story) == {second.pk: said, first.pk: said}
        put(first, agreement="")
        assert lines(client, story) == {second.pk: said}


def test_no_line_is_shared_with_another_order(story: StoryPage, thread: Thread, now: datetime) -> None:
    put(*[a_comment(thread) for _ in range(3)])

    def reasons_in(order: str) -> int:
        found = page.visit(story.pk, None, page.Choice(order), now)
        assert found is not None
        return found.articles().count(b'class="reason"')

    wanted: Sequence[tuple[str, int]] = [("common-ground", 3), ("oldest", 0), ("common-ground", 3), ("popular", 0)]
    for order, count in wanted:
        assert reasons_in(order) == count
        changed(thread.comments.all()[0])


def test_a_page_made_anew_after_the_ranking_renders_only_what_says_something_else(
    story: StoryPage, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *_others = put(*[a_comment(thread) for _ in range(20)])
    made: list[int] = []
    article = listings.articles.article
    monkeypatch.setattr(listings.articles, "article", lambda row, *more: made.append(row.pk) or article(row, *more))
    for agreement, count in ((BOTH, 20), ("38/39,12/15", 1), ("38/39,12/15", 0)):
        put(first, agreement=agreement)
        made.clear()
        found = page.visit(story.pk, None, page.Choice("common-ground"), timezone.now())
        assert found is not None
        found.articles()
        assert len(made) == count
