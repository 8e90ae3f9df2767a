"""In which language the site speaks to whom."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.humanize.templatetags.humanize import intcomma
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from pytest_django import Settings

from kakehashi.comments.articles import link_to_comments
from kakehashi.lib.errors import Invalid
from kakehashi.lib.ratelimit import wait_sentence
from kakehashi.readers.actions import choose_language
from kakehashi.readers.languages import language_of, offered, speaking
from kakehashi.readers.models import Reader
from tests.factories import PASSWORD, a_comment, a_reader, a_story, a_thread

pytestmark = pytest.mark.django_db


def language(client: Client, path: str) -> str:
    answer = client.get(path)
    shown = answer.headers["Content-Language"]
    assert f'<html lang="{shown}"' in answer.text
    return str(shown)


def test_what_is_written_to_a_reader_is_in_their_language(settings: Settings) -> None:
    japanese, usual, unknown = a_reader(language="ja"), a_reader(language=""), a_reader(language="tlh")
    before = get_language()
    with speaking(japanese):
        assert (get_language(), gettext("Log in")) == ("ja", "ログイン")
    for reader in (usual, unknown, None):
        with speaking(reader):
            assert get_language() == settings.LANGUAGE_CODE == "en"
    assert get_language() == before
    settings.KAKEHASHI_LANGUAGES = {"en": "English"}
    assert language_of(japanese) == "en"


def test_a_site_offers_its_own_language_first() -> None:
    assert list(offered().items()) == [("en", "English"), ("ja", "日本語"), ("ko", "한국어")]


def test_the_cookie_chooses_and_a_member_has_the_last_word(client: Client) -> None:
    a_comment(a_thread(a_story("Gulls", slug="gulls")))
    places = ("/", "/politics/", "/politics/gulls/", "/account/login/", "/nowhere/")
    for path in places:
        client.cookies.clear()
        assert language(client, path) == "en"
        client.cookies["kakehashi_language"] = "ja"
        assert language(client, path) == "ja"
        client.cookies["kakehashi_language"] = "xx"
        assert language(client, path) == "en"
    client.cookies.clear()
    client.force_login(a_reader(language="ja"))
    for path in places[:3] * 2:
        assert language(client, path) == "ja"
        client.cookies["kakehashi_language"] = "ko"
    client.force_login(a_reader(language=""))
    for path in places[:3] * 2:
        assert language(client, path) == "ko"
        assert get_language() == "en"


def test_no_setting_of_the_browser_decides(client: Client) -> None:
    assert client.get("/", headers={"accept-language": "ja"}).headers["Content-Language"] == "en"


def choose(client: Client, code: str, **more: str) -> Any:
    return client.post("/language/", {"language": code, **more})


def test_a_reader_without_an_account_chooses_and_comes_back(client: Client) -> None:
    a_story("Gulls", slug="gulls")
    page = client.get("/politics/gulls/?order=newest").text
    link = '/language/?to=ko&amp;next=/politics/gulls/"'
    assert re.search(re.escape(link) + r'\s+lang="ko"\s+hreflang="ko"\s+rel="nofollow">한국어<', page)
    asked = client.get(unescape(link).rstrip('"'))
    assert asked.headers["Content-Language"] == "ko"
    assert '<html lang="ko"' in asked.text
    assert "no-store" in asked.headers["Cache-Control"]
    assert get_language() == "en"
    answer = choose(client, "ko", next="/politics/gulls/?order=newest")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/politics/gulls/?order=newest")
    cookie = answer.cookies["kakehashi_language"]
    assert (cookie.value, cookie["samesite"], cookie["path"], bool(cookie["httponly"])) == ("ko", "Lax", "/", True)
    page = client.get("/politics/gulls/?order=newest")
    assert page.headers["Content-Language"] == "ko"
    assert ">English<" in page.text
    assert ">한국어<" not in page.text
    # The site's own language is no choice.
    assert choose(client, "en").cookies["kakehashi_language"]["max-age"] == 0
    assert language(client, "/") == "en"


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\x00",
        "/\x00",
        "evil",
        "/\t/evil",
    ],
)
def test_it_leads_nowhere_else(client: Client, away: str) -> None:
    assert choose(client, "ko", next=away).headers["Location"].startswith("/")
    assert "evil" not in choose(client, "ko", next=away).headers["Location"]
    assert f'href="{away}"' not in client.get("/language/", {"next": away}).text


def test_nonsense_is_said_and_another_site_cannot_choose() -> None:
    client = Client(enforce_csrf_checks=True)
    assert choose(client, "ko").status_code == 403
    client = Client()
    for code in ("", "tlh", "KO", "ko " * 999):
        answer = choose(client, code, next="/politics/")
        assert (answer.status_code, "kakehashi_language" in answer.cookies) == (400, False)
        assert "Please pick one of the languages offered." in answer.text
        assert 'href="/politics/"' in answer.text
    assert client.get("/language/", {"to": "tlh"}).headers["Content-Language"] == "en"
    assert client.get("/language/?to=ko&to=ja&next=").status_code == 200


def test_a_member_chooses_for_every_browser_and_for_mails(client: Client, settings: Settings) -> None:
    reader = a_reader()
    client.force_login(reader)
    choose(client, "ja")
    reader.refresh_from_db()
    assert reader.language == "ja"
    client.cookies["kakehashi_language"] = "ko"
    page = client.get("/account/preferences/").text
    assert re.search(r'value="ja"[^>]* checked', page)
    wishes = {"comment_order": "", "comment_layout": "flat"}
    answer = client.post("/account/preferences/", {"language": "ko", **wishes}, follow=True)
    assert "저장했습니다." in answer.text
    client.post("/account/preferences/", {"language": "", **wishes})
    reader.refresh_from_db()
    assert (reader.language, language(client, "/")) == ("", "en")
    assert client.post("/account/preferences/", {"language": "tlh", **wishes}).status_code == 200
    reader.refresh_from_db()
    assert reader.language == ""
    with pytest.raises(Invalid):
        choose_language(reader=reader, language="tlh")
    # A site in one language has nothing to choose.
    settings.KAKEHASHI_LANGUAGES = {"en": "English"}
    assert "/language/?to=" not in client.get("/").text
    assert 'name="language"' not in client.get("/account/preferences/").text


def test_mails_are_in_the_language_of_who_gets_them(client: Client, mailoutbox: list[Any]) -> None:
    a_reader(language="ja", email="ja@example.org")
    a_reader(email="usual@example.org")
    client.cookies["kakehashi_language"] = "ko"
    for email in ("ja@example.org", "usual@example.org", "nobody@example.org"):
        client.post("/account/password/reset/", {"email": email})
    japanese, usual, nobody = mailoutbox
    assert "の新しいパスワード" in japanese.subject
    assert "새 비밀번호" in usual.subject
    assert "계정이 없습니다" in nobody.subject
    assert 'lang="ja"' in japanese.alternatives[0].content
    form = {"email": "new@example.org", "username": "Haru", "password1": PASSWORD}
    client.post("/account/signup/", form)
    assert Reader.objects.get(email="new@example.org").language == "ko"
    assert "코드" in mailoutbox[-1].subject


WRITTEN = {
    "en": ["3 May 2026", "3 May 2026", "May 2026", "Sunday", "1,234 Comments", "1 Comment", "in 2 hours"],
    "ja": ["2026年5月3日", "2026年5月3日", "2026年5月", "日曜日", "コメント1,234件", "コメント1件", "2時間後に"],
    "ko": ["2026년 5월 3일", "2026. 5. 3.", "2026년 5월", "일요일", "댓글 1,234개", "댓글 1개", "2시간 뒤에"],
}


@pytest.mark.parametrize("code", WRITTEN)
def test_days_times_numbers_and_plurals(code: str) -> None:
    day, short, month, weekday, comments, one, wait = WRITTEN[code]
    at = datetime(2026, 5, 3, 5, 5, tzinfo=UTC).astimezone(ZoneInfo("Asia/Seoul"))
    with speaking(a_reader(language=code)):
        assert date_format(at, "DATE_FORMAT") == day
        assert date_format(at, "DATETIME_FORMAT").replace(",", "") == f"{day} 14:05 KST"
        assert date_format(at, "SHORT_DATE_FORMAT") == short
        assert date_format(at, "SHORT_DATETIME_FORMAT").replace(",", "") == f"{short} 14:05"
        assert date_format(at, "TIME_FORMAT") == "14:05"
        assert date_format(at, "YEAR_MONTH_FORMAT") == month
        assert date_format(at, "l") == weekday
        assert intcomma(1234567) == "1,234,567"
        assert f">{comments}<" in link_to_comments("/", 1234)
        assert f">{one}<" in link_to_comments("/", 1)
        assert wait_sentence(7200) == wait
