"""In which language the site speaks to whom."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.translation import get_language, gettext
from pytest_django import Settings

from kakehashi.readers.languages import language_of, offered, speaking
from tests.factories import a_comment, a_reader, a_story, a_thread

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
