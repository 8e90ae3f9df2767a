"""Quotes and addresses: what repeats whom, though typed anew, and who is called what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.archive.capture import lines_of
from kakehashi.archive.capture.links import Draft, link_comments
from kakehashi.archive.capture.page import STORY, CapturedComment
from kakehashi.archive.capture.quotes import Passages, tokens
from kakehashi.archive.capture.source import markdown_of
from kakehashi.lib import text

pytestmark = pytest.mark.once

BODY = "The northern bell -- cast in the year of the flood -- will ring at nine, and the southern bell will answer it."
SAID = "Don't lend the clapper to people who never bring it back."


def link(*comments: str, authors: list[str] | None = None) -> list[CapturedComment]:
    drafts = [
        Draft(number, lines_of(comment), author_name=authors[number - 1] if authors else "")
        for number, comment in enumerate(comments, 1)
    ]
    return link_comments(drafts, story=[BODY])[0]


def quotes_of(comment: CapturedComment) -> list[int | None]:
    return [block.quotes for block in comment.blocks]


@pytest.mark.parametrize(
    "repeated",
    [
        SAID,
        "Dont lend the clapper to people who never bring it back .",
        "Don’t lend the clapper to people, who never bring it back...",
        '"Don\'t lend the clapper to people who never bring it back"',
        "“Dont lend the claper to people who never bring it back.”B",
        "don't  lend  the clapper to people who never bring it  back!!",
        "> Don't lend the clapper to people who never bring it back.",
        '"Don\'t lend the clapper … never bring it back."',
        "DON'T LEND THE CLAPPER TO PEOPLE WHO NEVER BRING IT BACK",
    ],
)
def test_a_paragraph_typed_anew_is_a_quote(repeated: str) -> None:
    comments = link(SAID, "Ring it twice!", f"{repeated}\n\nQuite so, and the rope too.")
    assert quotes_of(comments[2]) == [1, None]
    assert (comments[2].parent, comments[1].parent) == (1, None)


@pytest.mark.parametrize(
    "other",
    [
        "Don't lend the oars to children who cannot row at all.",
        "Quite so.",
        '"Bring it back" is what they say.',
        "Never lend anything. People keep clappers.",
    ],
)
def test_likeness_is_no_quote(other: str) -> None:
    comments = link(SAID, f"{other}\n\nQuite so, and the rope too.")
    assert quotes_of(comments[1]) == [None, None]
    assert comments[1].parent is None


def test_common_phrases_quote_nobody() -> None:
    comments = link(
        "I agree with you.", "I agree with you.\n\nThe rope is old.", "Thank you all.", "Thank you all.\n\nMore rope."
    )
    assert [comment.parent for comment in comments] == [None] * 4


def test_part_of_the_story_is_quoted_with_other_dashes_and_dots() -> None:
    quote = '"The northern bell - cast in the year of the flood - will ring at nine......"'
    comments = link(f"{quote}\n\nNot while I keep the rope.")
    assert quotes_of(comments[0]) == [STORY, None]
    assert comments[0].parent is None


def test_a_quote_with_the_answer_behind_it_on_one_line_is_parted() -> None:
    comments = link(SAID, f'"{SAID}" And who taught them so?')
    assert [(block.text, block.quotes) for block in comments[1].blocks] == [
        (f'"{SAID}"', 1),
        ("And who taught them so?", None),
    ]


def test_who_said_it_first_is_quoted_not_who_quoted_it() -> None:
    comments = link(SAID, f"{SAID}\n\nWise words.", f'"{SAID}"\n\nFoolish words.')
    assert [comment.parent for comment in comments] == [None, 1, 1]


def test_saying_the_same_again_without_marks_is_no_quote() -> None:
    comments = link(SAID, SAID)
    assert quotes_of(comments[1]) == [None]


def test_a_passage_inside_a_sentence_stays_there_and_tells_what_is_answered() -> None:
    source = 'You write "lend the clapper to people who never bring it back" as if that were new.'
    comments = link(SAID, source)
    assert [(block.text, block.quotes) for block in comments[1].blocks] == [(source, None)]
    assert comments[1].parent == 1


def test_two_links_to_one_page_quote_nobody() -> None:
    address = "https://tides.example/2019/06/21/the-long-report-on-paint-and-bells"
    comments = link(f"Read this.\n\n{address}", f"Read that.\n\n{address}")
    assert quotes_of(comments[1]) == [None, None]


@pytest.mark.parametrize(
    ("opening", "name"),
    [
        ("@Storm Petrel", "Storm Petrel"),
        ("@StormPetrel:", "StormPetrel"),
        ("@petrel7JUN. 3, 2015 - 10:41PM JST", "petrel7"),
        ("Storm Petrel wrote:", "Storm Petrel"),
        ("@灯台守", "灯台守"),
    ],
)
def test_an_address_right_before_a_quote_names_its_author(opening: str, name: str) -> None:
    comments = link(SAID, f"{opening}\n\n{SAID}\n\nAnd the rope?")
    assert (comments[0].author_name, comments[0].is_name_inferred) == (name, True)
    assert [(mention.name, mention.position) for mention in comments[1].mentions] == [(name, 1)]


def test_an_address_and_its_quote_on_one_line() -> None:
    comments = link(SAID, f'@petrel7JUN. 3, 2015 - 10:41PM JST "{SAID}"A\n\nAnd the rope?', f"@gull {SAID}\n\nNo.")
    assert [block.quotes for block in comments[1].blocks] == [None, 1, None]
    assert comments[0].author_name == "petrel7"
    assert [block.quotes for block in comments[2].blocks] == [None, 1, None]


def test_two_names_for_one_comment_are_a_doubt() -> None:
    drafts = [
        Draft(1, lines_of(SAID)),
        Draft(2, lines_of(f"@gull\n\n{SAID}\n\nNo.")),
        Draft(3, lines_of(f"@tern\n\n{SAID}\n\nYes.")),
    ]
    comments, notes = link_comments(drafts, story=[])
    assert comments[0].author_name == "gull"
    assert [note.kind for note in notes] == ["concluded", "unsure"]


def test_printed_names_are_found_by_the_longest_match_above() -> None:
    comments = link(
        "Ropes.", "Bells.", "Oars.", "@Storm Petrel 2 you row", "Well, @storm you too", "@Storm Petrel",
        authors=["Storm", "Storm Petrel", "Storm Petrel 2", "Bo", "Ada", "Ada"],
    )  # fmt: skip
    assert [comment.parent for comment in comments] == [None, None, None, 3, None, 2]
    assert [[mention.position for mention in comment.mentions] for comment in comments[3:]] == [[3], [1], [2]]


def test_signs_in_front_of_a_known_name_are_forgiven() -> None:
    comments = link("Ropes.", "3¥Petrel: you mean bells.", authors=["Petrel", "Bo"])
    assert comments[1].parent == 1
    assert [(mention.name, mention.position) for mention in comments[1].mentions] == [("3¥Petrel", 1)]


def test_a_printed_name_is_never_replaced_by_an_inferred_one() -> None:
    comments = link(SAID, f"@gull\n\n{SAID}\n\nNo.", authors=["Storm Petrel", "Bo"])
    assert (comments[0].author_name, comments[0].is_name_inferred) == ("Storm Petrel", False)


def test_a_name_that_nobody_bears_is_reported() -> None:
    drafts = [
        Draft(1, lines_of("Ropes."), author_name="Bo"),
        Draft(2, lines_of("@gull wrong again"), author_name="Ada"),
    ]
    comments, notes = link_comments(drafts, story=[])
    assert comments[1].parent is None
    assert [(note.kind, note.line) for note in notes] == [("not-understood", 1)]


@pytest.mark.parametrize("opening", ["Note: ", "Question: ", "10:30 is late. ", "Ferry: "])
def test_words_before_a_colon_are_no_names(opening: str) -> None:
    comments = link("The ferry boat leaves at nine.", f"{opening}the ferry boat leaves at ten.")
    assert comments[1].mentions == ()


def test_tokens_know_no_case_width_apostrophe_or_space() -> None:
    assert tokens("Don’t RING　ＢＥＬＬＳ--twice") == tokens("dont ring bells twice")
    assert tokens("鐘は鳴る") == ["鐘", "は", "鳴", "る"]


word = st.text(alphabet="abcdefghijklmnop", min_size=3, max_size=9)


@given(st.lists(word, min_size=8, max_size=40, unique=True), st.integers(0, 39))
@settings(max_examples=100, deadline=None)
def test_one_letter_amiss_is_forgiven(words: list[str], at: int) -> None:
    passages = Passages()
    passages.add(" ".join(words), 4)
    at %= len(words)
    typed = [*words[:at], f"{words[at]}q", *words[at + 1 :]]
    found = passages.find(", ".join(typed).upper())
    assert found is not None
    assert found.owner == 4


@given(st.lists(word, min_size=8, max_size=30, unique=True), st.lists(word, min_size=8, max_size=30, unique=True))
@settings(max_examples=60, deadline=None)
def test_other_words_are_never_found(said: list[str], other: list[str]) -> None:
    passages = Passages()
    passages.add(" ".join(said), 1)
    assert passages.find(" ".join(f"{item}z" for item in other)) is None


@given(st.text(alphabet="ab *_`[]()\\>-+1.#~<&!'", min_size=1, max_size=60))
@settings(max_examples=300, deadline=None)
def test_the_source_shows_the_words_as_they_stood(said: str) -> None:
    lines = lines_of(said.replace(">", "x"))
    if not lines:
        return
    comment = link_comments([Draft(1, lines)], story=[])[0][0]
    shown = text.render(markdown_of(comment))
    assert "".join(shown.plain.split()) == "".join(comment.text.split())
    assert "<em>" not in shown.html
    assert "<li>" not in shown.html
    assert "<code>" not in shown.html


def test_quotes_become_markdown_quotes_and_lines_stay_lines() -> None:
    comments = link(SAID, f"{SAID}\n\nOne line\nand the next\n\n2. no list")
    assert markdown_of(comments[1]) == f"> {SAID}\n\nOne line\nand the next\n\n2\\. no list"
