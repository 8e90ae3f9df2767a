"""Health, media, headers and the answer to a form without its token."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.mail import send_mail
from django.test import Client
from pytest_django import Settings

from kakehashi.readers.actions import register_reader
from kakehashi.server import views
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def test_health_is_answered_whatever_the_host(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["news.example"]
    answer = client.get("/healthz", headers={"Host": "10.1.2.3"})
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert not answer.cookies


def test_pictures_are_shown_and_other_files_saved(client: Client, settings: Settings) -> None:
    media = Path(settings.MEDIA_ROOT)
    media.mkdir()
    for name in ("a.png", "a.svg", "a.html"):
        (media / name).write_bytes(b"<svg onload=alert(1)>")
    for name, disposition in (("a.png", "inline"), ("a.svg", "attachment"), ("a.html", "attachment")):
        answer = client.get(f"/media/{name}")
        assert answer.headers.get("Content-Disposition") == disposition
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["", "../secret-key", "no.png", "a" * 5000, "a.png/b", "documents/a.pdf", "./documents/a.pdf"]
)
def test_media_that_is_not_there_is_absent(client: Client, settings: Settings, path: str) -> None:
    media = Path(settings.MEDIA_ROOT)
    media.mkdir()
    (media / "a.png").write_bytes(b"")
    (media / "documents").mkdir()
    (media / "documents" / "a.pdf").write_bytes(b"")
    (media.parent / "secret-key").write_text("hidden")
    assert client.get(f"/media/{path}").status_code == 404


def test_every_answer_carries_the_safe_headers(client: Client) -> None:
    for address in ("/", "/nowhere/", "/account/login/", "/%00"):
        answer = client.get(address)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "geolocation=()" in answer["Permissions-Policy"]
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_over_https_the_browser_is_told_to_stay_there(client: Client, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    assert client.get("/nowhere/", secure=True)["Strict-Transport-Security"] == "max-age=60"
    assert "Strict-Transport-Security" not in client.get("/nowhere/")


def test_cookies_of_a_site_on_https_are_secure(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    register_reader(email="ada@example.org", name="Ada", password=PASSWORD)
    answer = Client().post("/account/login/", {"login": "ada@example.org", "password": PASSWORD}, secure=True)
    session, token = answer.cookies["sessionid"], answer.cookies["csrftoken"]
    assert (session["secure"], session["httponly"], session["samesite"]) == (True, True, "Lax")
    assert (token["secure"], token["samesite"]) == (True, "Lax")


TYPED = {"text": "A long thought & <b>typed</b>", "parent": "7", "password": "hidden one", "csrfmiddlewaretoken": "old"}


def test_a_form_without_its_token_gives_the_text_back_to_send_again() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/login/?next=/", TYPED, headers={"Origin": "http://testserver"})
    assert answer.status_code == 403
    assert "A long thought &amp; &lt;b&gt;typed&lt;/b&gt;" in answer.text
    assert 'action="/account/login/?next=/"' in answer.text
    assert '<input type="hidden" name="parent" value="7">' in answer.text
    assert "hidden one" not in answer.text
    assert 'value="old"' not in answer.text
    assert "csrftoken" in answer.cookies


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_a_form_from_elsewhere_is_shown_but_not_sent_again(headers: dict[str, str]) -> None:
    answer = Client(enforce_csrf_checks=True).post("/account/login/", TYPED, headers=headers)
    assert answer.status_code == 403
    assert "A long thought &amp;" in answer.text
    assert 'action="/account/login/' not in answer.text


def test_the_page_of_last_resort_needs_no_template(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Something broke on our side" in views.server_error(None).text  # type: ignore[arg-type]

    def broken(_name: str) -> str:
        raise OSError("no templates")

    monkeypatch.setattr(views, "render_to_string", broken)
    assert "Something broke on our side" in views.server_error(None).text  # type: ignore[arg-type]


def test_pages_travel_compressed(client: Client) -> None:
    plain = client.get("/account/login/")
    packed = client.get("/account/login/", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 2
    assert "Accept-Encoding" in packed["Vary"]


def test_without_a_mail_server_mails_are_kept_and_told(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "kakehashi.server.mail.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    with caplog.at_level("INFO", "kakehashi.mail"):
        assert send_mail("Your code", "ABCD-EFGH", "news@example.org", ["ada@example.org"]) == 1
    (file,) = (tmp_path / "mail").iterdir()
    assert "ABCD-EFGH" in file.read_text()
    assert [record.message for record in caplog.records] == [f"mail to ada@example.org, “Your code”: {file}"]
