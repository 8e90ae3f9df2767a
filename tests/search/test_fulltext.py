"""Queries as typed, against the real index of the database under test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kakehashi.lib import text
from kakehashi.search import fulltext
from kakehashi.search.models import Entry
from tests.factories import a_comment, a_story, a_thread

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def find(query: str, **options: object) -> list[int]:
    return fulltext.find(fulltext.parse(query), now=NOW, **options).ids  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("bridge", [("bridge", False)]),
        ('"long bridge" -ferry', [("long bridge", False), ("ferry", True)]),
        ("a*b OR NEAR(c)", [("a b", False), ("or", False), ("near c", False)]),
        ('"', []),
        ("- ' ; --", []),
        ("", []),
    ],
)
def test_a_query_becomes_terms_without_signs(query: str, terms: list[tuple[str, bool]]) -> None:
    assert [(t.words, t.is_excluded) for t in fulltext.parse(query)] == terms


@pytest.mark.django_db
def test_words_phrases_exclusions_stems_and_accents() -> None:
    story = a_story()
    one = Entry.objects.create(story=story, title="The long bridge", body="Ferries were crossing the strait")
    two = Entry.objects.create(story=a_story(), title="Ferry ends", body="A bridge so long")
    assert find("bridge") == [one.pk, two.pk]
    assert find('"long bridge"') == [one.pk]
    assert find("bridge -crossing") == [two.pk]
    assert sorted(find("ferry")) == [one.pk, two.pk]
    assert find("absent") == []
    assert find("absent strait", any_of=True) == [one.pk]


@pytest.mark.django_db
def test_a_story_whose_headline_says_it_comes_before_short_comments() -> None:
    story = a_story()
    long = Entry.objects.create(story=story, title="Last light on the night boat", body="weather " * 600)
    comment = a_comment(source="night boat")
    Entry.objects.create(story=comment.thread.story, comment=comment, title="", body="night boat")
    for _ in range(8):
        Entry.objects.create(story=a_story(), title="Other news", body="of the harbour and the town")
    assert find("night boat")[0] == long.pk


@pytest.mark.django_db
def test_of_each_kind_the_last_that_were_added_are_looked_at() -> None:
    comments = [a_comment(source="lantern", created_at=NOW - timedelta(days=n)) for n in range(6)]
    ids = [3, 4000, 5000, 30_000, 1_000_000, 9_000_000]
    for pk, comment in zip(ids, comments, strict=True):
        Entry.objects.create(id=pk, story=comment.thread.story, comment=comment, title="", body="lantern " * (pk % 7))
        Entry.objects.create(id=pk + 1, story=comment.thread.story, title="Lantern", body="")
    for kind, first in (("comments", 0), ("stories", 1)):
        expected = [pk + first for pk in ids]
        for most in (1, 2, 5):
            found = fulltext.find(fulltext.parse("lantern"), now=NOW, kind=kind, most=most)  # type: ignore[arg-type]
            assert (sorted(found.ids), found.is_all) == (expected[-most:], False)
        assert sorted(find("lantern", kind=kind)) == expected
    everything = fulltext.find(fulltext.parse("lantern"), now=NOW)
    assert (len(everything.ids), everything.is_all) == (12, True)
    newest = fulltext.find(fulltext.parse("lantern"), now=NOW, kind="comments", sort="newest", most=3)
    assert newest.ids == [30_000, 1_000_000, 9_000_000]


@pytest.mark.django_db
def test_what_cannot_be_read_takes_nobodys_place() -> None:
    story = a_story()
    seen = a_comment(a_thread(story), source="lantern")
    for n, comment in enumerate([seen, *(a_comment(seen.thread, state="removed") for _ in range(3))], start=1):
        Entry.objects.create(id=n, story=story, comment=comment, title="", body="lantern")
    assert fulltext.find(fulltext.parse("lantern"), now=NOW, most=1).ids == [1]


@pytest.mark.django_db
def test_japanese_is_found_inside_a_sentence() -> None:
    entry = Entry.objects.create(
        story=a_story(), title="", body=text.searchable("海峡に架け橋を架ける計画が発表された")
    )
    assert find("架け橋") == [entry.pk]
    assert find("橋架け") == []


@pytest.mark.django_db
def test_hindi_is_found_with_its_vowel_signs() -> None:
    entry = Entry.objects.create(story=a_story(), title="", body=text.searchable("समुद्र के ऊपर पुल बनेगा"))
    assert find("समुद्र") == [entry.pk]
    assert find("समद") == []


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["held", "removed", "withdrawn"])
def test_only_what_everybody_may_read_is_found(state: str) -> None:
    comment = a_comment(source="lanterns everywhere")
    entry = Entry.objects.create(story=comment.thread.story, comment=comment, title="", body="lanterns everywhere")
    assert find("lanterns") == [entry.pk]
    comment.state = state
    comment.save()
    assert find("lanterns") == []


@pytest.mark.django_db
def test_unpublished_and_expired_stories_are_not_found() -> None:
    story = a_story()
    Entry.objects.create(story=story, title="harbour", body="", body_until=NOW + timedelta(seconds=1))
    assert len(find("harbour")) == 1
    Entry.objects.update(body_until=NOW)
    assert find("harbour") == []
    Entry.objects.update(body_until=None)
    story.unpublish()
    assert find("harbour") == []


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80) | st.text(alphabet="\"'-*():^{}[]+ANDORNEAR \\%;\x00", max_size=40))
def test_no_query_breaks_the_engine(query: str) -> None:
    assert find(query) == []
