"""Authors on lines of their own: pages made of every kind of name and paragraph must come apart as they were put together."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kakehashi.archive.capture import lines_of, parse_capture
from kakehashi.archive.capture.authors import name_weight, split_by_authors

pytestmark = pytest.mark.once

STORY = (
    "The boards of Tamsin and Marrow were at odds on Monday over the cost of the pier and of its paint.\n"
    "They agreed to talk again in the autumn.© TIDEWATER\n"
)
NAMES = [
    "J. Quill", "Lantern", "kelpwife", "Bosun", "old_salt_7", "灯台守", "3¥Kelp", "Moth & Candle", "Gull Rider", "tomás",
    "I'veSeenTide", "wave2shore", "The Quiet Pier", "Ann-Lise", "Sir Pent", "MrFog", "Ümit K", "Paper Boat 99", "r_u_sure",
    "englantine mossop", "Кормчий", "P. Reeve", "2moons", "x",
]  # fmt: skip
SENTENCES = [
    "The bell has hung there since the flood and nobody has asked it.",
    "I do not see why the north should pay for paint that it never wanted.",
    "Ropes can be counted, promises cannot.",
    "Who would row out in that weather?",
    '"Nothing can be settled" they say.',
    "And yet the ferry leaves at nine (most days).",
    "If the council listened to the crews, we would all be home by now.",
    "https://tides.example/a/long/address/to/read",
    "鐘は二つの町のもので、誰のものでもない。",
]
SHORT = [
    "Follow the $$$",
    "Exactly",
    "Amen",
    "So true",
    "lol",
    "Not again",
    "Why?",
    "Paint it blue!",
    "Good point",
    "Sad",
]

comment = st.tuples(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4),
)
remark = st.tuples(st.sampled_from(NAMES), st.sampled_from(SHORT).map(lambda text: [text]))


def page(comments: list[tuple[str, list[str]]], *, blank: bool = False, stated: bool = False) -> str:
    gap = "\n\n" if blank else "\n"
    head = f"Tamsin quarrels over its pier\n{len(comments)} Comments\n" if stated else ""
    return head + STORY + gap.join("\n".join([name, *paragraphs]) for name, paragraphs in comments)


def read(text: str) -> list[tuple[str, list[str]]]:
    return [(c.author_name, [block.text for block in c.blocks]) for c in parse_capture(text).comments]


@given(st.lists(comment, min_size=1, max_size=9), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_number_of_comments_of_any_author(comments: list[tuple[str, list[str]]], blank: bool, stated: bool) -> None:
    assert read(page(comments, blank=blank, stated=stated)) == comments


@given(st.lists(st.one_of(comment, remark), min_size=1, max_size=9))
@settings(max_examples=150, deadline=None)
def test_remarks_as_short_as_names_where_the_page_states_its_count(comments: list[tuple[str, list[str]]]) -> None:
    assert read(page(comments, blank=True, stated=True)) == comments


def test_pages_in_any_order_give_the_same_comments() -> None:
    comments = [(name, [SENTENCES[index % 9], SENTENCES[(index * 4 + 1) % 9]]) for index, name in enumerate(NAMES)]
    rng = random.Random(7)
    for _round in range(20):
        rng.shuffle(comments)
        some = comments[: rng.randint(1, len(comments))]
        assert read(page(some)) == some


@pytest.mark.parametrize("short", SHORT)
def test_a_remark_as_short_as_a_name_is_what_was_written(short: str) -> None:
    comments = [
        ("Bosun", [SENTENCES[0]]),
        ("Gull Rider", [short]),
        ("old_salt_7", [SENTENCES[1], short]),
        ("Lantern", [SENTENCES[2]]),
    ]
    assert read(page(comments)) == comments


def test_the_same_author_again_and_again() -> None:
    comments = [("Bosun", ["Ropes."]), ("Lantern", ["Bells."]), ("Bosun", ["Ropes, I said."]), ("Bosun", ["Ropes!"])]
    assert read(page(comments)) == comments


def test_the_stated_count_settles_what_is_in_doubt() -> None:
    lines = "Bosun\nIt hangs there still.\nTwo grey oars row\nRopes can be counted, promises cannot."
    assert len(split_by_authors(lines_of(lines), stated=1).authors) == 1
    assert len(split_by_authors(lines_of(lines), stated=2).authors) == 2


def test_a_stated_count_does_not_make_names_of_sentences() -> None:
    text = page([("Bosun", SENTENCES[:4])], stated=True).replace("1 Comments", "4 Comments")
    parsed = parse_capture(text)
    assert [c.author_name for c in parsed.comments] == ["Bosun"]
    assert "The page states 4 comments; 1 were found." in [note.text for note in parsed.notes]


def test_doubts_are_reported_by_line() -> None:
    text = STORY + "Bosun\nIt hangs there still.\nTwo grey oars row\nRopes can be counted, promises cannot."
    notes = parse_capture(text).notes
    assert [(note.kind, note.line) for note in notes] == [("unsure", 5)]


def test_a_page_without_any_names_says_that_it_was_not_understood() -> None:
    text = STORY + "This was said by nobody in particular, and at length.\nAnd this was said by nobody, too."
    parsed = parse_capture(text)
    assert parsed.comments == ()
    assert [(note.kind, note.line) for note in parsed.notes] == [("not-understood", 3), ("not-understood", 4)]


def test_without_a_border_the_first_name_begins_the_discussion() -> None:
    text = STORY.replace("© TIDEWATER", "") + "Bosun\nRopes can be counted.\nold_salt_7\nPromises cannot."
    parsed = parse_capture(text)
    assert [c.author_name for c in parsed.comments] == ["Bosun", "old_salt_7"]
    assert len(parsed.body) == 2
    assert [(note.kind, note.line) for note in parsed.notes] == [("unsure", 3)]


@pytest.mark.parametrize("name", NAMES)
def test_names_weigh_as_names(name: str) -> None:
    assert name_weight(name) > 0


@pytest.mark.parametrize("text", [*SENTENCES, *SHORT, "Dear tide,", "@Bosun", "a/b", "!!!", "", "a" * 41])
def test_what_was_written_does_not(text: str) -> None:
    assert name_weight(text) <= 0
