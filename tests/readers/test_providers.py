"""Providers are switched on by environment variables alone, and each sends people to its own place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from kakehashi.server.providers import login_providers
from tests.readers.provider import query, set_out

FACEBOOK = {"KAKEHASHI_FACEBOOK_CLIENT_ID": "fb", "KAKEHASHI_FACEBOOK_CLIENT_SECRET": "s"}
GOOGLE = {"KAKEHASHI_GOOGLE_CLIENT_ID": "gg", "KAKEHASHI_GOOGLE_CLIENT_SECRET": "s"}
APPLE = {
    "KAKEHASHI_APPLE_CLIENT_ID": "example.news",
    "KAKEHASHI_APPLE_TEAM_ID": "TEAM",
    "KAKEHASHI_APPLE_KEY_ID": "KEY",
    "KAKEHASHI_APPLE_PRIVATE_KEY": "one\\ntwo",
}
OIDC = {
    "KAKEHASHI_OIDC_PROVIDERS": "press-club, harbour",
    "KAKEHASHI_OIDC_PRESS_CLUB_SERVER_URL": "https://login.press.example/realm",
    "KAKEHASHI_OIDC_PRESS_CLUB_CLIENT_ID": "courier",
    "KAKEHASHI_OIDC_PRESS_CLUB_CLIENT_SECRET": "s",
    "KAKEHASHI_OIDC_PRESS_CLUB_HOSTS": "tokens.press.example, keys.press.example:8443",
    "KAKEHASHI_OIDC_HARBOUR_SERVER_URL": "http://[::1]:9000",
    "KAKEHASHI_OIDC_HARBOUR_CLIENT_ID": "courier",
    "KAKEHASHI_OIDC_HARBOUR_CLIENT_SECRET": "s",
    "KAKEHASHI_OIDC_HARBOUR_NAME": "Harbour Library",
}


def set_all(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


@pytest.mark.once
def test_each_is_on_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert login_providers().settings == {}
    assert login_providers().origins == set()
    set_all(monkeypatch, FACEBOOK | GOOGLE | APPLE | OIDC)
    found = login_providers()
    assert list(found.settings) == ["facebook", "google", "apple", "openid_connect"]
    apple = found.settings["apple"]["APPS"][0]
    assert (apple["key"], apple["secret"], apple["settings"]["certificate_key"]) == ("TEAM", "KEY", "one\ntwo")
    names = [app["name"] for app in found.settings["openid_connect"]["APPS"]]
    assert names == ["Press Club", "Harbour Library"]
    assert "https://keys.press.example:8443" in found.origins
    assert "https://login.press.example" in found.origins
    assert "http://[::1]:9000" in found.origins


@pytest.mark.once
@pytest.mark.parametrize(("values", "named"), [
    ({"KAKEHASHI_GOOGLE_CLIENT_ID": "gg"}, "KAKEHASHI_GOOGLE_CLIENT_SECRET"),
    ({"KAKEHASHI_FACEBOOK_CLIENT_ID": "fb"}, "KAKEHASHI_FACEBOOK_CLIENT_SECRET"),
    (APPLE | {"KAKEHASHI_APPLE_PRIVATE_KEY": ""}, "KAKEHASHI_APPLE_PRIVATE_KEY"),
    ({"KAKEHASHI_OIDC_PROVIDERS": "press"}, "KAKEHASHI_OIDC_PRESS_SERVER_URL"),
    ({"KAKEHASHI_OIDC_PROVIDERS": "Press Club"}, "KAKEHASHI_OIDC_PROVIDERS"),
    ({"KAKEHASHI_OIDC_PROVIDERS": "google"}, "KAKEHASHI_OIDC_PROVIDERS"),
    ({"KAKEHASHI_OIDC_PROVIDERS": "a,a"}, "KAKEHASHI_OIDC_PROVIDERS"),
    (OIDC | {"KAKEHASHI_OIDC_HARBOUR_SERVER_URL": "http://login.example"}, "KAKEHASHI_OIDC_HARBOUR_SERVER_URL"),
    (OIDC | {"KAKEHASHI_OIDC_HARBOUR_SERVER_URL": "https://a:99999"}, "KAKEHASHI_OIDC_HARBOUR_SERVER_URL"),
    (OIDC | {"KAKEHASHI_OIDC_PRESS_CLUB_HOSTS": "user@evil.example"}, "KAKEHASHI_OIDC_PRESS_CLUB_HOSTS"),
])  # fmt: skip
def test_what_is_missing_or_wrong_is_said_by_name(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], named: str
) -> None:
    set_all(monkeypatch, values)
    with pytest.raises(ImproperlyConfigured, match=named):
        login_providers()


@pytest.mark.once
def test_nothing_is_loaded_of_one_that_is_off(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.urls import get_resolver; get_resolver().reverse_dict;"
        "import sys; print([m.split('.')[3] for m in sys.modules if m.startswith('allauth.socialaccount.providers.')"
        " and m.count('.') == 3 and m.split('.')[3] in {'google', 'facebook', 'apple', 'openid_connect'}])"
    )
    (tmp_path / "secret").write_text("from a file\n")
    base = {
        "PATH": os.environ["PATH"],
        "KAKEHASHI_DATA": str(tmp_path),
        "KAKEHASHI_SECRET_KEY": "x",
        "DJANGO_SETTINGS_MODULE": "kakehashi.server.settings",
    }
    google = {
        "KAKEHASHI_GOOGLE_CLIENT_ID": "gg",
        "KAKEHASHI_GOOGLE_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }
    for extra, loaded in (({}, "[]"), (google, "['google']")):
        done = subprocess.run(
            [sys.executable, "-c", code], env=base | extra, capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == loaded, done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(("values", "key", "place", "expected"), [
    (FACEBOOK, "facebook", "www.facebook.com", {"client_id": "fb", "scope": "email"}),
    (GOOGLE, "google", "accounts.google.com", {"client_id": "gg", "code_challenge_method": "S256"}),
    (APPLE, "apple", "appleid.apple.com", {"client_id": "example.news", "response_mode": "form_post"}),
])  # fmt: skip
def test_each_sends_people_to_its_own_place(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, values: Any, key: str, place: str, expected: Any
) -> None:
    set_all(monkeypatch, values)
    settings.SOCIALACCOUNT_PROVIDERS = login_providers().settings
    address = set_out(client, "/politics/", key)
    asked = query(address)
    assert urlsplit(address).hostname == place
    assert expected.items() <= asked.items()
    assert asked["redirect_uri"] == f"http://testserver/account/{key}/login/callback/"
    assert len(asked["state"]) == 16


@pytest.mark.django_db
def test_apple_comes_back_by_a_form_from_its_own_pages(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    set_all(monkeypatch, APPLE | {"KAKEHASHI_APPLE_PRIVATE_KEY": pem})
    settings.SOCIALACCOUNT_PROVIDERS = login_providers().settings
    state = query(set_out(client, "/politics/", "apple"))["state"]
    # Its form brings no cookie of ours: browsers send them with nothing that other sites post.
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post("/account/apple/login/callback/", {"code": "c", "state": state, "user": "{}"})
    assert answer.status_code == 302
    onward = urlsplit(answer.headers["Location"])
    assert onward.path == "/account/apple/login/callback/finish/"
    assert stranger.get(f"{onward.path}?{onward.query}").status_code == 400
    settings.KAKEHASHI_PROVIDER_ORIGINS = set()
    assert client.get(f"{onward.path}?{onward.query}").status_code == 502
    assert client.get("/account/apple/login/callback/").status_code == 405
