"""The word list: changing it, what it does to comments, and its pages."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.lib.words import read
from kakehashi.moderation import actions
from kakehashi.moderation.actions import WordText
from kakehashi.moderation.checks import words
from kakehashi.moderation.models import CheckResult, Word, WordKind
from kakehashi.readers.models import Reader
from kakehashi.stories.actions import new_edition
from tests.factories import a_comment, a_reader, a_story, a_thread
from tests.moderation.rows import a_moderator, a_rule

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIST = "/moderation/words/"


@pytest.fixture
def mo() -> Reader:
    return a_moderator("Mo")


def add(mo: Reader, phrase: str, kind: str = WordKind.BANNED, **fields: Any) -> Word:
    return actions.save_word(actor=mo, text=WordText(phrase, kind, **fields), now=NOW)


def post(source: str, **fields: Any) -> Comment:
    thread = a_thread(a_story(published_at=NOW))
    return comment_actions.post_comment(author=a_reader(), source=source, thread=thread, now=NOW, **fields)


class TestComments:
    def test_a_banned_word_brings_the_comment_back(self, mo: Reader) -> None:
        add(mo, "windbag", rule_number=1)
        for source in (
            "What a windbag!",
            "w.1.n.d.b.a.g",
            "[click](https://windbag.example)",
            "> windbag\n\nSo he said.",
        ):
            with pytest.raises(Invalid, match=r"“windbag”\. Rule 1 of the discussion"):
                post(source)
        assert Comment.objects.count() == 0
        with translation.override("ja"), pytest.raises(Invalid, match="“windbag”。理由は"):
            post("What a windbag!")

    def test_a_suspect_word_is_published_and_told(self, mo: Reader) -> None:
        add(mo, "windbag", WordKind.SUSPECT, rule_number=1)
        comment = post("What a windbag!")
        assert comment.state == CommentState.VISIBLE
        result = CheckResult.objects.get(comment=comment)
        assert (result.check_name, result.verdict, result.reason) == (
            "words",
            "suspect",
            "Words of the list: “windbag” (rule 1)",
        )

    def test_the_rule_of_the_word_stands_chosen_in_the_queue(self, mo: Reader, client: Client) -> None:
        rule = a_rule(2)
        add(mo, "windbag", WordKind.SUSPECT, rule_number=2)
        comment = post("What a windbag!")
        client.force_login(a_moderator())
        page = client.get(f"/moderation/queue/{comment.pk}/")
        assert page.context["form"]["rule"].value() == rule.pk
        assert rule.to_author in page.text

    def test_quoting_what_stands_there_is_no_fault(self, mo: Reader) -> None:
        other = a_comment(a_thread(a_story(published_at=NOW)), source="The mayor is a windbag, I say.")
        add(mo, "windbag")
        comment = comment_actions.post_comment(
            author=a_reader(),
            source="> The mayor is a windbag\n\nPlease do not call names.",
            thread=other.thread,
            parent=other,
            quoted=other,
            now=NOW,
        )
        assert comment.is_visible

    def test_an_entry_may_be_for_one_language(self, mo: Reader) -> None:
        add(mo, "バカ", language="ja")
        add(mo, "gift", language="de")
        assert post("A gift for you.").is_visible
        with pytest.raises(Invalid):
            post("この馬鹿、バカ")

    def test_however_long_it_takes_to_make_the_list_anew_the_check_is_not_broken(
        self, mo: Reader, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.KAKEHASHI_CHECK_SECONDS = 0.2
        made = words._remade

        def slowly(edition: int) -> words._Kept:
            time.sleep(0.3)
            return made(edition)

        monkeypatch.setattr(words, "_remade", slowly)
        add(mo, "windbag", WordKind.SUSPECT)
        comment = post("What a windbag!")
        assert CheckResult.objects.get(comment=comment).verdict == "suspect"

    def test_within_a_fine_word_it_does_not_count(self, mo: Reader) -> None:
        add(mo, "バカ")
        with pytest.raises(Invalid):
            post("そればかりではない。")
        fine = add(mo, "ばかり", WordKind.FINE, language="ja")
        assert post("そればかりではない。").is_visible
        with pytest.raises(Invalid):
            post("そればかり言うバカ。")
        # In another language it excuses nothing.
        actions.save_word(actor=mo, text=WordText("ばかり", WordKind.FINE, language="ko"), word=fine)
        with pytest.raises(Invalid):
            post("そればかりではない。")

    def test_what_stands_in_the_list_for_other_languages_hides_nothing(self, mo: Reader) -> None:
        others = [WordText(f"{a}{b}{c}", language="de") for a in "bdfgk" for b in "aeiou" for c in "lmn"]
        actions.import_words(actor=mo, texts=others)
        add(mo, "windbag")
        with pytest.raises(Invalid):
            post(" ".join([*(one.phrase for one in others), "windbag"]))

    def test_a_change_of_the_list_is_known_at_once_and_costs_no_statement_after(self, mo: Reader) -> None:
        assert post("What a windbag!").is_visible
        entry = add(mo, "windbag")
        with pytest.raises(Invalid):
            post("What a windbag!")
        counts = []
        for _turn in range(2):
            with CaptureQueriesContext(connection) as asked:
                words.in_force(1_000_000)
            counts.append(len(asked))
        assert counts == [1, 0]
        actions.delete_words(actor=mo, words=[entry.pk])
        new_edition()
        assert post("What a windbag!").is_visible


class TestChanging:
    def test_one_phrase_stands_in_it_once_a_language(self, mo: Reader) -> None:
        first = add(mo, "Wind-bag")
        assert add(mo, "WIND BAG", WordKind.SUSPECT).pk == first.pk
        assert Word.objects.get().kind == WordKind.SUSPECT
        second = add(mo, "windbag", language="en")
        assert second.pk != first.pk
        with pytest.raises(Invalid, match="stands in the list already"):
            actions.save_word(actor=mo, text=WordText("wind bag"), word=second)

    def test_what_somebody_took_off_meanwhile_does_not_come_back(self, mo: Reader) -> None:
        entry = add(mo, "windbag")
        actions.delete_words(actor=mo, words=[entry.pk])
        with pytest.raises(Conflict, match="taken this word off"):
            actions.save_word(actor=mo, text=WordText("wind bag"), word=entry)
        assert Word.objects.count() == 0

    @pytest.mark.parametrize(
        "text",
        [
            WordText(""), WordText("a"), WordText("a*b"), WordText("x" * 121), WordText("two\nlines"), WordText("ok", "cruel"),
            WordText("okay", language="qq"), WordText("okay", rule_number=-1), WordText("\x00"),
        ],
    )  # fmt: skip
    def test_what_cannot_stand_in_it_is_refused_with_a_sentence(self, mo: Reader, text: WordText) -> None:
        with pytest.raises(Invalid):
            actions.save_word(actor=mo, text=text)
        with pytest.raises(Invalid, match="Entry 2"):
            actions.import_words(actor=mo, texts=[WordText("windbag"), text])
        assert Word.objects.count() == 0

    def test_readers_find_nothing_to_change(self) -> None:
        with pytest.raises(NotFound):
            actions.save_word(actor=a_reader(), text=WordText("windbag"))
        with pytest.raises(NotFound):
            actions.import_words(actor=a_reader(), texts=[])
        with pytest.raises(NotFound):
            actions.delete_words(actor=a_reader(), words=[])

    def test_many_at_once(self, mo: Reader) -> None:
        add(mo, "windbag")
        texts = [WordText(f"wind{number}bag") for number in range(2500)]
        assert actions.import_words(actor=mo, texts=[*texts, WordText("Windbag", note="again")]) == (2500, 1)
        assert Word.objects.get(key="windbag").note == "again"
        assert [match.phrase for match in words.in_force(1_000_000).find(read("A wind2499bag.")).matches] == [
            "wind2499bag"
        ]


class TestPages:
    @pytest.fixture
    def staff(self, mo: Reader, client: Client) -> Client:
        client.force_login(mo)
        return client

    def test_adding_changing_and_taking_off(self, staff: Client) -> None:
        page = staff.post(LIST, {"phrase": "windbag", "kind": "banned", "rule_number": "0"}, follow=True)
        assert "“windbag” stands in the list." in page.text
        entry = Word.objects.get()
        address = f"{LIST}{entry.pk}/"
        assert "windbag" in staff.get(address).text
        staff.post(address, {"phrase": "wind bag", "kind": "suspect", "rule_number": "0", "note": "Said often."})
        entry.refresh_from_db()
        assert (entry.phrase, entry.kind, entry.note) == ("wind bag", "suspect", "Said often.")
        staff.post(address, {"delete": "1"})
        assert Word.objects.count() == 0
        assert staff.get(address).status_code == 404

    def test_what_cannot_be_added_comes_back(self, staff: Client) -> None:
        page = staff.post(LIST, {"phrase": "a*b", "kind": "banned"})
        assert page.status_code == 422
        assert 'value="a*b"' in page.text
        assert "says too little" in page.text

    def test_finding(self, staff: Client, mo: Reader) -> None:
        add(mo, "windbag")
        add(mo, "gasbag", WordKind.SUSPECT)
        assert "gasbag" not in staff.get(LIST, {"q": "WIND"}).text
        assert "gasbag" not in staff.get(LIST, {"kind": "banned"}).text
        assert "Nothing like that" in staff.get(LIST, {"q": "%_"}).text

    def test_pasting_and_taking_along(self, staff: Client) -> None:
        sent = {"kind": "suspect", "language": "", "rule_number": "0", "lines": "# ours\nwindbag\n\nhot air\n"}
        page = staff.post(f"{LIST}many/", sent, follow=True)
        assert "2 entries are new, 0 changed." in page.text
        file = SimpleUploadedFile("words.csv", '\ufeffphrase,kind,rule\n"a, b and c",banned,3\n'.encode())
        staff.post(f"{LIST}many/", {"kind": "suspect", "rule_number": "0", "file": file})
        exported = b"".join(staff.get(f"{LIST}words.csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert exported.splitlines() == [
            "phrase,kind,language,rule,note", "windbag,suspect,,,", "hot air,suspect,,,", '"a, b and c",banned,,3,',
        ]  # fmt: skip
        Word.objects.all().delete()
        staff.post(f"{LIST}many/", {"kind": "banned", "rule_number": "0", "lines": exported})
        assert b"".join(staff.get(f"{LIST}words.csv").streaming_content).decode() == exported  # type: ignore[attr-defined]

    @pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
    def test_a_file_that_is_no_text_is_refused(self, staff: Client, content: bytes) -> None:
        file = SimpleUploadedFile("words.bin", content)
        assert staff.post(f"{LIST}many/", {"kind": "suspect", "file": file}).status_code == 422
        assert staff.post(f"{LIST}many/", {"kind": "suspect", "lines": "windbag\na"}).status_code == 422

    def test_a_sheet_with_an_endless_cell_comes_back(self, staff: Client) -> None:
        page = staff.post(
            f"{LIST}many/", {"kind": "suspect", "lines": "phrase,kind\nwindbag,suspect\n" + "x" * 200_000}
        )
        assert page.status_code == 422
        assert "Line 3 is too long" in page.text

    def test_trying_a_text(self, staff: Client, mo: Reader) -> None:
        add(mo, "windbag", rule_number=3)
        page = staff.post(f"{LIST}try/", {"text": "w-1-n-d-b-4-g"})
        assert "the text reads: windbag" in page.text
        assert "rule 3" in page.text
        assert "Nothing of the list" in staff.post(f"{LIST}try/", {"text": "Nothing, \x00"}).text
        assert "Nothing of the list" not in staff.get(f"{LIST}try/").text
        add(mo, "windbags of old", WordKind.FINE)
        page = staff.post(f"{LIST}try/", {"text": "The windbags of old."})
        assert "what stands within it does not count" in page.text
        assert '<option value="fine">' in staff.get(LIST).text

    def test_the_list_takes_the_same_statements_however_long(self, staff: Client, mo: Reader) -> None:
        counts = []
        for number in (1, 30):
            for each in range(number):
                add(mo, f"windbag {number} {each}")
            staff.get(LIST)
            with CaptureQueriesContext(connection) as asked:
                staff.get(LIST)
            counts.append(len(asked))
        assert counts[0] == counts[1]
