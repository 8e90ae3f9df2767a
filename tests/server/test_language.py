"""The site in Japanese: nothing is left in English, and the translations say what the sentences say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import escape, unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from tests.factories import PASSWORD, a_comment, a_reader, a_story, a_thread
from tests.server.catalogues import Sentence, read_mo, read_po, sentences_of_source

PACKAGE = Path(__file__).parents[2] / "src" / "kakehashi"
CATALOGUES = sorted(PACKAGE.glob("locale/*/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[.\d]*[a-z]|%%|\{\w*\}|&\w+;|</?\w+>|\*\*|--\w+|kakehashi init")
NOON = datetime(2025, 11, 23, 12, 0, tzinfo=UTC)

catalogues = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])


@pytest.fixture
def japanese(settings: Settings) -> None:
    settings.LANGUAGE_CODE = "ja"
    settings.TIME_ZONE = "Asia/Tokyo"


def words(page: str) -> str:
    """What a reader sees or hears of a page: its text, and the attributes that are read out."""
    heard = re.findall(r'(?:aria-label|alt|title|placeholder|data-\w+|hx-confirm)="([^"]*)"', page)
    seen = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", "\n", page, flags=re.DOTALL)
    return unescape("\n".join([seen, *heard]))


def left_in_english(page: str) -> set[str]:
    """Lines of a page that are sentences of the catalogue."""
    lines = {re.sub(r"\s+", " ", line).strip() for line in words(page).splitlines()}
    return {sentence.text for sentence in read_po(CATALOGUES[0])} & lines - {""}


def test_there_are_two_catalogues() -> None:
    assert [path.parts[-3] for path in CATALOGUES] == ["ja", "ko"]


@pytest.mark.once
@catalogues
def test_the_catalogue_holds_the_sentences_of_the_source_and_no_others(path: Path) -> None:
    # A sentence that is counted here and not there has one entry.
    catalogue = {(sentence.context, sentence.text) for sentence in read_po(path)}
    source = {(sentence.context, sentence.text) for sentence in sentences_of_source(PACKAGE)}
    assert len(source) > 500
    # The remedy is `make messages`, and to translate what it adds.
    assert source - catalogue == set()
    assert catalogue - source == {("", "")}


@catalogues
def test_every_sentence_is_translated(path: Path) -> None:
    catalogue = read_po(path)
    assert len(catalogue) > 500
    assert [sentence.text for sentence, found in catalogue.items() if not all(found.forms) or found.is_fuzzy] == []


@catalogues
def test_placeholders_and_edges_stay(path: Path) -> None:
    for sentence, found in read_po(path).items():
        if not sentence.text:
            continue
        for form in found.forms:
            wanted = sentence.plural or sentence.text
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(wanted)), form
            assert (form[:1].isspace(), form[-1:].isspace()) == (wanted[:1].isspace(), wanted[-1:].isspace()), form


@catalogues
def test_the_compiled_catalogue_is_the_written_one(path: Path) -> None:
    assert read_mo(path.with_suffix(".mo")) == read_po(path)


@catalogues
def test_the_catalogue_names_nobody_and_no_moment(path: Path) -> None:
    header = read_po(path)[Sentence("")].forms[0]
    assert f"Language: {path.parts[-3]}\n" in header
    assert "Date" not in header
    assert "@" not in header
    assert not re.search(r"^#: ", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.django_db
@pytest.mark.usefixtures("japanese")
def test_the_front_page_is_japanese(client: Client) -> None:
    a_comment(a_thread(a_story("A ferry for two shores", published_at=NOON)))
    page = client.get("/").text
    assert '<html lang="ja">' in page
    assert left_in_english(page) == set()
    for text in ("本文へ移動", "ログイン", "2025年11月23日", "コメント1件"):
        assert text in page


@pytest.mark.django_db
@pytest.mark.usefixtures("japanese")
def test_a_story_and_its_discussion_are_japanese(client: Client) -> None:
    now = timezone.now()
    story = a_story(byline="Ines Quay", published_at=now - timedelta(hours=1))
    thread = a_thread(story)
    first = a_comment(thread, author=a_reader("Hart of Pel"))
    a_comment(thread, author=a_reader("Lena"), parent=first)
    page = client.get(story.get_url() or "").text
    assert '<html lang="ja">' in page
    assert left_in_english(page) == set()
    day = timezone.localtime(first.created_at)
    for text in (
        "コメント2件",
        "2人が参加",
        "返信先：Hart of Pel",
        "ログインしてコメントする",
        "文：Ines Quay",
        "古い順",
    ):
        assert text in page
    assert f"{day.year}年{day.month}月{day.day}日 {day:%H:%M}</time>" in page

    client.force_login(a_reader("Mira"))
    page = client.get(story.get_url() or "").text
    assert left_in_english(page) == set()
    assert escape("Lenaさんのコメントを高く評価") in page
    assert "コメントを投稿" in page


@pytest.mark.django_db
@pytest.mark.usefixtures("japanese")
@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("/account/login/", "パスワードをお忘れですか？"),
        ("/account/signup/", "互いに関係のない言葉"),
        ("/account/password/reset/", "リンクを送る"),
        ("/search/?q=%E6%A9%8B", "何も見つかりませんでした"),
        ("/nowhere/", "この橋の先には道がありません"),
    ],
)
def test_the_pages_of_visitors_are_japanese(client: Client, address: str, text: str) -> None:
    page = client.get(address).text
    assert '<html lang="ja">' in page
    assert left_in_english(page) == set()
    assert text in page


@pytest.mark.django_db
@pytest.mark.usefixtures("japanese")
@pytest.mark.parametrize(
    "address", ["/account/", "/account/name/", "/account/preferences/", "/account/leave/", "/account/2fa/"]
)
def test_the_pages_of_an_account_are_japanese(client: Client, address: str) -> None:
    client.force_login(a_reader("Mira", password=PASSWORD))
    answer = client.get(address)
    assert answer.status_code == 200
    assert left_in_english(answer.text) == set()


@pytest.mark.django_db
@pytest.mark.usefixtures("japanese")
def test_refusals_are_japanese(client: Client) -> None:
    answer = client.post("/account/login/", {"login": "nobody@example.org", "password": "wrong"})
    assert "メールアドレスとパスワードの組み合わせが正しくありません。" in answer.text
    thread = a_thread(a_story())
    client.force_login(a_reader())
    answer = client.post(reverse("comment-write", args=[thread.story_id]), {"text": " "})
    assert "コメントがまだ入力されていません。" in answer.text


@pytest.mark.once
def test_the_environment_chooses_the_language(tmp_path: Path) -> None:
    code = """if True:
        import datetime, django
        django.setup()
        from django.utils import formats, translation
        print(translation.gettext("Front page"), formats.date_format(datetime.date(2026, 5, 3), "DATE_FORMAT"))
    """
    shown = []
    for language in ("en", "ja", "ko"):
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "kakehashi.server.settings",
            "KAKEHASHI_DATA": str(tmp_path),
            "KAKEHASHI_LANGUAGE": language,
            "PYTHONIOENCODING": "utf-8",
        }
        shown.append(subprocess.check_output([sys.executable, "-c", code], env=environment, encoding="utf-8").strip())
    assert shown == ["Front page 3 May 2026", "フロントページ 2026年5月3日", "1면 2026년 5월 3일"]


@pytest.mark.django_db
def test_english_pages_are_left_in_english(client: Client) -> None:
    """So that the tests above have something to find."""
    page = client.get("/account/login/").text
    assert {"Log in", "Forgot your password?", "New here?"} <= left_in_english(page)
