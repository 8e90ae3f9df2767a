"""The demo's content files: complete, well formed, written once each, and pictured with words for those who cannot see."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from kakehashi.archive.demo import content
from kakehashi.archive.demo.people import people
from kakehashi.archive.demo.phrases import PhraseBook, expand
from kakehashi.archive.demo.pictures import MOTIFS
from kakehashi.lib import text

pytestmark = pytest.mark.once

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
STORIES = content.stories()
NEWSROOM = content.table("newsroom")


def sentences(story: content.StoryFile) -> list[str]:
    return re.split(r"(?<=[.?!”])\s+(?=[A-Z“])", " ".join(story.paragraphs))


def test_there_are_stories_enough_in_each_of_six_sections() -> None:
    sections = [section["slug"] for section in NEWSROOM["sections"]]
    assert len(sections) == 6
    assert set(Counter(story.section for story in STORIES)) == set(sections)
    assert min(Counter(story.section for story in STORIES).values()) >= 6
    assert len(STORIES) >= 42


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.slug)
def test_a_story_is_complete(story: content.StoryFile) -> None:
    assert 3 <= len(story.paragraphs) <= 12
    assert story.headline
    assert story.standfirst.endswith((".", "?", "!", "”"))
    assert story.byline
    assert story.dateline
    assert story.topic in content.phrase_tables()
    assert story.agency in {"", *(agency["slug"] for agency in NEWSROOM["agencies"])}
    assert story.running_story in {"", *(running["slug"] for running in NEWSROOM["running_stories"])}
    assert set(story.talk) <= {"left", "right", "middle", "any"}
    assert story.thread in {"open", "closed", "held_first"}
    # Every mark has been filled in, and straight quotes have been set as a newspaper sets them.
    assert not re.search(r"[{}*\"']", " ".join(story.words(NOW)))
    if story.updated:
        assert story.published_at(NOW) + content.span(story.updated) <= NOW


@pytest.mark.parametrize("story", [story for story in STORIES if story.picture], ids=lambda story: story.slug)
def test_a_picture_is_described_captioned_and_credited(story: content.StoryFile) -> None:
    assert story.picture is not None
    assert story.picture.motif in MOTIFS
    assert 40 <= len(story.picture.alt) <= 250
    assert story.picture.alt != story.picture.caption
    assert story.picture.caption
    assert story.picture.credit


def test_enough_stories_have_pictures_of_enough_kinds() -> None:
    motifs = Counter(story.picture.motif for story in STORIES if story.picture)
    assert sum(motifs.values()) >= 20
    assert len(motifs) >= 8


def test_no_sentence_stands_in_two_stories() -> None:
    seen = Counter(sentence for story in STORIES for sentence in set(sentences(story)) if len(sentence) > 20)
    assert [sentence for sentence, count in seen.items() if count > 1] == []


def test_no_picture_is_described_in_the_words_of_another() -> None:
    described = [story.picture.alt for story in STORIES if story.picture]
    assert len(described) == len(set(described))


def test_ten_years_are_covered_and_the_newest_is_hours_old() -> None:
    times = [story.published_at(NOW) for story in STORIES]
    assert min(times) < NOW - timedelta(days=9 * 365)
    assert timedelta(0) < NOW - max(at for at in times if at <= NOW) < timedelta(hours=6)
    assert sum(1 for at in times if at > NOW) == 1
    assert {at.year for at in times} == set(range(2017, 2027))


def test_one_running_story_has_eight_chapters_over_eight_years() -> None:
    chapters = [story.published_at(NOW) for story in STORIES if story.running_story == "the-sunder-bridge"]
    assert len(chapters) >= 8
    assert max(chapters) - min(chapters) > timedelta(days=8 * 365)
    assert len({story.running_story for story in STORIES if story.running_story}) >= 3


def test_an_agency_whose_licence_ends_has_stories_on_both_sides_of_it() -> None:
    days = {agency["slug"]: agency.get("body_days") for agency in NEWSROOM["agencies"]}
    assert len(days) >= 3
    ages = [(NOW - story.published_at(NOW)).days for story in STORIES if story.agency == "kite-and-cable"]
    assert min(ages) < days["kite-and-cable"] < max(ages)


def test_threads_closed_held_and_corrected_are_where_the_newsroom_wants_them() -> None:
    assert Counter(story.thread for story in STORIES)["closed"] == 2
    assert Counter(story.thread for story in STORIES)["held_first"] == 1
    assert sum(1 for story in STORIES if story.corrections) >= 2


def every_line() -> list[tuple[str, str, dict[str, list[str]]]]:
    tables = content.phrase_tables()
    shared = tables["common"]["slots"]
    lines = []
    for topic, table in tables.items():
        slots = shared | table.get("slots", {})
        for side, kinds in table.items():
            if side != "slots":
                lines += [(topic, line, slots) for group in kinds.values() for line in group]
    return lines


def test_every_phrase_expands_to_sentences() -> None:
    rng = Random(3)
    lines = every_line()
    assert len(lines) > 500
    for topic, line, slots in lines:
        for _ in range(12):
            said = expand(line, slots, rng)
            assert not re.search(r"[{}|\"']|  |\.\.| [,.?!]|[,;:]$", said), (topic, said)
            assert not said[0].islower(), (topic, said)


def test_an_unknown_slot_is_an_error() -> None:
    with pytest.raises(KeyError):
        expand("Seen in {nowhere}.", {"town": ["Tolwick"]}, Random(1))


def test_choices_nest_and_numbers_fit() -> None:
    said = {expand("{{a|b} c|d} {n:2-3} {town}", {"town": ["Fenby"]}, Random(seed)) for seed in range(60)}
    assert said == {f"{first} {number} Fenby" for first in ("A c", "B c", "D") for number in (2, 3)}


def test_a_phrase_book_does_not_repeat_itself_before_it_must() -> None:
    book = PhraseBook(Random(5))
    said = [book.say("a thread", "bridge", "left", "say") for _ in range(60)]
    assert len(set(said)) == 60


@pytest.mark.parametrize("count", [40, 333])
def test_members_have_names_that_registration_takes(count: int) -> None:
    names = [person.name for person in people(count, Random(7), taken=["Hazel Tidewell"])]
    assert len({text.fold(name) for name in [*names, "Hazel Tidewell"]}) == count + 1
    assert [name for name in names if text.name_problem(name)] == []
    assert sum(1 for name in names if not name.isascii()) >= 3


def test_a_broken_story_file_is_refused() -> None:
    with pytest.raises(ValueError, match="no span"):
        content.span("long ago")
    with pytest.raises(ValueError, match="body"):
        content.parse_story("empty", "+++\nsection = 'world'\n+++\n\n")
    with pytest.raises(ValueError, match="colour"):
        content.parse_story("odd", "+++\ncolour = 'red'\n+++\nA body.\n")


def test_what_moderators_judge_is_written_in_three_languages_and_names_a_rule() -> None:
    tables = content.table("judged")
    assert set(tables) == {"en", "ja", "ko"}
    rng = Random(1)
    for kinds in tables.values():
        slots = kinds["slots"]
        for name, kind in kinds.items():
            if name == "slots":
                continue
            assert 0 <= kind["rule"] <= 10
            assert bool(kind["rule"]) == bool(kind.get("why"))
            assert set(kind["found"]) <= {"own", "flag", "notice", "check"}
            for line in kind["lines"]:
                words = {expand(line, slots, rng) for _ in range(40)}
                assert len(words) > 1, line
                assert all("{" not in one and "example" in one for one in words if "://" in one)
