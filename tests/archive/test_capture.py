"""Captures of fiction, in the shapes that pages were saved in, read into plain values."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from kakehashi.archive.capture import parse_capture
from kakehashi.archive.capture.page import ELSEWHERE, STORY, Capture
from kakehashi.archive.capture.shapes import Score

pytestmark = pytest.mark.once

CAPTURES = Path(__file__).parent / "captures"


def read(name: str) -> Capture:
    return parse_capture((CAPTURES / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def harbour() -> Capture:
    """With headline, section, credit, count and scores; authors are not printed."""
    return read("harbour.txt")


def test_the_story_without_its_furniture(harbour: Capture) -> None:
    assert (harbour.headline, harbour.section, harbour.byline) == (
        "Tamsin and Marrow ferry masters to meet on Friday",
        "waterways",
        "Odile Farrant",
    )
    assert (harbour.agency, harbour.credit_line, harbour.year) == ("Lantern Wire", "© (c) 2016 Lantern Wire", 2016)
    assert harbour.site_copyright == "©2025 Paper Boat Press Ltd."
    assert [paragraph.split()[0] for paragraph in harbour.body] == ["Ferry", '"A', "The", "The"]
    assert not harbour.is_expired


def test_every_comment_with_the_score_of_the_page_in_its_order(harbour: Capture) -> None:
    scores = [(4, 6, 1), (-5, 3, 8), (-1, 1, 2), (2, 2, 0), (0, 0, 0), (1, 4, 3)]
    scores += [(0, 2, 2), (1, 4, 3), (1, 3, 2), (0, 2, 2), (1, 1, 0), (7, 3, 1)]
    assert [comment.score for comment in harbour.comments] == [Score(*score) for score in scores]
    assert [comment.position for comment in harbour.comments] == list(range(1, 13))
    assert harbour.stated_count == 12


def test_words_repeated_are_quotes_of_who_said_them_first(harbour: Capture) -> None:
    quotes = {comment.position: [block.quotes for block in comment.blocks] for comment in harbour.comments}
    own = None
    assert quotes == {
        1: [own],
        2: [own, own, 1, own],
        3: [own],
        4: [2, own],
        5: [own],
        6: [2, own, own],
        7: [own, own, own],
        8: [STORY, STORY, own],
        9: [own, 2, own, own, own],
        10: [own, 1, own],
        11: [own],
        12: [4, own],
    }


def test_parents_are_what_is_quoted_or_addressed(harbour: Capture) -> None:
    parents = {comment.position: comment.parent for comment in harbour.comments if comment.parent}
    assert parents == {2: 1, 4: 2, 6: 2, 9: 2, 10: 1, 11: 10, 12: 4}


def test_names_are_inferred_from_an_address_right_before_a_quote(harbour: Capture) -> None:
    named = {comment.position: comment.author_name for comment in harbour.comments if comment.author_name}
    assert named == {1: "Gull Rider", 2: "oakum9"}
    assert all(comment.is_name_inferred for comment in harbour.comments if comment.author_name)
    noted = [(note.line, note.kind) for note in harbour.notes]
    assert noted == [(33, "concluded"), (79, "concluded"), (89, "concluded"), (97, "concluded")]


def test_mentions_lead_to_comments(harbour: Capture) -> None:
    mentions = {c.position: [(m.name, m.position) for m in c.mentions] for c in harbour.comments if c.mentions}
    assert mentions == {2: [("GullRider", 1)], 9: [("oakum9", 2)], 10: [("Gull Rider", 1)], 11: [("3¥Kelp", 10)]}


def test_a_pasted_heading_is_parted_into_name_and_time(harbour: Capture) -> None:
    ninth = harbour.comments[8]
    assert ninth.blocks[0].text == "@oakum9 SEP. 2, 2016 - 08:41PM JST"
    assert ninth.blocks[1].text.endswith('got it back."B')
    assert harbour.comments[1].written_at == datetime.fromisoformat("2016-09-02T20:41:00+09:00")


def test_authors_on_lines_of_their_own_without_scores_or_headline() -> None:
    pier = read("pier.txt")
    assert (pier.headline, pier.section, pier.agency, pier.credit_line) == ("", "", "TIDEWATER", "© TIDEWATER")
    assert len(pier.body) == 4
    assert pier.body[-1].endswith("than it has been for years.")
    sizes = [(comment.author_name, len(comment.blocks)) for comment in pier.comments]
    assert sizes == [
        ("J. Quill", 1),
        ("Lantern", 3),
        ("kelpwife", 2),
        ("Bosun", 2),
        ("old_salt_7", 4),
        ("mirthe rowanholt", 2),
    ]
    assert pier.notes == ()
    assert all(comment.score is None and comment.parent is None for comment in pier.comments)


def test_an_expired_page_with_dates_and_buttons() -> None:
    page = read("lighthouse.txt")
    assert (page.headline, page.section, page.is_expired, page.body) == (
        "Keepers of two lighthouses share one lamp",
        "World",
        True,
        (),
    )
    assert page.published_at == datetime.fromisoformat("2012-09-03T10:15:00+09:00")
    assert page.agency == "The Beacon Agency"
    assert [(c.author_name, len(c.blocks), c.parent) for c in page.comments] == [
        ("Moth & Candle", 2, None),
        ("灯台守", 1, None),
        ("Moth & Candle", 1, 2),
    ]
    assert str(page.comments[0].written_at) == "2012-09-03 11:02:00+09:00"
    assert [note.line for note in page.notes if note.kind == "not-understood"] == [35]


def without(*starts: str) -> str:
    """The harbour page less the lines that begin so."""
    lines = (CAPTURES / "harbour.txt").read_text(encoding="utf-8").split("\n")
    return "\n".join(line for line in lines if not line.startswith(starts))


HEADLINE = "Tamsin and Marrow ferry masters to meet on Friday"


@pytest.mark.parametrize(
    "page",
    [
        without("12 Comments"),
        without("Sign in"),
        without("©"),
        without("12 Comments", "Sign in", "©2025"),
        without("Fill in", "12 Comments", "Google", "Member", "Stories", "A selection"),
        without().replace("\n\n", "\n"),
        without().replace("\n", "\n\n"),
        without().replace(f"Sign in to comment\n\n{HEADLINE}", "Sign in to comment"),
        without().replace(f"{HEADLINE}\n\n12 Comments", f"{HEADLINE}\n12 Comments\nShare\nTweet"),
        without().replace("12 Comments\nSign in", "Related stories\n12 Comments\nOldest\nNewest\nSign in"),
    ],
)
def test_the_same_page_saved_otherwise_holds_the_same_discussion(page: str, harbour: Capture) -> None:
    found = parse_capture(page)
    assert (found.headline, found.section, found.body) == (harbour.headline, harbour.section, harbour.body)
    assert [(c.text, c.score, c.parent) for c in found.comments] == [
        (c.text, c.score, c.parent) for c in harbour.comments
    ]
    assert [note for note in found.notes if note.kind == "not-understood"] == []


def test_scores_and_authors_on_one_page(harbour: Capture) -> None:
    names = iter(
        ["Gull Rider", "oakum9", "Bo", "Ada", "Pim", "灯台守", "x", "J. Quill", "Lantern", "Kelp", "Tern 4", "Auk"]
    )
    lines = (CAPTURES / "harbour.txt").read_text(encoding="utf-8").split("\n")
    for comment in harbour.comments[::-1]:
        lines[comment.line - 1 : comment.line - 1] = ["@AUTHOR", "SEP. 3, 2016 - 10:00AM JST", ""]
    page = parse_capture("\n".join(next(names) if line == "@AUTHOR" else line for line in lines))
    assert [c.author_name for c in page.comments][::4] == ["Gull Rider", "Pim", "Lantern"]
    assert [c.score for c in page.comments] == [c.score for c in harbour.comments]
    assert page.comments[10].parent == 10
    assert page.comments[0].written_at == datetime.fromisoformat("2016-09-03T10:00:00+09:00")


SCORED = (
    "Bells ring\n\n{count} Comments\n\nThe bells rang over the whole harbour at noon today.\n\n"
    "© WIRE\n\nBells ring\n\n{rest}"
)


def test_figures_need_not_add_up_and_may_be_printed_otherwise() -> None:
    rest = "One.\n\n9 ( +3 / -1 )\n\nTwo. −4(+1/−0)\n\nThree.\n\n1,204 ( +1,300 / -96 )"
    scores = [comment.score for comment in parse_capture(SCORED.format(count=3, rest=rest)).comments]
    assert scores == [Score(9, 3, 1), Score(-4, 1, 0), Score(1204, 1300, 96)]


def test_a_score_that_cannot_be_read_ends_its_comment_and_is_reported() -> None:
    page = parse_capture(SCORED.format(count=2, rest="One.\n\n1 ( +1 / -\n\nTwo.\n\n0 ( +0 / -0 )"))
    assert [(comment.text, comment.score) for comment in page.comments] == [("One.", None), ("Two.", Score(0, 0, 0))]
    assert [(note.kind, note.line) for note in page.notes] == [("not-understood", 13)]


def test_a_count_that_differs_is_reported() -> None:
    page = parse_capture(SCORED.format(count=5, rest="One.\n\n1 ( +1 / -0 )"))
    assert [note.text for note in page.notes] == ["The page states 5 comments; 1 were found."]


def test_words_that_look_like_furniture_stay_where_they_are_all_a_reader_wrote() -> None:
    page = parse_capture(SCORED.format(count=2, rest="No comments\n\n1 ( +1 / -0 )\n\nGood\n\n0 ( +0 / -0 )"))
    assert [comment.text for comment in page.comments] == ["No comments", "Good"]


@pytest.mark.parametrize(
    "text", ["", "\n\n \n", "word", "1 ( +1 / -0 )", "@", "@@@ : :", "©", "> >", '""""', "By", "@ \n1(+1/-1)"]
)
def test_scraps_are_read_without_an_error(text: str) -> None:
    page = parse_capture(text)
    assert page.comments == () or all(comment.blocks for comment in page.comments)


@pytest.mark.parametrize("mark", [ELSEWHERE])
def test_a_quote_sign_before_unknown_words_stays_a_quote(mark: int) -> None:
    page = parse_capture(SCORED.format(count=1, rest="> nobody here said this\n\nThen who?\n\n1 ( +1 / -0 )"))
    assert [block.quotes for block in page.comments[0].blocks] == [mark, None]
    assert page.comments[0].parent is None
