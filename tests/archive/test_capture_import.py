"""Captures written into the newsroom: story, discussion and record, once."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from kakehashi.archive import actions
from kakehashi.archive.actions import import_capture
from kakehashi.archive.capture.file import capture_from_bytes, read_capture_file
from kakehashi.archive.commands import import_capture_files, parse_published
from kakehashi.archive.models import ImportedComment, ImportRecord
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Invalid
from kakehashi.stories.models import Agency, StoryPage
from tests.factories import a_front

CAPTURES = Path(__file__).parent / "captures"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _front() -> None:
    a_front()


def run(*names: str, **options: str) -> list[tuple[str, int, int]]:
    summary = import_capture_files([CAPTURES / name for name in names], now=NOW, **options)  # type: ignore[arg-type]
    return [(outcome.status, outcome.comments, outcome.comments_added) for outcome in summary.files]


def everything() -> list[object]:
    models = (StoryPage, Comment, ImportRecord, ImportedComment, Agency)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_story_section_agency_and_body() -> None:
    assert run("harbour.txt", url="https://paperboat.example/bell") == [("imported", 12, 12)]
    story = StoryPage.objects.get()
    assert story.title == "Tamsin and Marrow ferry masters to meet on Friday"
    assert story.get_parent().title == "Waterways"
    assert (story.byline, story.credit_line, story.source_url) == (
        "Odile Farrant",
        "© (c) 2016 Lantern Wire",
        "https://paperboat.example/bell",
    )
    assert story.agency is not None
    assert (story.agency.name, story.agency.credit, story.agency.body_days) == (
        "Lantern Wire",
        "© (c) {year} Lantern Wire",
        30,
    )
    assert len(story.body) == 4
    assert story.is_body_expired(NOW)


def test_comments_keep_their_figures_order_parents_and_quotes() -> None:
    run("harbour.txt")
    comments = list(Comment.objects.order_by("created_at", "pk"))
    assert [(c.net, c.total_up, c.total_down) for c in comments][:3] == [(4, 6, 1), (-5, 3, 8), (-1, 1, 2)]
    assert comments[11].net == 7
    numbers = {comment.pk: number for number, comment in enumerate(comments, 1)}
    assert {numbers[c.pk]: numbers[c.parent_id] for c in comments if c.parent_id} == {
        2: 1, 4: 2, 6: 2, 9: 2, 10: 1, 11: 10, 12: 4,
    }  # fmt: skip
    assert [numbers[c.pk] for c in comments if "<blockquote>" in c.html] == [2, 4, 6, 8, 9, 10, 12]
    assert {numbers[c.pk]: [numbers[q.quoted_id] for q in c.quotes.all()] for c in comments if c.quotes.exists()} == {
        2: [1], 4: [2], 6: [2], 9: [2], 10: [1], 12: [4],
    }  # fmt: skip
    assert all(c.state == CommentState.VISIBLE and c.author_id is None for c in comments)
    assert comments[0].author_name == "Gull Rider"
    assert f'<a class="mention" href="/comment/{comments[0].pk}/">@Gull Rider</a>' in comments[9].html
    assert "_calm_ at last" in comments[11].html


def test_what_was_concluded_is_kept_in_the_record_by_line() -> None:
    run("harbour.txt")
    record = ImportRecord.objects.get()
    assert (record.format, record.file_name, record.comments_found, record.comments_added) == (
        "capture",
        "harbour.txt",
        12,
        12,
    )
    assert len(record.digest) == 64
    assert [note["line"] for note in record.notes] == [None, None, 33, 79, 89, 97]
    assert "2016-09-02 is the day of the earliest comment" in record.notes[1]["text"]
    assert [(row.position, row.line) for row in record.comments.order_by("position")][:3] == [(1, 27), (2, 31), (3, 41)]
    run("lighthouse.txt")
    not_understood = [note for note in ImportRecord.objects.latest("pk").notes if note["kind"] == "not-understood"]
    assert [note["line"] for note in not_understood] == [35]


def test_running_again_changes_nothing(tmp_path: Path) -> None:
    names = ("harbour.txt", "pier.txt", "lighthouse.txt")
    run(*names)
    before = everything()
    assert run(*names) == [("unchanged", 12, 0), ("unchanged", 6, 0), ("unchanged", 3, 0)]
    copy = tmp_path / "another name.txt"
    shutil.copy(CAPTURES / "harbour.txt", copy)
    summary = import_capture_files([copy], headline="Another headline", now=NOW)
    assert [outcome.status for outcome in summary.files] == ["unchanged"]
    assert "options given now change nothing" in summary.files[0].notes[0]["text"]
    assert everything() == before


def test_a_later_capture_of_the_page_adds_what_is_new() -> None:
    run("harbour.txt")
    before = list(Comment.objects.order_by("pk").values("pk", "source", "created_at"))
    text = (CAPTURES / "harbour.txt").read_text(encoding="utf-8").replace("12 Comments", "13 Comments")
    text = text.replace(
        "Sign in to leave a comment", "The bell is cracked anyway.\n\n1 ( +1 / -0 )\n\nSign in to leave a comment"
    )
    later = import_capture(file=capture_from_bytes(text.encode(), name="later.txt"), now=NOW)
    assert (later.status, later.comments_added, later.record.comments_found) == ("extended", 1, 13)
    assert StoryPage.objects.count() == 1
    assert list(Comment.objects.order_by("pk").values("pk", "source", "created_at"))[:12] == before
    assert Comment.objects.order_by("created_at").last() == Comment.objects.order_by("pk").last()


def test_the_same_words_twice_on_a_page_are_two_comments() -> None:
    text = "Bells\n\n2 Comments\n\nThe bells rang at noon, as always.\n\n© WIRE" + "\n\nAye!\n\n1 ( +1 / -0 )" * 2
    assert import_capture(file=capture_from_bytes(text.encode(), name="twice"), now=NOW).comments_added == 2


def test_a_page_without_headline_date_or_section() -> None:
    run("pier.txt")
    story = StoryPage.objects.get()
    assert story.title == "The harbour boards of Tamsin and Port Marrow were still at odds after their talks on…"
    assert story.get_parent().title == "Archive"
    assert timezone.localtime(story.published_at).date().isoformat() == "2019-06-21"
    kinds = [(note["line"], note["kind"]) for note in ImportRecord.objects.get().notes]
    assert kinds == [(None, "concluded")] * 4
    assert list(Comment.objects.order_by("pk").values_list("author_name", flat=True)) == [
        "J. Quill", "Lantern", "kelpwife", "Bosun", "old_salt_7", "mirthe rowanholt",
    ]  # fmt: skip


def test_what_is_given_goes_before_what_is_printed() -> None:
    options = {
        "headline": "Yellow pier",
        "published": "2020-02-03T04:05",
        "section": "Harbours",
        "url": "https://t.example/1",
    }
    run("pier.txt", **options)
    story = StoryPage.objects.get()
    assert (story.title, story.get_parent().title, story.source_url) == (
        "Yellow pier",
        "Harbours",
        "https://t.example/1",
    )
    assert timezone.localtime(story.published_at).isoformat()[:16] == "2020-02-03T04:05"
    assert [note["text"][:40] for note in ImportRecord.objects.get().notes] == [
        "The page does not print when each commen"
    ]


def test_an_expired_page_has_no_body_and_says_so(client: Client) -> None:
    run("lighthouse.txt")
    story = StoryPage.objects.get()
    assert story.is_body_expired(NOW)
    assert timezone.localtime(story.published_at).year == 2012
    times = list(Comment.objects.order_by("pk").values_list("created_at", flat=True))
    assert times[0] == datetime(2012, 9, 3, 2, 2, tzinfo=UTC)
    page = client.get(story.url).content.decode()
    assert "Keepers of two lighthouses share one lamp" in page
    assert "Moth &amp; Candle" in page


def test_the_page_shows_the_discussion_and_not_the_body(client: Client) -> None:
    run("harbour.txt")
    story = StoryPage.objects.get()
    page = client.get(story.url).content.decode()
    assert "settle who rings the harbour bell first" not in page
    assert "All about the oars" in page
    assert page.count('id="c-') == 12
    assert (
        story.body[0].value.source
        == "<p>Ferry masters from Tamsin and Port Marrow will meet on Friday to settle who rings the harbour bell first.</p>"
    )


def test_without_an_agency_the_body_stays() -> None:
    text = "Bells\n\n1 Comment\n\nThe bells rang at noon, as always.\n\n1 Comment\n\nAye!\n\n1 ( +1 / -0 )"
    import_capture(file=capture_from_bytes(text.encode(), name="bells"), now=NOW)
    story = StoryPage.objects.get()
    assert (story.agency, story.is_body_expired(NOW)) == (None, False)


def test_an_agency_that_we_know_keeps_its_licence() -> None:
    Agency.objects.create(name="Lantern Wire", credit="© L", body_days=9000)
    run("harbour.txt")
    assert Agency.objects.get().body_days == 9000


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("Buy oil.\nMend the rope.\n", {}, "no-capture"),
        ("Bob\nAye!\n© WIRE", {"url": "javascript:alert(1)"}, "bad-url"),
        ("Bob\nAye!\n© WIRE", {"url": "https://e.example/" + "a" * 500}, "bad-url"),
        ("Bob\nAye!\n© WIRE", {"published_at": NOW + timedelta(days=1)}, "bad-date"),
        ("3 Comments\n\nAye!\n\n1 ( +1 / -0 )", {}, "no-headline"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_leaves_nothing(
    text: str, options: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        import_capture(file=capture_from_bytes(text.encode(), name="scrap.txt"), now=NOW, **options)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not StoryPage.objects.exists()
    assert not ImportRecord.objects.exists()


def test_too_many_comments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_COMMENTS", 11)
    with pytest.raises(Invalid, match="more than 11 comments"):
        import_capture(file=read_capture_file(CAPTURES / "harbour.txt"), now=NOW)


def test_one_bad_file_stops_no_other(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()
    seen: list[tuple[str, int, int]] = []
    summary = import_capture_files(
        [empty, CAPTURES / "pier.txt", tmp_path / "absent.txt"], now=NOW, progress=lambda *step: seen.append(step)
    )
    assert [outcome.status for outcome in summary.files] == ["failed", "imported", "failed"]
    assert not summary.is_ok
    assert summary.files[0].error == "empty.txt is empty: there is nothing to import."
    assert seen == [("empty.txt", 0, 3), ("pier.txt", 1, 3), ("absent.txt", 2, 3), ("", 3, 3)]
    found = summary.as_json()
    assert (found["ok"], found["comments"], len(found["urls"])) == (False, 6, 1)
    assert found["urls"] == [summary.files[1].url]
    assert found["urls"][0].startswith("http")


@pytest.mark.parametrize(
    ("names", "options", "code"),
    [
        ([], {}, "no-file"),
        (["pier.txt", "harbour.txt"], {"headline": "One"}, "one-file"),
        (["pier.txt", "harbour.txt"], {"url": "https://e.example/"}, "one-file"),
        (["pier.txt"], {"published": "yesterday"}, "bad-date"),
        (["pier.txt"], {"published": "2014-13-40"}, "bad-date"),
        (["pier.txt"], {"published": "0001-01-01"}, "bad-date"),
    ],
)
def test_options_that_cannot_be_used(names: list[str], options: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        run(*names, **options)
    assert refused.value.code == code


def test_a_day_is_its_midnight_in_the_site_s_zone() -> None:
    found = parse_published("2014-05-14")
    assert found == timezone.make_aware(datetime(2014, 5, 14))
    assert parse_published("2014-05-14T10:00:00+09:00") == datetime(2014, 5, 14, 1, tzinfo=UTC)
    assert parse_published("") is None


def test_two_commands_at_once_write_one_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one finishes between our look and our writing."""
    file = read_capture_file(CAPTURES / "pier.txt")
    parse = actions.parse_capture
    others: list[ImportRecord] = []

    def parse_late(text: str) -> object:
        monkeypatch.setattr(actions, "parse_capture", parse)
        others.append(import_capture(file=file, now=NOW).record)
        return parse(text)

    monkeypatch.setattr(actions, "parse_capture", parse_late)
    result = import_capture(file=file, now=NOW)
    assert (result.status, result.record) == ("unchanged", others[0])
    assert (StoryPage.objects.count(), Comment.objects.count()) == (1, 6)


def test_a_time_that_was_not_printed_is_not_shown(client: Client) -> None:
    run("harbour.txt")
    unknown = Comment.objects.filter(is_time_known=False).first()
    assert unknown is not None
    page = client.get(StoryPage.objects.get().get_absolute_url()).text
    article = page.split(f'id="c-{unknown.pk}"')[1].split("</article>")[0]
    assert f'datetime="{unknown.created_at:%Y-%m-%d}"' in article
    assert f"{unknown.created_at:%H:%M}" not in article
